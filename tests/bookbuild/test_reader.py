"""A chapter's text becomes a notebook that knows its lines, or is refused."""

import ast

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell

from bookbuild.chapters import checks, exercises, reader, roles
from bookbuild.chapters import snippets as snippet
from bookbuild.chapters.errors import ChapterError

TEXT = """\
# Title

Prose with {run}`x + 1:.1f`.

```{code-cell}
x = 1
```

```{code-cell}
---
tags: [hide-input]
mystnb:
  figure:
    caption: It is {run}`x`.
---
y = 2
z = 3
```


More, {run}`z`.

```{code-cell}
:snippet: twice
```
"""


@pytest.fixture
def snippets(tmp_path):
    folder = tmp_path / "snippets"
    folder.mkdir()
    (folder / "__init__.py").write_text("")
    (folder / "twice.py").write_text(
        '"""A module."""\n\nimport math\n\n\n'
        'def twice(x):\n    r"""Double\n    it.\n\n    Args:\n        x: A.\n'
        '    """\n    # a comment\n    return 2 * x\n'
    )
    (folder / "latin.py").write_bytes("# na\xefve\n".encode("cp1252"))
    (folder / "feed.py").write_text("x = 1\n\f\ny = 2\n")
    return folder


@pytest.fixture
def read(tmp_path, snippets):
    return lambda text: reader.read(tmp_path / "c.md", text, snippets)


def test_cells_know_their_lines(read):
    found = read(TEXT)
    kinds = [cell.cell_type for cell in found.notebook.cells]
    assert kinds == ["markdown", "code", "code", "markdown", "code"]
    assert found.body_lines == [1, 6, 16, 21, 23]


def test_values_are_found_where_they_stand(read):
    found = read(TEXT)
    assert [[(v.expression, v.line) for v in vs] for vs in found.values] == [
        [("x + 1:.1f", 3)],
        [],
        [("x", 14)],
        [("z", 21)],
        [],
    ]


def test_a_snippet_is_shown_without_what_the_reference_says(read):
    found = read(TEXT)
    assert found.notebook.cells[4].source == (
        'import math\n\n\ndef twice(x):\n    """Double it."""\n'
        "    # a comment\n    return 2 * x"
    )
    assert [path.name for path in found.snippets] == ["twice.py"]


NESTED = '''
class A:
    """One.

    More.
    """

    def b(self):
        """Two.

        More.
        """


def c():
    """Three.

    More.
    """
    return 3
'''


def test_the_source_on_a_page_is_the_code_of_the_file(root, tmp_path):
    """Only docstrings differ between a snippet's file and its page."""

    def code(text):
        tree = ast.parse(text)
        for node in ast.walk(tree):
            kinds = ast.Module | ast.FunctionDef | ast.ClassDef
            if isinstance(node, kinds) and ast.get_docstring(node):
                del node.body[0]
        return ast.dump(tree)

    paths = [*(root / "src/snippets").glob("[!_]*.py")]
    assert len(paths) == len(snippet.names(root / "src/snippets")) > 0
    (tmp_path / "nested.py").write_text(NESTED)
    for path in [*paths, tmp_path / "nested.py"]:
        text = path.read_text("utf-8")
        assert code(snippet.page_source(path)) == code(text), path


def test_a_chapter_without_cells_is_a_chapter(read):
    for text in "# Title\n\nOnly prose.\n", "% a comment\n":
        found = read(text)
        assert found.code_cells == []
        assert found.body_lines == [1]


def test_line_ends_of_other_systems_are_line_ends(read):
    unix = read(TEXT)
    for end in "\r\n", "\r":
        found = read(TEXT.replace("\n", end))
        assert found.body_lines == unix.body_lines
        assert found.values == unix.values
        sources = [cell.source for cell in unix.notebook.cells]
        assert [cell.source for cell in found.notebook.cells] == sources


