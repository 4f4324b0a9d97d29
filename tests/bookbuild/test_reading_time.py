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
    assert "It takes 5 minutes." in book.good().page("index")
    # Four more blocks, and only this chapter is edited.
    book.write("book/chapter.md", "# C\n" + "word " * 890 + 5 * CELL)
    assert "It takes 10 minutes." in book.html().page("index")
