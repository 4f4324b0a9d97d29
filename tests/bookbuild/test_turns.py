"""Numbers that the reader turns: read, run, and shown as differences."""

from pathlib import Path

import pytest
from nbformat.v4 import new_code_cell

from bookbuild.chapters import roles, turns
from bookbuild.chapters.errors import ChapterError
from bookbuild.execution import fork_client
from bookbuild.pages.turn_controls import marked
from bookbuild.programs import turned_blocks
from tests.bookbuild.test_program_runs import programs_of
from tests.bookbuild.test_run import STYLE, prepare

CODE = "lr = 0.2  # a rate\nfor lr2 in ():\n    lr = 1.0\nprint(lr)"


def read(code, **options):
    """Return what can be turned in a cell with some options."""
    cell = new_code_cell(code, metadata=options)
    return turns.read(Path("chapter.md"), 7, cell)


def test_a_cell_without_the_options_has_nothing_to_turn():
    assert read(CODE, tags=[]) is None


def test_the_values_and_their_place_in_the_code():
    turn = read(CODE, turn="lr = 0.05, 0.2, raises(-1)", table="0.05, 0.2")
    (number,) = turn.numbers
    assert number.values == ["0.05", "0.2", "-1"]
    assert turn.own == ("0.2",)
    assert turn.line_of(number, "-1") == "lr = -1  # a rate"
    assert turn.listed == ["0.05", "0.2"]
    assert [turn.raises(s) for s in turn.settings] == [False, False, True]


@pytest.mark.parametrize(
    "value", ["-0.5", "True", "'é', 'b'", "(1, 2)", "1e-3"]
)
def test_any_literal_can_be_turned(value):
    own = value.partition(", '")[0]
    code = f"text = 'é'; it = {own}  # é"
    (number,) = read(code, turn=f"it = {value}, None").numbers
    start, end = number.columns
    assert code[start:end] == own
    html = f"<pre><span></span>{code[:start]}<span>{own}</span>  # é\n"
    made = marked(html, 0, number)
    assert f'data-own="{own}"'.replace("'", "&#x27;") in made
    assert f"><span>{own}</span></span>  # é\n" in made


def test_two_numbers_make_a_grid():
    turn = read("h = 1\nb = 5", turn="h = 1, 2; b = 5, 6, 7")
    assert len(turn.settings) == 6
    assert turn.own == ("1", "5")
    assert turn.comment == "# turn h: 2\n# turn b: 6, 7\n"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"turn": "lr"}, "'lr' names no values"),
        ({"turn": "lr = 0.2"}, "two or more"),
        ({"turn": "lr = 0.1, 0.3"}, "among them, which is 0.2"),
        ({"turn": "lr = 0.2, 0.2"}, "each once"),
        ({"turn": "lr = 0.2, x"}, "'0.2, x' is no list of values"),
        ({"turn": "lr = 0.2,, 1"}, "no list of values"),
        ({"turn": "rate = 0.2, 1"}, "0 lines 'rate = value'"),
        (
            {"turn": f"lr = 0.2, {[*range(64)]}"[:-1].replace("[", "")},
            "65 runs",
        ),
        ({"turn": "lr = 0.2, 1", "table": "0.3"}, "closest is '0.2'"),
        ({"says": "so"}, "names no values"),
    ],
)
def test_what_cannot_be_turned_is_refused_with_its_line(options, said):
    with pytest.raises(ChapterError) as error:
        read(CODE, **options)
    assert error.value.line == 7
    assert said in error.value.message


def test_a_name_must_be_bound_once_to_a_literal():
    for code in (
        "lr = 0.2\nlr = 0.3",
        "lr = x",
        "def f():\n  lr = 0.2",
        "lr =",
    ):
        with pytest.raises(ChapterError, match="lines 'lr = value'"):
            read(code, turn="lr = 0.2, 1")


@pytest.mark.parametrize("new", ["a\nB\nc\nD", "a\nc", "", "x\na\nb\nc\nd\ny"])
def test_changes_make_one_text_of_another(new):
    lines = ["a", "b", "c", "d"]
    for start, count, *others in turned_blocks.changes("a\nb\nc\nd", new):
        lines[start : start + count] = others
    assert "\n".join(lines) == new


def test_lengths_of_a_picture_are_rounded_and_nothing_else():
    picture = (
        '<metadata>\n 1.25</metadata><!-- 1.25 --><path d="M 1.25 -0.04 \nL '
        '100.449 2.5" style="stroke-width: 1.25; fill: #123456"/>'
        '<g transform="translate(3.333 4) scale(0.105 -0.105)"/>'
        '<defs><path d="M 0.123 1"/></defs><use id="m1.234"/>'
    )
    assert turned_blocks.rounded(picture) == (
        '<path d="M 1.2 -0.0 \nL '
        '100.4 2.5" style="stroke-width: 1.25; fill: #123456"/>'
        '<g transform="translate(3.3 4) scale(0.105 -0.105)"/>'
        '<defs><path d="M 0.123 1"/></defs><use id="m1.234"/>'
    )


