"""Quizzes on tiny books: on the page, as a notebook, and with mistakes."""

import re
from dataclasses import dataclass

import nbformat
import pytest
from bs4 import BeautifulSoup

from bookbuild.chapters import quiz

GOOD = """
# Chapter

```{code-cell}
grad = [2.0, 4.0]
```

```{quiz} What does `.grad` hold: {run}`grad[0]:.1f` or $x^2$?
:label: quiz-one

Look at the cell above.

- [ ] {run}`grad[0]:.1f`, alone

  One gradient is {run}`grad[0]:.1f`.

- [x] the `sum`, $\\sum_i x_i$

  Each `backward` adds.
  Here is how:

  ~~~python
  x.grad += 1
  ~~~
```

Text between.

````{quiz} What does this print?
:label: quiz-two

```python
print(1)
```

- [x] 1

  > It is a number.

- [ ] nothing

  It prints.
````

```{code-cell}
grad.append(6.0)
```

The last is {run}`grad[-1]`.
"""


@pytest.fixture(scope="module")
def read():
    """Return a function that parses a page or a piece of it."""
    return lambda html: BeautifulSoup(html, "html.parser")


def _with_downloads(book):
    conf = book.root / "book/_config/conf.py"
    text = conf.read_text("utf-8").replace(
        '"bookbuild.chapters.remedies",',
        '"bookbuild.chapters.remedies", "bookbuild.programs.copy_buttons", "bookbuild.programs.downloads",',
    )
    conf.write_text(text + 'html_static_path = ["static"]\n', "utf-8")
    for name in ("copy_buttons.css", "copy_buttons.js"):
        book.write(f"book/_config/static/{name}", "")
    return book


@pytest.fixture(scope="module")
def good(module_book):
    """A book with two quizzes, built once, with its downloads."""
    built = _with_downloads(module_book(GOOD)).html()
    assert built.status == 0, built.said
    return built


def test_a_quiz_is_a_named_group_of_disclosures(good, read):
    first, second = read(good.page("chapter")).select(".quiz")

    assert first["id"] == "quiz-one"
    assert first["role"] == "group"
    asks = first.find(id=first["aria-labelledby"])
    assert asks.get_text(" ", strip=True).startswith("Check 1 What does .grad")
    assert asks.find("code").get_text() == ".grad"
    assert asks.find("math") is not None
    assert "hold: 2.0 or" in asks.get_text()
    assert "Check 2" in second.get_text()

    options = first.select("details")
    assert [o["name"] for o in options] == ["quiz-one"] * 2
    assert not any(o.has_attr("open") for o in options)
    letters = [o.select_one("summary .letter").get_text() for o in options]
    assert letters == ["A", "B"]
    assert options[0].select_one(".choice").get_text() == "2.0, alone"
    assert options[1].select_one("summary code").get_text() == "sum"
    assert options[1].select_one("summary math") is not None


def test_feedback_begins_with_the_verdict_in_words(good, read):
    first, second = read(good.page("chapter")).select(".quiz")
    said = [
        [o.select_one(".feedback").get_text(" ", strip=True) for o in quiz_]
        for quiz_ in (first.select("details"), second.select("details"))
    ]
    assert said[0][0] == "Not quite. One gradient is 2.0."
    assert said[0][1].startswith("Right. Each backward adds.")
    assert said[1][0].startswith("Right. It is a number.")
    kinds = [o["class"] for o in first.select("details")]
    assert kinds == [["option", "wrong"], ["option", "right"]]


def test_no_mark_and_no_fence_is_left_on_the_page(good, read):
    text = read(good.page("chapter")).find(class_="body").get_text()
    assert not re.search(r"\[[ x]\]|```|~~~|\{quiz\}|:label:", text)
    assert "The last is 6.0." in text


def test_what_a_question_goes_on_with_stands_above_the_options(good, read):
    second = read(good.page("chapter")).select(".quiz")[1]
    kinds = [child.name for child in second.find_all(recursive=False)]
    assert kinds == ["p", "div", "details", "details"]
    assert second.select_one(".highlight").get_text().strip() == "print(1)"


def test_a_notebook_has_the_quiz_as_jupyter_shows_it(good):
    notebook = nbformat.read(good.site / "notebooks/chapter.ipynb", 4)
    text = next(c.source for c in notebook.cells if "Check 1" in c.source)
    assert text.startswith(
        "**Check 1.** What does `.grad` hold: 2.0 or $x^2$?\n\n"
        "Look at the cell above.\n\n"
        "- **A.** 2.0, alone\n\n"
        "  <details>\n"
        "  <summary>Feedback on A</summary>\n\n"
        "  **Not quite.** One gradient is 2.0.\n\n"
        "  </details>\n\n"
        "- **B.** the `sum`, $\\sum_i x_i$\n\n"
    )
    assert "  ```python\n  x.grad += 1\n  ```\n\n  </details>" in text
    for cell in notebook.cells:
        assert not re.search(r"\[[ x]\]|\{quiz\}|:label:", cell.source)


