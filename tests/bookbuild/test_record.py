"""The record holds what ran, and pages quote it."""

import json

CHAPTER = """
# Chapter

```{code-cell}
print(1 / 3)
2 + 2
```

Half of 7 is {run}`7 / 2:.2f`.

```{code-cell}
:tags: [raises-exception]
int("x")
```
"""


def test_the_record_is_what_ran(make_book):
    book = make_book(CHAPTER)
    done = book.run("record")
    assert done.status == 0, done.said
    folder = book.root / "tests/book/recorded"
    assert [path.name for path in folder.iterdir()] == ["chapter.json"]
    found = json.loads((folder / "chapter.json").read_text())
    assert found["values"] == [["7 / 2:.2f", "3.50"]]
    assert found["cells"] == [
        {
            "code": "print(1 / 3)",
            "outputs": [["0.3333333333333333"], ["4"]],
        },
        {
            "code": 'int("x")',
            "outputs": [
                [
                    "ValueError: invalid literal for int() with base 10: 'x'",
                ]
            ],
        },
    ]
    verified = json.loads(
        (book.root / "book/_config/verified.json").read_text()
    )
    assert verified["chapters"]["chapter"]["cells"] == 2
    assert verified["chapters"]["chapter"]["seconds"] >= 0
    assert set(verified["versions"]) >= {"python", "torch", "numpy"}


def test_a_chapter_that_is_gone_leaves_no_record(make_book):
    book = make_book(CHAPTER)
    book.run("record")
    (book.root / "book/chapter.md").rename(book.root / "book/renamed.md")
    table = "```{verified-table} chapters\n```\n"  # it knows the old name
    tree = "```{toctree}\nrenamed\n```\n"
    book.write("book/index.md", f"# Tiny\n\n{table}\n{tree}")
    done = book.run("record")
    assert done.status == 0, done.said
    folder = book.root / "tests/book/recorded"
    assert [path.name for path in folder.iterdir()] == ["renamed.json"]


def test_a_broken_chapter_is_not_recorded(make_book):
    book = make_book("# Chapter\n\n```{code-cell}\n1 / 0\n```\n")
    before = (book.root / "book/_config/verified.json").read_text()
    done = book.run("record")
    assert done.status == 1
    assert "book/chapter.md:4: the cell raised ZeroDivisionError" in done.said
    assert (book.root / "book/_config/verified.json").read_text() == before
    assert not (book.root / "tests/book/recorded").exists()