def test_values_in_a_caption_can_be_found_by_the_page():
    figure = {"caption": "At {run}`lr` $x$, {run}`n`."}
    cell = new_code_cell(
        "", metadata={"turn": "", "mystnb": {"figure": figure}}
    )
    assert roles.caption_roles(cell) == [("lr", "text"), ("n", "text")]
    roles.fill_values(cell, {"lr": "0.2", "n": "3"})
    assert figure["caption"] == "At {run}`lr` $x$, {run}`n`."
    caption = cell.metadata.mystnb.figure.caption
    assert caption.count("{.run}") == 2


@pytest.fixture
def turned(tmp_path, monkeypatch):
    """A function: the turned blocks of a chapter of cells."""
    monkeypatch.setenv("MATPLOTLIBRC", str(STYLE))
    prepare()
    fork_client.start_programs("tests in the book's style")

    def turn(*codes):
        chapter, found, page = programs_of(tmp_path, codes)
        return turned_blocks.run(
            chapter, page.blocks, found.values, tmp_path / "turns", 30
        )

    return turn


PYPLOT = "import matplotlib.pyplot as plt\n"
PLOT = """---
turn: n = 1, 2
says: "{run}`n + m` points"
mystnb:
  figure: {caption: "With {run}`n`."}
  image: {alt: "{run}`n` of them."}
---
n = 2
print(n, m)
fig, ax = plt.subplots()
ax.plot([0, n])
_ = ax.set(xlim=(0, 3), ylim=(0, 3))"""


def test_a_run_is_the_blocks_own_program_with_another_value(turned, tmp_path):
    (block,) = turned("m = 10\nimport matplotlib.pyplot as plt", PLOT)
    assert "m = 10" in block.program(("1",))
    assert "n = 1\n" in block.program(("1",))
    one, two = block.outcomes[("1",)], block.outcomes[("2",)]
    assert (one.text, two.text) == ("1 10\n", "2 10\n")
    assert (one.says, two.says) == ("11 points", "12 points")
    assert (one.alt, two.alt) == ("1 of them.", "2 of them.")
    assert (one.caption, two.caption) == (["1"], ["2"])
    assert one.pictures != two.pictures
    packed = block.packed
    (changes,) = packed["runs"][0]["pictures"]
    assert packed["runs"][1]["pictures"] == [[]]
    assert sum(len(lines) for _, _, *lines in changes) <= 3  # the line's end
    assert [*block.recorded()] == ["n = 1"]
    (file,) = (tmp_path / "turns").iterdir()
    file.write_text(file.read_text().replace("1 10", "kept"))
    (block,) = turned("m = 10\nimport matplotlib.pyplot as plt", PLOT)
    assert block.outcomes[("1",)].text == "kept\n"


def test_the_page_is_what_its_own_program_draws(turned):
    (block,) = turned("m = 10\nimport matplotlib.pyplot as plt", PLOT)
    (picture,) = fork_client.run_program(block.block.program, 60)["pictures"]
    (shown,) = block.outcomes[("2",)].pictures
    assert turned_blocks.rounded(picture) == turned_blocks.rounded(shown)


def test_an_error_may_be_what_a_value_teaches(turned):
    (block,) = turned(":turn: n = 1, raises(0)\nn = 1\nprint(1 / n)")
    assert block.outcomes[("0",)].says == "ZeroDivisionError: division by zero"
    assert block.outcomes[("0",)].text.startswith("ZeroDivisionError")


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("n = 1\nprint(1 / n)", "with n = 0: it raises ZeroDivisionError"),
        (
            f"{PYPLOT}n = 1\nplt.plot([1]);\nif not n: print(1)",
            "it prints, and with the page's",
        ),
        (
            "import sys\nn = 1\nprint(1)\nif not n: print(1, file=sys.stderr)",
            "stderr",
        ),
        (
            "n = 1\nprint(1)\nif not n:\n    import os\n    os._exit(0)",
            "ends Python",
        ),
        (f"{PYPLOT}n = 1\nif n: plt.plot([1]);", "it draws 0 figures, not 1"),
        (
            f"{PYPLOT}n = 1\n_ = plt.figure(figsize=(2 + n, 2)).gca().plot(n)",
            "the page keeps its place",
        ),
        ("n = 1\nprint(1)\nn", "prints in several places"),
        ("n = 1", "the cell shows no output"),
        ("n = 1; n", "does more than bind it"),
        (":tags: [remove-input]\nn = 1\nprint(n)", "the cell is hidden"),
        ("n = 1\nprint('\\x1b[31mred')", "or in colours"),
    ],
)
def test_what_the_page_could_not_show_is_refused(turned, cell, said):
    with pytest.raises(ChapterError) as error:
        turned(f":turn: n = 1, 0\n{cell}")
    assert said in error.value.message
    assert error.value.line == 1
