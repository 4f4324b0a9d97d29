"""A chapter's text becomes a notebook that knows its lines."""

import pytest

from bookbuild.chapters import reader as chapter
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
tags: [a-tag]
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
    return folder


@pytest.fixture
def read(tmp_path, snippets):
    return lambda text: chapter.read(tmp_path / "c.md", text, snippets)


def test_cells_know_their_lines(read):
    found = read(TEXT)
    kinds = [cell.cell_type for cell in found.notebook.cells]
    assert kinds == ["markdown", "code", "code", "markdown", "code"]
    assert found.lines == [1, 5, 9, 21, 23]
    assert [found.body_lines[i] for i in (1, 2)] == [6, 16]


def test_values_are_found_where_they_stand(read):
    found = read(TEXT)
    assert [[(v.expression, v.line) for v in vs] for vs in found.values] == [
        [("x + 1:.1f", 3)],
        [],
        [("x", 14)],
        [("z", 21)],
        [],
    ]


def test_values_are_put_into_prose_and_captions(read):
    cells = read(TEXT).notebook.cells
    chapter.fill_values(cells[0], {"x + 1:.1f": "2.0"})
    chapter.fill_values(cells[2], {"x": "1"})
    assert "Prose with 2.0." in cells[0].source
    assert cells[2].metadata["mystnb"]["figure"]["caption"] == "It is 1."


def test_a_snippet_is_shown_without_what_the_reference_says(read):
    found = read(TEXT)
    assert found.notebook.cells[4].source == (
        'import math\n\n\ndef twice(x):\n    """Double it."""\n'
        "    # a comment\n    return 2 * x"
    )
    assert [path.name for path in found.snippets] == ["twice.py"]


def test_the_source_on_a_page_is_the_code_of_the_file(root):
    """Only docstrings differ between a snippet's file and its page."""
    import ast  # noqa: PLC0415 (only this test needs it)

    def code(text):
        tree = ast.parse(text)
        for node in ast.walk(tree):
            if isinstance(node, ast.Module | ast.FunctionDef | ast.ClassDef):
                node.body = [
                    part
                    for part in node.body
                    if not (
                        isinstance(part, ast.Expr)
                        and isinstance(part.value, ast.Constant)
                    )
                ]
        return ast.dump(tree)

    folder = root / "src/snippets"
    assert snippet.names(folder)
    for name in snippet.names(folder):
        path = snippet.find(folder, name)
        assert code(snippet.page_source(path)) == code(path.read_text()), name


def test_an_unknown_snippet_is_told_with_the_closest(read):
    with pytest.raises(ChapterError) as caught:
        read("# T\n\n```{code-cell}\n:snippet: twcie\n```\n")
    assert caught.value.line == 3
    assert "no snippet 'twcie'; the closest is 'twice'" in str(caught.value)


def test_a_chapter_without_cells_is_a_chapter(read):
    found = read("# Title\n\nOnly prose.\n")
    assert found.code_cells == []
    assert found.lines == [1]
