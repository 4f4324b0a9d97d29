"""Each mistake of an author stops the build, says where, and loses nothing.

A book that has been built gets one chapter for each case; the build must name
each of them, with file, line and remedy, and the second build must say the
same.  What is wrong with chapters and what Sphinx finds on pages is told in
two builds: without whole chapters there are no pages.
Faults that need no run are in test_reader.py.
"""

import re
from dataclasses import dataclass
from functools import cache

import pytest

from tests.bookbuild.test_run import cell

ASKS = "```{exercise} One\n:label: q\nWhy?\n```\n"
IN_CHAPTERS = {  # a chapter with one mistake, its line, what the build says
    "a cell that raises": (
        *(cell("x = 1\ny = x / 0"), 5),
        "the cell raised ZeroDivisionError: division by zero",
        *("y = x / 0", "remedy: mend the cell"),
    ),
    "tabs mixed with spaces": (
        *(cell("if True:\n        x = 1\n\ty = 2"), 6),
        "inconsistent use of tabs and spaces",
    ),
    "a cell that never ends": (
        *(cell("while True:\n    pass"), 4),
        "the cell did not end in time",
        "remedy: look for a loop that never ends",
    ),
    "a cell that kills its kernel": (
        *(cell("import os\nos._exit(3)"), 4),
        "the kernel died",
    ),
    "a cell that writes to stderr": (
        *(cell('import warnings\nwarnings.warn("beware")'), 4),
        *("the cell writes to stderr", "beware"),
    ),
    "an expected error that does not come": (
        *(cell("print(1)", ":tags: [raises-exception]\n"), 5),
        "is tagged 'raises-exception' and raises nothing",
    ),
    "a cell that reads a file": (
        *(cell('import numpy as np\nnp.loadtxt("points.csv")'), 5),
        "the cell raised FileNotFoundError: points.csv not found",
        "remedy: make the data in the cell",
    ),
    "a name that only a hidden cell binds": (
        cell("secret = 1", ":tags: [remove-cell]\n") + cell("print(secret)"),
        *(8, "the name 'secret', which is bound only in a hidden cell"),
        "remedy: show the cell that binds 'secret'",
    ),
    "a command of IPython": (
        *(cell("x = 1\n%matplotlib inline"), 5),
        *("the cell is not Python", "remedy: mend it; what only IPython"),
    ),
    "a value that cannot be had": (
        *(cell("x = 1") + "\nThe value is {run}`y:.2f`.\n", 7),
        "{run}`y:.2f` raised NameError",
    ),
    "a toctree that leads back": (
        *("```{toctree}\nindex\n```", 3, "leads back to its own page"),
        "remedy: take the entry 'index' out",
    ),
    "a task that is nowhere": (
        *("```{task} Add\n:name: sum\n```", 3, "there is no task 'sum'"),
        "remedy: give it ':name: task'",
    ),
    "a snippet that no page shows": (
        *(cell("", ":snippet: double\n:shown-in: index\n"), 3),
        "the page 'index' does not show the snippet 'double'",
        "remedy: name one that does (there is none), or take",
    ),
    "a snippet of several pages": (
        *(cell("", ":snippet: double\n:shown-in: [a, b]\n"), 3),
        "the page \"['a', 'b']\" does not show the snippet 'double'",
    ),
    "a snippet that imports another": (
        *(cell("", ":snippet: import_one\n"), 3),
        "the cell raised ModuleNotFoundError: No module named 'snippets'",
    ),
    "a question without its answer": (
        *(ASKS, 3, "the question 'q' has no answer"),
        "remedy: write it between",
    ),
}
TARGET = "remedy: correct the name of the target"
ON_PAGES = {
    "an unknown reference": ("Text.\n\n{ref}`nowhere`", 5, "nowhere", TARGET),
    "a time that a list would show": (
        *("## It takes {reading-time}`index`", 3, "a reading time in a title"),
        "remedy: put it in the text",
    ),
    "an unknown equation": ("See {eq}`eq-none`.", 3, "eq-none", TARGET),
    "an unknown page": ("See {doc}`/nowhere`.", 3, "nowhere", TARGET),
    "an unknown function of a library": (
        *("See {py:func}`torch.nothing`.", 3, "torch.nothing"),
        "remedy: correct the name, or add it to the inven",
    ),
    "an unknown citation": (
        *("As in {cite:p}`nobody1900`.", 3, "nobody1900"),
        "remedy: add the entry to",
    ),
    "an unknown term": (
        *("A {term}`grandient`.", 3, "grandient"),
        "remedy: add the term to the glossary",
    ),
    "a label twice": (
        *("(twice)=\n## One\n\n(twice)=\n## Two\n", 6, "twice"),
        "remedy: give one of the two another label",
    ),
    "an entry that does not exist": (
        *("```{toctree}\nnowhere\n```", 3, "nonexisting document 'nowhere'"),
        "remedy: correct the entry",
    ),
    "an option that does not exist": (
        *("```{note}\n:clss: a\nA\n```", 4, "Unknown option key: 'clss'"),
        "remedy: correct the option",
    ),
    "a warning without a remedy of its own": (
        *("```{tip}\n```", 3, "Content block expected", "remedy: change what"),
    ),
    "a heading two levels down": ("### A", 3, "remedy: use one more '#'"),
    "a file to show that does not exist": (
        *("```{literalinclude} a.txt\n```", 3, "remedy: add the file"),
    ),
    "the formula of a value": (
        *(
            cell("class A(int):\n _repr_latex_ = lambda _: '$\\\\x$'\nA()"),
            5,
        ),
        *("cannot be converted", "remedy: the cell's value gives this TeX"),
    ),
    "a missing image": (
        *("```{image} none.png\n:alt: nothing\n```", 3, "none.png"),
        "remedy: add the image, or correct its path",
    ),
    "a formula that cannot be converted": (
        *("Text.\n\n$$\n\\frac{1}{\n$$", 5),
        *("cannot be converted", "remedy: mend the TeX"),
    ),
    "the reading time of no page": (
        *("It takes {reading-time}`chapters`.", 3),
        *("there is no page 'chapters'", "remedy: name it as a toctree"),
    ),
    "an entry that the record does not have": (
        *("Made with {verified}`tensorflow`.", 3),
        *("the record has no entry 'tensorflow'", "remedy: name one of"),
    ),
}