CELL = "# T\n\n```{code-cell}"
MATTER = "the front matter could not be read: "
REFUSED = [  # text, line, message, remedy
    ("", 1, "the file is empty", "write it"),
    ("\n \n", 1, "the file is empty", "remove the file"),
    *[
        (text, 4, f"U+{ord(c):04X} (", ascii(c)[1:-1])
        for c in "\0\v\f\x1b\x1c\x1d\x1e\x85\u2028\u2029\ufffe"
        for text in (f"# T\n\na\nb{c}c\n", f"{CELL}\nx = '{c}'\n```\n")
    ],
    (f"{CELL}\n:tags: remove-input\n1\n```", 3, "is not of type 'array'", "[a"),
    (
        f"{CELL}\n1\n```\n\n```{{code-cell}}\n:tags:\n1\n```",
        7,
        "None is",
        ":ta",
    ),
    (f"{CELL}\n:tags: [1]\n1\n```", 3, "1 is not of type 'string'", "mend"),
    (f"{CELL}\n---\n- a\n---\n1\n```", 3, "not a dict", "mend the YAML"),
    (f"{CELL}\n:tags: [a\n1\n```", 3, "cell's options could not be", "mend"),
    *[
        (f"---\n{yaml}---\n# T\n", line, MATTER + message, "'key: value'")
        for yaml, line, message in [
            ("", 1, "'---' has no lines"),
            ("- a\n", 1, "'---' has no lines"),
            ("a: 1\nmystnb: text\n", 3, "'mystnb' has no lines"),
            ("kernelspec: python3\n", 2, "'kernelspec' has no lines"),
            ("a: 1\nb: c: d\n", 3, "mapping values are not allowed"),
            ("a: [\n", 3, "expected the node content"),
            ("a: 1\nb: *c\n", 3, "found undefined alias"),
            ("a: 1\nmystnb:\n  b: 1\n", 3, "got an unexpected keyword"),
            ("mystnb:\n  execution_timeout: a\n", 2, "'execution_timeout' mu"),
            ("mystnb:\n  execution_mode: 'off'\n", 2, "every chapter runs"),
        ]
    ],
    ("---\na: 1\n\n# T\n", 1, f"{MATTER}it does not end", "two '---'"),
    ('# T\n\n+++ {"tags": "x"}\n\nText.\n', 3, "block break", "leave '+++'"),
    ("# T\n\n+++ {a\n\nText.\n", 3, "block break could not", "leave '+++'"),
    (f"{CELL}\n:load: a.py\n```", 3, "for :load:", "mend the YAML"),
    (f"{CELL}\n---\na: *b\n---\n```", 3, "could not be", "mend the YAML"),
    (f"{CELL} python :tags: [a]\n1\n```", 3, "on the first line", "a line of"),
    (f"{CELL}\n---\nmystnb: a\n---\n```", 3, "'mystnb' has no", "correct"),
    *[
        (f"{CELL}\n---\nmystnb:\n  {option}\n---\n```", 3, says, "correct it")
        for option, says in [
            ("figur: 1", "no option 'figur' in 'mystnb'; the closest is 'fig"),
            ("figure: a", "the option 'figure' has no lines"),
            ("image: {altt: a}", "no option 'altt' in 'image'; the closest"),
        ]
    ],
    ("# T\n\nText,\n{run}`x\n\nb`\n", 4, "{run} without", "on one line"),
    ("# T\n\n- a\n- {run} `x`\n", 4, "{run} without", "without a space"),
    ("```{image} a\n:alt: Run #3\n```", 1, "for a comment: ':alt:", "quotes"),
    (f"{CELL}\n---\na:\n  alt: b #c\n---\n```", 3, "for a comm", "quotes"),
    (f"{CELL}\n:tags: [remove-inptu]\n1\n```", 3, "is 'remove-input'", "TAGS"),
    (f"{CELL}\n:tag: [a]\n1\n```", 3, "closest is 'tags'", "correct it"),
    (f"{CELL}\n:snipet: a\n```", 3, "closest is 'snippet'", "correct it"),
    (f"{CELL}\n:snippet: twcie\n```", 3, "closest is 'twice'", "correct"),
    (f"{CELL}\n:snippet: latin\n```", 1, "byte 0xef is not", "UTF-8"),
    (f"{CELL}\n:snippet: feed\n```", 2, "U+000C", "remove it"),
    (f"{CELL}\n:needs: a, b\n```", 3, "cell above has the label 'a'", "name"),
    (f"{CELL}\n:differs:\n1\n```", 3, "option 'differs' says nothing", "rea"),
    (f"{CELL}\n:shown-in:\n1\n```", 3, "'shown-in' says nothing", "a page"),
    (f"{CELL}\n:shown-in: a\n1\n```", 3, "without a snippet", ":snippet:"),
    (
        f"{CELL}\n:label: a\n```\n\n```{{code-cell}}\n:label: a\n```",
        *(7, "two cells have the label 'a'", "choose another"),
    ),
    (f"{CELL} bash\nls\n```", 3, "a cell in bash", "or ```bash to show"),
    (f"{CELL} julia\nls\n```", 3, "a cell in julia", "write ```{code-cell}"),
    ("# T\n\n:::{code-cell}\n1\n:::", 3, "would not run", "begin its line"),
    ("# T\n\n``` {code-cell}\n1\n```", 3, "would not run", "begin its line"),
    ("# T\n\n- a\n\n  ```{code-cell}\n  1\n  ```", 5, "would not run", "begin"),
    ("# T\n\n> ```{code-cell}\n> 1\n> ```", 3, "would not run", "outside any"),
    ("````{tip}\n:name: a\n\n```{code-cell}\n```\n````", 4, "not run", "out"),
    (":::{note}\n::::{tip}\n````{note} A\n````\n", 1, "not closed", "longer"),
    (f"{CELL}\n1\n\n# Next\n\nText.\n", 3, "is not closed", "close it"),
    (
        "# T\n\n- a\n\n  | a | b |\n  |---|---|\n  | 1 |\n  | `|x|` | 1 |\n",
        *(8, "a row of 4 cells in a table of 2", "'\\|' for a bar"),
    ),
    ("# T\n\n~~~text\n1\n```\n", 3, "is not closed", "close it"),
    ("# T\n\n- a\n\n  ```text\n  1\n\nb\n", 5, "is not closed", "close it"),
    ("# T\n\n```{quiz} `a`\n:label: q\n", 3, "is not closed", "close it"),
]


