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
def recorded(root):
    """What the record says of each chapter."""
    folder = root / "tests/book/recorded"
    return {
        path.relative_to(folder).with_suffix("").as_posix(): json.loads(
            path.read_text(encoding="utf-8")
        )
        for path in folder.rglob("*.json")
    }


@pytest.fixture(scope="module")
def pairs(records, recorded):
    """By chapter whose code is recorded, what was recorded and what is now."""
    counts = {name: len(old["cells"]) for name, old in recorded.items()}
    names = records.keys() - unrecorded(records, recorded, counts)
    return {name: (recorded[name], records[name]) for name in sorted(names)}


def unrecorded(records, recorded, counts):
    """Return the chapters whose record is missing, or is of other code.

    Args:
        records: What each chapter gave.
        recorded: What the record says that it gave.
        counts: How many cells the pages say that it has.
    """
    empty = {"cells": [], "values": []}
    return [
        name
        for name in sorted(records.keys() | recorded.keys() | counts.keys())
        if _source(now := records.get(name, empty))
        != _source(recorded.get(name, empty))
        or counts.get(name, 0) != len(now["cells"])
    ]


def _source(record):
    """Return the code of the cells, and the expressions in the prose."""
    code = [cell["code"] for cell in record["cells"]]
    return code, [expression for expression, _ in record["values"]]


def test_every_chapter_is_recorded(root, records, recorded):
    file = root / "book/_config/verified.json"
    chapters = json.loads(file.read_text(encoding="utf-8"))["chapters"]
    counts = {name: chapter["cells"] for name, chapter in chapters.items()}
    if names := unrecorded(records, recorded, counts):
        which = ", ".join(names)
        sentence = f"Run 'nox -s record': the record is not of {which}."
        pytest.fail(sentence, pytrace=False)


@pytest.mark.parametrize(
    ("recorded", "counts", "names"),
    [
        ({"a": ["1"], "b": ["2"]}, {"a": 1, "b": 1}, []),
        ({"a": ["1"]}, {"a": 1}, ["b"]),  # new
        ({"a": ["1"], "b": ["2"], "c": ["3"]}, {"a": 1, "b": 1}, ["c"]),  # gone
        ({"a": ["1"], "b": ["2", "3"]}, {"a": 1, "b": 2}, ["b"]),
        ({"a": ["1"], "b": ["3"]}, {"a": 1, "b": 1}, ["b"]),
        ({"a": ["1"], "b": ["2"]}, {"a": 1, "b": 2}, ["b"]),
    ],
)
def test_what_is_not_recorded_is_named(recorded, counts, names):
    def record(codes):
        return {"cells": [{"code": code} for code in codes], "values": []}

    now = {"a": record(["1"]), "b": record(["2"])}
    old = {name: record(codes) for name, codes in recorded.items()}
    assert unrecorded(now, old, counts) == names


def _outputs(cell):
    """Return the texts that a cell gives."""
    return ["\n".join(lines).rstrip("\n") for lines in cell["outputs"]]


def _figures(cell):
    """Return the lines that are recorded of a cell's figures and warnings.

    And those of all that it gives when a number is turned.
    """
    lines = [line for figure in cell.get("figures", []) for line in figure]
    others = [cell.get(name, []) for name in ("caption", "alt", "warnings")]
    for setting, given in cell.get("turned", {}).items():
        others += [[setting], *given.values()]
    return [*lines, *chain(*others)]


@pytest.mark.parametrize(
    ("parts", "what"),
    [(_outputs, "text outputs"), (_figures, "lines about figures")],
)
def test_what_a_cell_gives_is_what_is_recorded(pairs, tell, parts, what):
    cells = [
        (f"{name}, cell {number}", *map(parts, pair))
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
    count = sum(len(now) for _, _, now in cells)
    tell(f"{count} {what} compared with the record")
    assert count
    assert not different, "\n".join(different)


def test_values_in_the_prose_are_the_recorded_ones(pairs):
    compared = [
        (f"{name}, {{run}}`{before[0]}`", before[1], now[1])
        for name, (old, new) in pairs.items()
        for before, now in zip(old["values"], new["values"], strict=True)
    ]
    assert compared
    assert [c for c in compared if not same(*c[1:], TOLERANCE)] == []


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