def quiz(*options, head="{quiz} Which?", label=":label: q\n"):
    return "\n".join([f"```{head}", label, *options, "```\n"])


YES, NO = "- [x] one\n\n  Yes.\n", "- [ ] two\n\n  No.\n"
LINK = "- [x] see {doc}`index`\n\n  Yes.\n"
MARK = "mark one with '- [x] ', the others with '- [ ] '"
QUIZZES = [  # what is wrong, its line, and the remedy
    (quiz(NO, NO), 3, "a quiz with no right options", MARK),
    (quiz(YES, YES), 3, "a quiz with 2 right options", MARK),
    (quiz(YES, "- two\n\n  No.\n"), 10, "an option without its mark", "begin"),
    (quiz("- > a\n", YES), 6, "an option without its mark", "begin it"),
    (quiz(YES, "- [ ] two\n"), 10, "an option without feedback", "say why it"),
    (quiz(YES), 3, "a quiz with one option only", "add a wrong option"),
    (quiz("Text.\n"), 3, "a quiz without options", "end it with a list"),
    (quiz(LINK, NO), 6, "a link in an option", "put the link into"),
    (quiz(YES, NO, label=""), 3, "a quiz without a label", "give it a"),
    (quiz(YES, NO, head="{quiz}"), 3, "a quiz without a question", "write it"),
    (
        quiz(YES, NO) + "\n" + quiz(YES, NO, head="{quiz} And `now`?"),
        *(16, "duplicate label 'q'; line 3 has it too", "give one of the two"),
    ),
]
ON_PAGES |= {
    f"{message}, line {line}": (text, line, message, f"remedy: {remedy}")
    for text, line, message, remedy in QUIZZES
}
KINDS = {"in chapters": IN_CHAPTERS, "on pages": ON_PAGES}