@pytest.mark.parametrize(("text", "line", "message", "remedy"), REFUSED)
def test_a_fault_is_named_with_its_line_and_remedy(
    read, text, line, message, remedy
):
    with pytest.raises(ChapterError) as caught:
        read(text)
    assert caught.value.line == line
    assert message in caught.value.message
    assert remedy in caught.value.remedy


@pytest.mark.parametrize(
    "text",
    [
        f"{CELL} ipython3\n:tags: [remove_input, numpy]\n1\n```\n",
        f"{CELL}\n\n1\n\n\n```\n\n~~~{{code-cell}} python\n1\n~~~\n",
        "# T\n\n````markdown\n```{code-cell} bash\n:tags: x\n````\n",
        "# T\n\n:::{note}\n:class: tip\n\n```python\n1\n```\n:::\n",
        "---\ndate: 2026-01-02\ntitle: 'a: b'\n---\n# T\n\n---\n",
        f"{CELL}\n---\ntags: [numpy]  # a\nmystnb: {{}}\n---\n```",
        "# T\n\n::::{grid}\n:::{grid-item}\ntext\n:::\n::::\n",
        "# T\n\n> a | b\n> -|-\n> \\| |\n> | `\\|` | $|\n\na | b | c\n",
        "# T\n\n| | |\n|-|-|\n| a | b |\n",
    ],
)
def test_what_is_right_is_not_refused(read, text):
    assert read(text).notebook.cells


ASKS = "```{exercise} A\n:class: c\n:label: q\n\nWhy?\n```\n"
ANSWERS = "```{solution-start} q\n```\nSo.\n```{solution-end}\n```\n"
UNENDED = "```{exercise-start} A\n:label: q\n```\nWhy?\n"


@pytest.mark.parametrize(
    ("text", "faults"),
    [
        (ASKS + ANSWERS, []),
        (ASKS + "```{solution} q\nSo.\n```", []),
        (f"````markdown\n{ASKS}````\n", []),
        (ASKS, ["1: the question 'q' has no answer"]),
        (ANSWERS, ["1: an answer without its question: no question is label"]),
        (ASKS + ANSWERS[:32], ["7: an answer that does not end"]),
        (UNENDED + ANSWERS, ["1: a question that does not end"]),
        (ASKS + ANSWERS + ASKS, ["12: duplicate label 'q'; line 1 has it too"]),
        ("```{exercise} A\n```", ["1: a question without a label"]),
    ],
)
def test_questions_and_answers_are_paired(tmp_path, text, faults):
    found = exercises.check(tmp_path / "c.md", text)
    said = [f"{error.line}: {error.message}" for error in found]
    assert [words[: len(f)] for words, f in zip(said, faults, strict=True)] == (
        faults
    )