def test_a_script_has_the_quiz_as_comments(good):
    script = (good.site / "scripts/chapter.py").read_text("utf-8")
    assert "# **Check 1.** What does `.grad` hold: 2.0" in script
    assert "#   <summary>Feedback on A</summary>" in script


@dataclass
class Case:
    """A quiz with one mistake, and what the build should say of it."""

    name: str
    text: str
    line: int
    says: str
    remedy: str


CASES = [
    Case(
        "no right option",
        """
        ```{quiz} Which?
        :label: q

        - [ ] one

          No.

        - [ ] two

          No.
        ```
        """,
        5,
        "a quiz without a right option",
        "mark the right one with '- [x] '",
    ),
    Case(
        "two right options",
        """
        ```{quiz} Which?
        :label: q

        - [x] one

          Yes.

        - [x] two

          Yes.
        ```
        """,
        5,
        "a quiz with 2 right options",
        "mark one with '- [x] ', the others with '- [ ] '",
    ),
    Case(
        "an option without its mark",
        """
        ```{quiz} Which?
        :label: q

        - [x] one

          Yes.

        - two

          No.
        ```
        """,
        12,
        "an option without its mark",
        "begin it with '[x] ' if it is right and '[ ] ' if not",
    ),
    Case(
        "an option without feedback",
        """
        ```{quiz} Which?
        :label: q

        - [x] one

          Yes.

        - [ ] two
        ```
        """,
        12,
        "an option without feedback",
        "say below it, after an empty line",
    ),
    Case(
        "one option",
        """
        ```{quiz} Which?
        :label: q

        - [x] one

          Yes.
        ```
        """,
        5,
        "a quiz with one option only",
        "add a wrong option",
    ),
    Case(
        "no options",
        """
        ```{quiz} Which?
        :label: q

        Text.
        ```
        """,
        5,
        "a quiz without options",
        "end it with a list",
    ),
    Case(
        "a link in an option",
        """
        ```{quiz} Which?
        :label: q

        - [x] see {doc}`index`

          Yes.

        - [ ] two

          No.
        ```
        """,
        8,
        "a link in an option",
        "put the link into the feedback",
    ),
    Case(
        "no label",
        """
        ```{quiz} Which?

        - [x] one

          Yes.

        - [ ] two

          No.
        ```
        """,
        5,
        "a quiz without a label",
        "give it a ':label: quiz-...'",
    ),
    Case(
        "no question",
        """
        ```{quiz}
        :label: q

        - [x] one

          Yes.

        - [ ] two

          No.
        ```
        """,
        5,
        "a quiz without a question",
        "write the question behind {quiz}",
    ),
    Case(
        "a label twice",
        """
        ```{quiz} Which?
        :label: q

        - [x] one

          Yes.

        - [ ] two

          No.
        ```

        ```{quiz} And `which` now?
        :label: q

        - [x] one

          Yes.

        - [ ] two

          No.
        ```
        """,
        17,
        "duplicate label 'q'; line 5 has it too",
        "give each quiz a label of its own",
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_mistake_stops_the_build(built_book, case):
    book = built_book()
    before = (book.root / "build/html/chapter.html").read_text("utf-8")
    book.write("book/chapter.md", case.text)
    chapter = book.root / "book/chapter.md"
    text = "# Chapter\n\nText.\n\n" + chapter.read_text("utf-8")
    chapter.write_text(text, "utf-8")

    broken = book.html()

    assert broken.status != 0
    said = " ".join(broken.said.split())
    assert re.search(rf"chapter\.md:{case.line}: WARNING: ", said), broken.said
    assert case.says in said, broken.said
    assert f"remedy: {case.remedy}" in said, broken.said
    assert broken.said.count("WARNING") == 1, broken.said
    assert broken.page("chapter") == before  # nothing is lost


@pytest.mark.parametrize(
    ("text", "fenced"),
    [
        ("```{quiz} `a`\nb\n```\n", "~~~{quiz} `a`\nb\n~~~\n"),
        ("````{quiz} a\n```\nb\n```\n````", "~~~{quiz} a\n```\nb\n```\n~~~"),
        ("```{quiz} a\n~~~\nb\n~~~\n```", "~~~~{quiz} a\n~~~\nb\n~~~\n~~~~"),
        ("```python\n{quiz}\n```", "```python\n{quiz}\n```"),
        ("````\n```{quiz} a\n```\n````", "````\n```{quiz} a\n```\n````"),
        ("```{quiz} a\nb", "```{quiz} a\nb"),  # its end is missing
        (
            ":::{note}\n```{quiz} a\n```\n:::",
            ":::{note}\n~~~{quiz} a\n~~~\n:::",
        ),
    ],
)
def test_only_the_fences_of_quizzes_change(text, fenced):
    assert quiz.with_tildes(text) == fenced