@dataclass
class Broken:
    """A book with many mistakes, and what two builds say of it."""

    names: dict[str, str]
    builds: list[object]
    kept: bool


@pytest.fixture(scope="module")
def broken(module_book):
    """Return a function that breaks a book in every way of one kind."""
    # Not a parameter of the fixture: pytest 9.2 sets it up for each test.
    return cache(lambda kind: _break(module_book, KINDS[kind]))


def _break(module_book, cases):
    """Build a good book, break it, build it twice."""
    book = module_book("# Chapter\n\nText.\n")
    book.good()
    before = book.digest()
    names = {case: f"case-{i}" for i, case in enumerate(cases)}
    for case, (text, *_) in cases.items():
        book.write(f"book/{names[case]}.md", f"# Chapter\n\n{text}\n")
    book.write("src/snippets/import_one.py", "from snippets.one import one\n")
    book.index("chapter", *names.values())
    book.configure("nb_execution_timeout = 2")
    builds = [book.html(), book.html()]
    return Broken(names, builds, book.digest() == before)


def _said_of(built, name):
    """Return what a build says of a chapter, in one line."""
    kept, mine = [], False
    for line in built.said.splitlines():
        if re.search(r"^\S*book/[\w-]+\.md:\d+", line):
            mine = f"book/{name}.md:" in line
        kept += [line] if mine else []
        if line.startswith("  remedy:"):
            mine = False
    return " ".join(" ".join(kept).split())


@pytest.mark.parametrize(
    ("kind", "case"), [(kind, case) for kind in KINDS for case in KINDS[kind]]
)
def test_a_mistake_is_named_with_its_line_and_remedy(broken, kind, case):
    name = broken(kind).names[case]
    _, line, *says = KINDS[kind][case]
    for built in broken(kind).builds:
        said = _said_of(built, name)
        for words in says:
            assert words in said, built.said
        assert said.count("remedy:") == 1, said
        assert re.search(rf"book/{name}\.md:{line}\b", said), said


@pytest.mark.parametrize("kind", KINDS)
def test_a_mistake_stops_the_build_and_loses_nothing(broken, kind):
    for built in broken(kind).builds:
        assert built.status != 0
        assert "The last good site stays in place." in built.said
        assert "Traceback" not in re.sub(r"(?m)^    .*$", "", built.said)
    assert broken(kind).kept


def test_a_fault_of_a_snippet_is_named_in_its_file(make_book):
    book = make_book("# C\n\n" + cell(":snippet: double"))
    book.write("src/snippets/double.py", "def double(x):\n    return 2 *\n")
    broken = book.html()
    assert broken.status != 0
    message = "src/snippets/double.py:2: the code does not parse: invalid"
    assert broken.said.count(message) == 1
    assert "remedy: mend the code" in broken.said


def test_what_only_two_pages_show_is_told_of(make_book):
    text = "# C\n\n(here)=\n## A\n\n$$x$$ (eq-x)\n"
    book = make_book(text)
    book.write("book/other.md", text)
    book.write("book/none.md", "A.\n")
    book.write("book/two.md", "# A\n\n# B\n")
    book.write("book/search.md", "# A\n")
    book.index("chapter", "other", "none", "two", "search")
    broken = book.html()
    assert broken.status != 0
    for label, line in {"here": 4, "eq-x": 6}.items():
        message = f"the label '{label}' is in chapter.md:{line} too"
        assert f"book/other.md:{line}: {message}" in broken.said
    assert "book/none.md:1: a page with 0 titles" in broken.said
    assert "book/two.md:1: a page with 2 titles" in broken.said
    assert "book/search.md:1: the page's name 'search' is" in broken.said
    assert broken.said.count("remedy: give one of the two") >= 2


