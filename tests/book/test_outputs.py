"""Every text output of every cell is what the record says it was.

Numbers may differ by one part in a thousand, because another processor or
another build of a library rounds differently; everything else must be equal.
``nox -s record`` writes the record anew.
"""

import json
from itertools import chain, zip_longest

import pytest

from bookbuild.programs.comparison import same

TOLERANCE = 1e-3


@pytest.fixture(scope="module")
def pairs(root, records):
    """By chapter, what the record says and what the build gave."""
    folder, remedy = root / "tests/book/recorded", "run 'nox -s record'"
    found = {
        path.relative_to(folder).with_suffix("").as_posix(): json.loads(
            path.read_text(encoding="utf-8")
        )
        for path in folder.rglob("*.json")
    }
    assert sorted(records) == sorted(found), remedy
    for name, now in records.items():
        assert _source(now) == _source(found[name]), f"{name}: {remedy}"
    return {name: (found[name], now) for name, now in records.items()}


def _source(record):
    """Return the code of the cells, and the expressions in the prose."""
    code = [cell["code"] for cell in record["cells"]]
    return code, [expression for expression, _ in record["values"]]


def test_outputs_are_the_recorded_ones(pairs, tell):
    different, outputs = [], 0
    for name, (old, new) in pairs.items():
        cells = zip(old["cells"], new["cells"], strict=True)
        for number, pair in enumerate(cells, start=1):
            before, now = (
                ["\n".join(lines).rstrip("\n") for lines in cell["outputs"]]
                for cell in pair
            )
            outputs += len(now)
            if len(now) != len(before) or not all(
                same(*texts, TOLERANCE)
                for texts in zip(before, now, strict=True)
            ):
                different.append(
                    f"{name}, cell {number}\n  recorded: {before}\n"
                    f"  now:      {now}"
                )
    tell(f"{outputs} text outputs compared with the record")
    assert outputs
    assert not different, "\n".join(different)


def test_figures_are_the_recorded_ones(pairs, tell):
    """Their data, captions and alternative texts."""
    cells = [
        (f"{name}, cell {number}", *map(_figures, pair))
        for name, (old, new) in pairs.items()
        for number, pair in enumerate(
            zip(old["cells"], new["cells"], strict=True), start=1
        )
    ]
    different = [
        f"{place}\n  recorded: {a}\n  now:      {b}"
        for place, before, now in cells
        for a, b in zip_longest(before, now, fillvalue="nothing")
        if not same(a, b, TOLERANCE)
    ]
    lines = sum(len(now) for _, _, now in cells)
    tell(f"{lines} lines about figures compared with the record")
    assert lines
    assert not different, "\n".join(different)


def _figures(cell):
    """Return the lines that are recorded of a cell's figures and warnings."""
    lines = [line for figure in cell.get("figures", []) for line in figure]
    others = (cell.get(name, []) for name in ("caption", "alt", "warnings"))
    return [*lines, *chain(*others)]


def test_values_in_the_prose_are_the_recorded_ones(pairs):
    compared = [
        (f"{name}, {{run}}`{before[0]}`", before[1], now[1])
        for name, (old, new) in pairs.items()
        for before, now in zip(old["values"], new["values"], strict=True)
    ]
    assert compared
    assert [c for c in compared if not same(*c[1:], TOLERANCE)] == []


def test_the_record_counts_what_there_is(root, records):
    file = root / "book/_config/verified.json"
    chapters = json.loads(file.read_text(encoding="utf-8"))["chapters"]
    assert {name: chapter["cells"] for name, chapter in chapters.items()} == {
        name: len(found["cells"]) for name, found in records.items()
    }


@pytest.mark.parametrize(
    ("before", "now", "equal"),
    [
        ("loss=1.2345", "loss=1.2346", True),
        ("loss=1.2345", "loss=1.2445", False),
        ("[1.,  2.]", "[1., 2.]", True),
        ("1.5e-08", "2.5e-08", True),
        ("nan", "nan", True),
        ("nan", "1.0", False),
        ("inf", "1e308", False),
        ("step 3", "stop 3", False),
    ],
)
def test_outputs_are_compared_as_stated(before, now, equal):
    assert same(before, now, TOLERANCE) is equal