QUOTED = [
    "```markdown\n{run}`x`\n```",
    "```text\n{run}`x`\n```",
    "~~~\n{run}`x`\n~~~",
    "- a\n\n  ```text\n  {run}`x`\n  ```",
    "```{code-block} markdown\n:name: a\n\n{run}`x`\n```",
    ":::{note}\n```text\n{run}`x`\n```\n:::",
    "write `` {run}`x` `` here",
    "write ``{run}`x` ``,\nand ``` {run}`x` ```",
    "a\n\n    {run}`x`\n",
    r"a \{run}`x`",
    "% {run}`x`",
]
SHOWN = [  # text, value, what Markdown is to be parsed
    ("is {run}`x`.", "2", "is &#50;."),
    ("{run}`x`. is", "13", "&#49;3. is"),
    ("is {run}`x`.", "2*3", "is &#50;&#42;3."),
    ("is {run}`x`.", "_a", "is &#95;a."),
    ("is {run}`x`.", "$5 b", "is &#36;5 b."),
    ("is {run}`x`.", r"C:\n", "is &#67;&#58;&#92;&#92;n."),
    ("is {run}`x`.", "<b>", "is &#60;b&#62;."),
    ("is {run}`x`.", "a--b", "is &#97;&#92;&#45;&#45;b."),
    ("is {run}`x`.", "[1,\n  2]", "is &#91;1&#44; 2&#93;."),
    ("![a {run}`x`](b)", r"a\b--c", "![a &#97;&#92;b&#45;&#45;c](b)"),
    ("it's `a` and {run}`x` and `b`", "2", "it's `a` and &#50; and `b`"),
    ("{eq}`a`: {run}`x`", "2", "{eq}`a`: &#50;"),
    ("`` ` `` {run}`x` `", "2", "`` ` `` &#50; `"),
    ("| a |\n|---|\n| {run}`x` |", "a|b", "| a |\n|---|\n| &#97;&#124;b |"),
    ("- a\n\n      b\n\n  {run}`x`", "2", "- a\n\n      b\n\n  &#50;"),
    ("Term\n: {run}`x`", "2", "Term\n: &#50;"),
    ("$a_{run}`x`$ {run}`x`", "a_b", "$a_a_b$ &#97;&#95;b"),
    (r"\$5, {run}`x` and $6", "2", r"\$5, &#50; and $6"),
    ("$$\n{run}`x`\n$$", "a_b $", "$$\na_b \\$\n$$"),
    ("```{math}\n{run}`x`\n```", "a_b", "```{math}\na_b\n```"),
    (
        "```{image} a\n:alt: {run}`x`\n```",
        "a_b",
        "```{image} a\n:alt: a_b\n```",
    ),
    ("<p>{run}`x`</p>", "a_<", "<p>a_&lt;</p>"),
    ("~~~{tip} {run}`x`\n{run}`x`\n~~~", "_", "~~~{tip} &#95;\n&#95;\n~~~"),
]


def _filled(cell, value):
    roles.fill_values(cell, {"x": value})
    return cell


@pytest.mark.parametrize("text", QUOTED)
def test_a_quoted_role_is_shown(read, text):
    chapter = read(f"# T\n\n{text}\n\nAnd {{run}}`y`.\n")
    assert [v.expression for v in chapter.values[0]] == ["y"]
    cell = new_markdown_cell(text)
    assert _filled(cell, "2").source == text


@pytest.mark.parametrize(("text", "value", "markdown"), SHOWN)
def test_a_value_is_shown_to_the_letter(text, value, markdown):
    assert _filled(new_markdown_cell(text), value).source == markdown


def test_a_caption_is_markdown_and_an_alternative_text_is_not():
    texts = {"figure": {"caption": "{run}`x`"}, "image": {"alt": "{run}`x`"}}
    cell = new_code_cell("", metadata={"mystnb": texts})
    assert _filled(cell, "a_b").metadata["mystnb"] == {
        "figure": {"caption": "&#97;&#95;b"},
        "image": {"alt": "a_b"},
    }


@pytest.mark.parametrize(
    ("value", "address"),
    [
        ("<f object at 0x7f12>", "at 0x7f12>"),
        ("0x7f1234567890", "0x7f1234567890"),
        ("tensor(1., grad_fn=<PowBackward0>)", "grad_fn=<PowBackward0"),
        ("0xff", None),
    ],
)
def test_an_address_in_a_value_is_refused(read, value, address):
    chapter = read("# T\n\nText,\n{run}`x`.\n")
    errors = [*reader.check_values(chapter, [{"x": value}])]
    assert [error.line for error in errors] == [4] * (address is not None)
    for error in errors:
        assert error.message.endswith(address)
        assert ".detach()" in error.remedy


@pytest.mark.parametrize(
    ("content", "line", "message"),
    [
        ("# T\n\nna\xefve\n".encode("cp1252"), 3, "byte 0xef is not UTF-8"),
        ("# T\n".encode("utf-16"), 1, "byte 0xff is not UTF-8"),
        ("\ufeff# T\n\nna\xefve\n".encode(), 0, ""),
    ],
)
def test_bytes_that_are_not_text_are_refused(tmp_path, content, line, message):
    path = tmp_path / "c.md"
    path.write_bytes(content)
    found = [(e.line, e.message) for e in checks.check_bytes(path)]
    assert found == ([(line, message)] if line else [])


def test_links_that_lead_nowhere_are_refused(tmp_path):
    for name, target in ("a.md", "none.md"), ("b.md", "b.md"):
        (tmp_path / name).symlink_to(target)
        (error,) = checks.check_bytes(tmp_path / name)
        assert error.message.startswith("the file cannot be read: ")
    (tmp_path / "loop").symlink_to(tmp_path)
    (tmp_path / "c.md").write_text("# T\n")
    (error,) = checks.check_bytes(tmp_path / "loop/loop/c.md")
    assert error.path == tmp_path / "loop"
    assert error.message == "the link leads to a folder that it is in"
    assert checks.check_bytes(tmp_path / "c.md") == []
