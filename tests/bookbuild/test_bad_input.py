"""Each mistake of an author stops the build, says where, and loses nothing.

A book that has been built gets one chapter for each case; the build must name
each of them, with file, line and remedy, and the second build must say the
same.  What is wrong with chapters and what Sphinx finds on pages is told in
two builds: without whole chapters there are no pages.
"""

import re
from dataclasses import dataclass

import pytest


@dataclass
class Case:
    """A chapter with one mistake, and what the build should say of it."""

    name: str
    text: str
    line: int
    says: list[str]


CASES = [
    Case(
        "a cell that raises",
        """
        # Chapter

        ```{code-cell}
        x = 1
        y = x / 0
        ```
        """,
        5,
        [
            "the cell raised ZeroDivisionError: division by zero",
            "y = x / 0",
            "remedy: mend the cell",
        ],
    ),
    Case(
        "a cell with options that raises",
        """
        # Chapter

        ```{code-cell}
        ---
        tags: [hide-output]
        ---
        1 / 0
        ```
        """,
        7,
        ["the cell raised ZeroDivisionError"],
    ),
    Case(
        "a cell that never ends",
        """
        # Chapter

        ```{code-cell}
        while True:
            pass
        ```
        """,
        4,
        [
            "the cell did not end in time",
            "remedy: look for a loop that never ends",
        ],
    ),
    Case(
        "a cell that kills its kernel",
        """
        # Chapter

        ```{code-cell}
        import os
        os._exit(3)
        ```
        """,
        4,
        ["the kernel died"],
    ),
    Case(
        "a cell that writes to stderr",
        """
        # Chapter

        ```{code-cell}
        import warnings
        warnings.warn("beware")
        ```
        """,
        4,
        ["the cell writes to stderr", "beware"],
    ),
    Case(
        "an expected error that does not come",
        """
        # Chapter

        ```{code-cell}
        :tags: [raises-exception]
        print("all is well")
        ```
        """,
        5,
        ["is tagged 'raises-exception' and raises nothing"],
    ),
    Case(
        "a cell that reads a file",
        """
        # Chapter

        ```{code-cell}
        import numpy as np
        data = np.loadtxt("points.csv")
        ```
        """,
        5,
        [
            "the cell reads the file 'points.csv', which a reader does not",
            "remedy: make the data in the cell",
        ],
    ),
    Case(
        "a name that only a hidden cell binds",
        """
        # Chapter

        ```{code-cell}
        :tags: [remove-cell]
        secret = 1
        ```

        ```{code-cell}
        x = 1
        print(x + secret)
        ```
        """,
        10,
        [
            "the name 'secret', which is bound only in a hidden cell",
            "remedy: show the cell that binds 'secret'",
        ],
    ),
    Case(
        "a command of IPython",
        """
        # Chapter

        ```{code-cell}
        x = 1
        %matplotlib inline
        ```
        """,
        5,
        ["the cell is not Python", "remedy: mend it; what only IPython"],
    ),
    Case(
        "an unknown snippet",
        """
        # Chapter

        ```{code-cell}
        :snippet: doubble
        ```
        """,
        3,
        ["there is no snippet 'doubble'; the closest is 'double'", "remedy:"],
    ),
    Case(
        "a snippet's name and code in one cell",
        """
        # Chapter

        ```{code-cell}
        :snippet: double
        double(2)
        ```
        """,
        3,
        ["has code of its own", "remedy: put the code into a cell"],
    ),
    Case(
        "a value that cannot be had",
        """
        # Chapter

        ```{code-cell}
        x = 1
        ```

        The value is {run}`y:.2f`.
        """,
        7,
        ["{run}`y:.2f` raised NameError", "remedy:"],
    ),
    Case(
        "an unknown reference",
        "# Chapter\n\nText.\n\nSee {ref}`nowhere`.\n",
        5,
        ["nowhere", "remedy: correct the name of the target"],
    ),
    Case(
        "an unknown equation",
        "# Chapter\n\nSee {eq}`eq-none`.\n",
        3,
        ["eq-none", "remedy: correct the name of the target"],
    ),
    Case(
        "an unknown page",
        "# Chapter\n\nSee {doc}`/nowhere`.\n",
        3,
        ["nowhere", "remedy: correct the name of the target"],
    ),
    Case(
        "an unknown function of a library",
        "# Chapter\n\nSee {py:func}`torch.nothing`.\n",
        3,
        ["torch.nothing", "remedy: correct the name, or add it to the inven"],
    ),
    Case(
        "an unknown citation",
        "# Chapter\n\nAs in {cite:p}`nobody1900`.\n",
        3,
        ["nobody1900", "remedy: add the entry to"],
    ),
    Case(
        "an unknown term",
        "# Chapter\n\nA {term}`grandient`.\n",
        3,
        ["grandient", "remedy: add the term to the glossary"],
    ),
    Case(
        "a label twice",
        """
        # Chapter

        (twice)=
        ## One

        (twice)=
        ## Two
        """,
        6,
        ["twice", "remedy: give one of the two another label"],
    ),
    Case(
        "a question's label twice",
        """
        # Chapter

        ```{exercise} One
        :label: q
        Why?
        ```

        ```{exercise} Two
        :label: q
        Why not?
        ```

        ```{solution-start} q
        ```
        Because.
        ```{solution-end}
        ```
        """,
        8,
        ["duplicate label 'q'", "remedy: give each question a label"],
    ),
    Case(
        "a missing image",
        "# Chapter\n\n```{image} none.png\n:alt: nothing\n```\n",
        3,
        ["none.png", "remedy: add the image, or correct its path"],
    ),
    Case(
        "an answer without its question",
        """
        # Chapter

        ```{solution-start} q-none
        ```
        Because.
        ```{solution-end}
        ```
        """,
        3,
        [
            "an answer without its question: no question is labelled 'q-none'",
            "remedy: name the label of a question above",
        ],
    ),
    Case(
        "an answer that does not end",
        """
        # Chapter

        ```{exercise} One
        :label: q
        Why?
        ```

        ```{solution-start} q
        ```
        Because.
        """,
        8,
        ["an answer that does not end", "remedy: close it"],
    ),
    Case(
        "a question without its answer",
        """
        # Chapter

        ```{exercise} One
        :label: q
        Why?
        ```
        """,
        3,
        ["the question 'q' has no answer", "remedy: write it between"],
    ),
    Case(
        "a formula that cannot be converted",
        "# Chapter\n\nText.\n\n$$\n\\frac{1}{\n$$\n",
        5,
        ["cannot be converted", "remedy: mend the TeX"],
    ),
    Case(
        "an entry that the record does not have",
        "# Chapter\n\nMade with {verified}`tensorflow`.\n",
        3,
        ["the record has no entry 'tensorflow'", "remedy: name one of"],
    ),
    Case(
        "options that are no YAML",
        """
        # Chapter

        ```{code-cell}
        ---
        tags: [hide-output
        ---
        1
        ```
        """,
        3,
        ["could not be read", "remedy: mend the YAML"],
    ),
]


