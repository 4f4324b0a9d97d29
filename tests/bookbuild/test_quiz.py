"""Quizzes on tiny books: on the page, as a notebook, and with mistakes."""

import re

import nbformat
import pytest

from bookbuild.chapters import quiz
from tests.bookbuild.test_downloads import with_downloads

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
def good(module_book):
    """A book with two quizzes, built once, with its downloads."""
    return with_downloads(module_book(GOOD)).good()


def test_a_quiz_is_a_named_group_of_disclosures(good):
    first, second = good.soup("chapter").select(".quiz")

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


def test_feedback_begins_with_the_verdict_in_words(good):
    first, second = good.soup("chapter").select(".quiz")
    said = [
        [o.select_one(".feedback").get_text(" ", strip=True) for o in quiz_]
        for quiz_ in (first.select("details"), second.select("details"))
    ]
    assert said[0][0] == "Not quite. One gradient is 2.0."
    assert said[0][1].startswith("Right. Each backward adds.")
    assert said[1][0].startswith("Right. It is a number.")
    kinds = [o["class"] for o in first.select("details")]
    assert kinds == [["option", "wrong"], ["option", "right"]]


def test_no_mark_and_no_fence_is_left_on_the_page(good):
    text = good.soup("chapter").find(class_="body").get_text()
    assert not re.search(r"\[[ x]\]|```|~~~|\{quiz\}|:label:", text)
    assert "The last is 6.0." in text


def test_what_a_question_goes_on_with_stands_above_the_options(good):
    second = good.soup("chapter").select(".quiz")[1]
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


@pytest.mark.parametrize(
    ("text", "fenced"),
    [
        ("```{quiz} `a`\nb\n```\n", "~~~{quiz} `a`\nb\n~~~\n"),
        ("````{quiz} a\n```\nb\n```\n````", "~~~{quiz} a\n```\nb\n```\n~~~"),
        ("```{quiz} a\n~~~\nb\n~~~\n```", "~~~~{quiz} a\n~~~\nb\n~~~\n~~~~"),
        ("```python\n{quiz}\n```", "```python\n{quiz}\n```"),
        ("````\n```{quiz} a\n```\n````", "````\n```{quiz} a\n```\n````"),
        ("```{quiz} a\nb", "~~~{quiz} a\nb"),  # its end is missing
        (
            ":::{note}\n```{quiz} a\n```\n:::",
            ":::{note}\n~~~{quiz} a\n~~~\n:::",
        ),
    ],
)
def test_only_the_fences_of_quizzes_change(text, fenced):
    assert quiz.with_tildes(text) == fenced
