"""Tiny books: what a chapter holds is what its page shows."""

import shutil
from concurrent.futures import ThreadPoolExecutor

import pytest

from bookbuild.execution import fork_client

CHAPTER = """
# Chapter

```{code-cell}
:snippet: double
```

```{code-cell}
print(double(21))
```

Twice 21 is {run}`double(21):.1f`.

```{code-cell}
:tags: [raises-exception]
double(None)
```

Made with {verified}`torch`.

```{verified-table} chapters
```
"""


def test_a_page_shows_what_its_cells_gave(make_book):
    built = make_book(CHAPTER).good()
    assert "WARNING" not in built.said
    text = built.soup("chapter").get_text()
    assert '"""Return twice x."""' in text
    assert "More than a page needs" not in text
    assert "Twice 21 is 42.0." in text
    assert "TypeError: unsupported operand" in text
    assert "Made with 2.13.0" in text
    assert "0.50" in text


@pytest.mark.parametrize("fork", [False, True])
def test_the_stock_kernel_serves_where_it_is_asked_for(make_book, fork):
    book = make_book(
        "# C\n\n```{code-cell}\n:differs: a program is no kernel\nimport sys\n"
        'print("started:", "bookbuild.execution.kernel" in sys.orig_argv)\n'
        "```\n"
    )
    built = book.run("html", "-D", f"book_fork={fork:d}")
    assert built.status == 0, built.said
    forked = fork and fork_client.FORK_IS_SAFE
    page = built.page("chapter")
    assert f"started: {not forked}" in page
    assert "This output differs each time: a program is no kernel" in page


def test_two_builds_at_once_give_what_one_gives(make_book):
    book = make_book(CHAPTER)
    with ThreadPoolExecutor() as pool:
        both = list(pool.map(book.run, ["html"] * 2))
    said = "".join(built.said for built in both)
    assert [built.status for built in both] == [0, 0], said
    assert said.count("chapter.md: Executed notebook") == 1
    assert said.count("Another build is at work in build; this one waits") == 1
    at_once = book.digest()
    shutil.rmtree(book.root / "build")
    book.run("html")
    assert book.digest() == at_once