ON_PAGES = {
    *("an unknown reference", "an unknown equation", "an unknown page"),
    *("an unknown function of a library", "an unknown citation"),
    *("an unknown term", "a label twice", "a missing image"),
    *("a formula that cannot be converted",),
    *("an entry that the record does not have",),
}


@dataclass
class Broken:
    """A book with many mistakes, and what two builds say of it."""

    names: dict[str, str]
    first: object
    second: object
    kept: bool


@pytest.fixture(scope="module")
def broken(request, module_book):
    """Build a good book, break it in every way of one kind, build it twice."""
    book = module_book("# Chapter\n\nText.\n")
    assert book.html().status == 0
    before = book.digest()
    cases = [c for c in CASES if (c.name in ON_PAGES) == request.param]
    names = {case.name: f"case-{i}" for i, case in enumerate(cases)}
    for case in cases:
        book.write(f"book/{names[case.name]}.md", case.text)
    pages = "\n".join(["chapter", *names.values()])
    book.write("book/index.md", f"# Tiny\n\n```{{toctree}}\n{pages}\n```\n")
    with (book.root / "book/_config/conf.py").open("a") as conf:
        conf.write("nb_execution_timeout = 2\n")
    first, second = book.html(), book.html()
    kept = book.digest() == before
    return Broken(names, first, second, kept)