def test_values_are_on_the_page_to_the_letter(make_book):
    values = ["2*3*4", "__init__", "$5 and $6", r"C:\new\_torch", "a|b", "<b>"]
    values += ['"q" -- it\'s ... `x`', r"\"", "1. a", "{{x}}", "&amp;", "[x]"]
    prose = "".join(f"{{run}}`v[{i}]`. is\n\n" for i in range(len(values)))
    table = "".join(f"| {{run}}`v[{i}]` |\n" for i in range(len(values)))
    text = f"{cell(f'v = {values!r}')}\n{prose}| a |\n|---|\n{table}"
    page = make_book(f"# Chapter\n\n{text}").good().soup("chapter")
    body = page.find(class_="body")
    shown = [p.get_text() for p in body.find_all("p")]
    assert [s for s in shown if s.endswith(". is")] == [
        f"{value}. is" for value in values
    ]
    assert [td.get_text().strip() for td in body.select("td")] == values


def test_names_and_tasks_that_cannot_be_shown_are_told_of(make_book):
    names = ("add", "open", "latin", "good", "good")
    asked = [f"```{{task}} Do\n:name: {name}\n```\n" for name in names]
    book = make_book("\n".join(["# C\n", *asked]))
    good = "# %% stub\npass\n# %% check\ndef test_a(): pass\n# %% solution\n1\n"
    book.write("src/tasks/add.py", good.replace("def test_a(): ", ""))
    book.write("src/tasks/open.py", good.replace("()", "("))
    book.write("src/tasks/good.py", good)
    latin = book.root / "src/tasks/latin.py"
    latin.write_bytes(f"{good}# na\xefve".encode("latin-1"))
    book.write("book/gr\N{LATIN SMALL LETTER O WITH DIAERESIS}n.md", "# Page\n")
    said = book.html().said
    assert "chapter.md:3: the task 'add' has no part 'def test_'" in said
    assert "src/tasks/open.py:4: the code does not parse: invalid" in said
    assert "src/tasks/latin.py:7: byte 0xef is not UTF-8" in said
    assert re.search(r"chapter\.md:19: .*Duplicate .* \"task-good\"", said)
    assert (
        "remedy: give one of the two another label; a task stands once" in said
    )
    assert ".md:1: the page's name" in said
    assert "signs that links escape\n  remedy: name the file with" in said


SETTINGS = {  # a file, what is written into it, the line, what the build says
    "a record that is no JSON": (
        *("verified.json", b'{\n"date":\n<<<<<<< HEAD\n', 3),
        *("no record: Expecting value", "take back the committed one"),
    ),
    "a record that lacks entries": (
        *("verified.json", b'{"date": "2026-01-02", "chapters": {}}', 1),
        *("has no platform, versions", "take back the committed one"),
    ),
    "a source that does not end": (
        *("references.bib", b"@misc{a,\n title = {A\n}\n", 4),
        *("premature end of file", "close this entry or that above"),
    ),
    "a source in another code": (
        *("references.bib", b"@misc{a,\n title = {\xe9}}", 2),
        *("byte 0xe9 is not UTF-8", "save the file as UTF-8"),
    ),
}


@pytest.mark.parametrize("case", SETTINGS)
def test_what_no_chapter_can_do_without_is_told_of(make_book, case):
    name, content, line, message, remedy = SETTINGS[case]
    book = make_book("# C\n")
    book.root.joinpath("book/_config", name).write_bytes(content)
    said = book.html().said
    assert "Traceback" not in said
    assert f"book/_config/{name}:{line}: " in said
    assert message in said
    assert f"remedy: {remedy}" in said
