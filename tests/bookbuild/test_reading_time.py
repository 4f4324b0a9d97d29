"""``{reading-time}``: words and blocks of a page, as another page quotes it."""

CELL = "\n\n```{code-cell}\nprint(1)\n```\n"
INDEX = """
# Tiny

It takes {reading-time}`chapter`.

```{toctree}
chapter
```
"""


def test_the_time_follows_the_page(make_book):
    book = make_book("# C\n" + "word " * 890 + CELL)
    book.write("book/index.md", INDEX)
    built = book.html()
    assert built.status == 0, built.said
    assert "It takes 5 minutes." in built.page("index")
    # Four more blocks, and only this chapter is edited.
    book.write("book/chapter.md", "# C\n" + "word " * 890 + 5 * CELL)
    assert "It takes 10 minutes." in book.html().page("index")


def test_a_page_that_is_not_there_is_named(make_book):
    book = make_book("# C\n\nText.\n")
    book.write("book/index.md", INDEX.replace("`chapter`", "`chapters`"))
    built = book.html()
    assert built.status != 0
    assert "index.md:3: WARNING: there is no page 'chapters'" in built.said
    assert "remedy: name it as a toctree" in built.said
