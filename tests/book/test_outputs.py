"""Every text output of every cell is what the record says it was.

Numbers may differ by one part in a thousand, because another processor or
another build of a library rounds differently; everything else must be equal.
``nox -s record`` writes the record anew.
"""

import json

import pytest

from bookbuild.execution.record import same

TOLERANCE = 1e-3


@pytest.fixture(scope="module")
def recorded(root, records):
    """What the record says, by chapter."""
    folder = root / "tests/book/recorded"
    found = {
        path.relative_to(folder).with_suffix("").as_posix(): json.loads(
            path.read_text(encoding="utf-8")
        )
        for path in folder.rglob("*.json")
    }
    assert sorted(records) == sorted(found), (
        "run 'nox -s record' and read the diff"
    )
    return found


def test_outputs_are_the_recorded_ones(recorded, records, tell):
    different, outputs = [], 0
    for name, record in recorded.items():
        cells = records[name]["cells"]
        lines = [cell["code"] for cell in cells]
        assert lines == [cell["code"] for cell in record["cells"]], (
            f"the cells of {name} have changed: run 'nox -s record'"
        )
        pairs = zip(cells, record["cells"], strict=True)
        for number, pair in enumerate(pairs, start=1):
            now, before = (
                ["\n".join(lines) for lines in cell["outputs"]] for cell in pair
            )
            outputs += len(now)
            if len(now) != len(before) or not all(
                same(old.rstrip("\n"), new.rstrip("\n"), TOLERANCE)
                for old, new in zip(before, now, strict=True)
            ):
                different.append(
                    f"{name}, cell {number}\n  recorded: {before}\n"
                    f"  now:      {now}"
                )
    tell(f"{outputs} text outputs compared with the record")
    assert outputs
    assert not different, "\n".join(different)


def test_values_in_the_prose_are_the_recorded_ones(recorded, records):
    different, compared = [], 0
    for name, record in recorded.items():
        given = records[name]["values"]
        before = record["values"]
        assert [pair[0] for pair in given] == [pair[0] for pair in before], (
            f"the values that {name} quotes have changed: run 'nox -s record'"
        )
        compared += len(given)
        different += [
            f"{name}, {{run}}`{old[0]}`: recorded {old[1]}, now {new[1]}"
            for old, new in zip(before, given, strict=True)
            if not same(old[1], new[1], TOLERANCE)
        ]
    assert compared
    assert not different, "\n".join(different)


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
        ("tensor([5, 7, 9])", "[5, 7, 9]", False),
        ("[1.,  2.]", "[1., 2.]", True),
        ("1.5e-08", "2.5e-08", True),
        ("nan", "nan", True),
        ("nan", "1.0", False),
        ("inf", "1e308", False),
        ("x = 1", "x = 1 1", False),
        ("step 3", "stop 3", False),
    ],
)
def test_outputs_are_compared_as_stated(before, now, equal):
    assert same(before, now, TOLERANCE) is equal