def _said_of(built, name):
    """Return what a build says of a chapter, in one line."""
    lines = built.said.splitlines()
    kept, mine = [], False
    for line in lines:
        if re.search(r"^\S*book/[\w-]+\.md:\d+", line):
            mine = f"book/{name}.md:" in line
        if mine:
            kept.append(line)
        if line.startswith("  remedy:"):
            mine = False
    return " ".join(" ".join(kept).split())


@pytest.mark.parametrize(
    ("broken", "case"),
    [pytest.param(c.name in ON_PAGES, c, id=c.name) for c in CASES],
    indirect=["broken"],
)
def test_a_mistake_is_named_with_its_line_and_remedy(broken, case):
    name = broken.names[case.name]
    for built in broken.first, broken.second:
        said = _said_of(built, name)
        for words in case.says:
            assert " ".join(words.split()) in said, built.said
        assert said.count("remedy:") == 1, said
        assert re.search(rf"book/{name}\.md:{case.line}\b", said), said


@pytest.mark.parametrize("broken", [False, True], indirect=True)
def test_a_mistake_stops_the_build_and_loses_nothing(broken):
    for built in broken.first, broken.second:
        assert built.status != 0
        assert "The last good site stays in place." in built.said
        assert "Traceback" not in re.sub(r"(?m)^    .*$", "", built.said)
    assert broken.kept


def test_a_mended_book_is_published(built_book):
    book = built_book()
    book.write("book/chapter.md", "# Chapter\n\n{ref}`nowhere`\n")
    assert book.html().status != 0
    book.write("book/chapter.md", "# Chapter\n\nMended.\n")
    mended = book.html()
    assert mended.status == 0, mended.said
    assert "Mended." in mended.page("chapter")


def test_a_snippet_that_does_not_parse_is_named_with_its_own_line(make_book):
    book = make_book("# Chapter\n\n```{code-cell}\n:snippet: double\n```\n")
    assert book.html().status == 0
    before = book.html().page("chapter")

    book.write("src/snippets/double.py", "def double(x):\n    return 2 *\n")
    text = (book.root / "book/chapter.md").read_text()
    book.write("book/second.md", text)  # it is told of once, all the same
    broken = book.html()

    assert broken.status != 0
    assert broken.said.count("src/snippets/double.py:2: the snippet") == 1
    assert "chapter.md:3 shows it" in broken.said
    assert "remedy: mend the snippet's code" in broken.said
    assert broken.page("chapter") == before


def test_a_snippet_that_imports_another_is_told_of(built_book):
    book = built_book()
    book.write("src/snippets/double.py", "from snippets.one import one\n")
    book.write(
        "book/chapter.md", "# C\n\n```{code-cell}\n:snippet: double\n```\n"
    )
    broken = book.html()
    assert broken.status != 0
    assert (
        "book/chapter.md:3: the snippet 'double' imports 'snippets.one', which "
        "a reader may not have\n  remedy: use torch" in broken.said
    )


def test_all_mistakes_are_told_at_once(make_book):
    book = make_book(
        "# Chapter\n\n```{code-cell}\n1 / 0\n```\n\n"
        "```{code-cell}\n:snippet: none\n```\n"
    )
    book.write(
        "book/other.md", "# Other\n\n```{code-cell}\n:snippet: nix\n```\n"
    )
    broken = book.html()
    assert "book/chapter.md:7: there is no snippet 'none'" in broken.said
    assert "book/other.md:3: there is no snippet 'nix'" in broken.said
