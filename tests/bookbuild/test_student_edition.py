"""The edition for students: the same book, and no trace of its answers."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from bookbuild.chapters import exercises, whole_book

CHAPTER = """
# Chapter

```{exercise} Double
:label: q-double
What is twice 21?
```

```{solution-start} q-double
:label: a-double
```

Fortytwo.

```{code-cell}
print("is", 6 * 7)
```

```{solution-end}
```

```{code-cell}
print("after")
```

```{task} Add
:name: add

Add.
```
"""
TASK = """
# %% stub
def add(x): ...

# %% check
def test_add():
    assert add(1) == 2

# %% solution
def add(x): return x.__add__(1)
"""


def test_an_answer_leaves_empty_lines():
    text = exercises.without_answers(CHAPTER)
    assert text.count("\n") == CHAPTER.count("\n")
    assert "What is twice 21?" in text
    assert 'print("after")' in text
    for word in ("solution", "a-double", "Fortytwo", "6 * 7"):
        assert word not in text


def test_the_edition_has_no_trace_of_an_answer(make_book):
    book = make_book(CHAPTER)
    book.write("src/tasks/add.py", TASK)
    book.configure("html_copy_source = False")
    whole = book.good()
    assert "Fortytwo" in whole.page("chapter")
    built = book.run("html", "--student")
    assert built.status == 0, built.said
    site = book.root / "build/student"
    found = {p: p.read_bytes() for p in site.rglob("*") if p.is_file()}
    page = found[site / "chapter.html"].decode()
    assert "What is twice 21?" in page
    assert "after" in page
    for word in (b"Fortytwo", b"is 42", b"6 * 7", b"__add__"):
        assert [p.name for p, content in found.items() if word in content] == []
    assert "Fortytwo" in whole.page("chapter")  # the other site is untouched


def test_what_needs_an_answers_cell_is_named_with_its_line(make_book):
    needs = CHAPTER.replace('"is", 6', '"is", (n := 6)').replace('"after"', "n")
    book = make_book(needs.partition("```{task}")[0])
    book.good()
    built = book.run("html", "--student")
    assert built.status != 0
    line = book.root.joinpath("book/chapter.md").read_text().split("\n").index
    place = f"chapter.md:{line('print(n)') + 1}: "
    assert f"{place}the cell raised NameError: name 'n'" in built.said


@pytest.mark.parametrize("student", [True, False])
def test_a_snippet_that_only_an_answer_shows_is_told_of(student):
    pages = {"one": {"book_snippets": [(3, "root", "two")]}, "two": {}}
    env = SimpleNamespace(
        found_docs=pages.keys(),
        metadata=pages,
        config=SimpleNamespace(book_student=student),
        doc2path=lambda name: Path(f"{name}.md"),
    )
    (error,) = whole_book.check_snippets(env)
    assert error.message.startswith("the page 'two' does not show the snippet")
    assert error.message.endswith("students do not have") == student
