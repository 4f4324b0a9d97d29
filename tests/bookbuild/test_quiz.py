"""Quizzes on tiny books: on the page, as a notebook, and with mistakes."""

import re

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
        '"bookbuild.chapters.remedies", "bookbuild.programs.copy_buttons", '
        '"bookbuild.programs.downloads",',
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


def _quiz(*options, head="{quiz} Which?", label=":label: q\n"):
    return "\n".join([f"```{head}", label, *options, "```\n"])


YES, NO = "- [x] one\n\n  Yes.\n", "- [ ] two\n\n  No.\n"
LINK = "- [x] see {doc}`index`\n\n  Yes.\n"
MARK = "mark one with '- [x] ', the others with '- [ ] '"
FAULTS = [  # what is wrong, its line, and the remedy
    (_quiz(NO, NO), 3, "a quiz with no right options", MARK),
    (_quiz(YES, YES), 3, "a quiz with 2 right options", MARK),
    (_quiz(YES, "- two\n\n  No.\n"), 10, "an option without its mark", "begin"),
    (_quiz("- > a\n", YES), 6, "an option without its mark", "begin it"),
    (_quiz(YES, "- [ ] two\n"), 10, "an option without feedback", "say why it"),
    (_quiz(YES), 3, "a quiz with one option only", "add a wrong option"),
    (_quiz("Text.\n"), 3, "a quiz without options", "end it with a list"),
    (_quiz(LINK, NO), 6, "a link in an option", "put the link into"),
    (_quiz(YES, NO, label=""), 3, "a quiz without a label", "give it a"),
    (_quiz(YES, NO, head="{quiz}"), 3, "a quiz without a question", "write it"),
    (
        _quiz(YES, NO) + "\n" + _quiz(YES, NO, head="{quiz} And `now`?"),
        *(16, "duplicate label 'q'; line 3 has it too", "give one of the two"),
    ),
]


@pytest.fixture(scope="module")
def faulty(module_book):
    """What a build says of a book with a chapter for each fault."""
    book = module_book("# Chapter\n\nText.\n")
    for number, (text, *_) in enumerate(FAULTS):
        book.write(f"book/case-{number}.md", f"# Chapter\n\n{text}")
    pages = "\n".join(f"case-{number}" for number in range(len(FAULTS)))
    book.write(
        "book/index.md", f"# Tiny\n\n```{{toctree}}\nchapter\n{pages}\n```\n"
    )
    built = book.html()
    assert built.status != 0
    return built.said


@pytest.mark.parametrize("number", range(len(FAULTS)))
def test_a_fault_stops_the_build_with_its_line_and_remedy(faulty, number):
    _, line, message, remedy = FAULTS[number]
    found = re.findall(
        rf"case-{number}\.md:(\d+): WARNING: (.*)\n  remedy: (.*)", faulty
    )
    assert [int(found_line) for found_line, *_ in found] == [line], faulty
    assert message in found[0][1]
    assert remedy in found[0][2]


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
