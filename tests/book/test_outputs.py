"""Every text output of every cell is what the record says it was.

Numbers may differ by one part in a thousand, because another processor or
another build of a library rounds differently; everything else must be equal.
``nox -s record`` writes the record anew.
"""

import json

import pytest

from bookbuild.pages import verified as record

TOLERANCE = 1e-3


def _chapters(root):
    return {
        path.relative_to(root / "tests/book/recorded")
        .with_suffix("")
        .as_posix(): json.loads(path.read_text(encoding="utf-8"))
        for path in (root / "tests/book/recorded").rglob("*.json")
    }


def test_every_chapter_that_runs_is_recorded(root, runs):
    assert sorted(runs) == sorted(_chapters(root)), (
        "run 'nox -s record' and read the diff"
    )


def test_outputs_are_the_recorded_ones(root, runs):
    different = []
    cells = outputs = 0
    for name, recorded in _chapters(root).items():
        chapter, run = runs[name]
        given = record.text_outputs(run)
        first_lines = [c.source.splitlines()[0] for c in chapter.code_cells]
        cells_recorded = recorded["cells"]
        assert first_lines == [cell["code"] for cell in cells_recorded], (
            f"the cells of {name} have changed: run 'nox -s record'"
        )
        for number, (now, cell) in enumerate(
            zip(given, cells_recorded, strict=True), start=1
        ):
            before = ["\n".join(lines) for lines in cell["outputs"]]
            cells += 1
            outputs += len(now)
            if len(now) != len(before) or not all(
                record.same(a, b.rstrip("\n"), TOLERANCE)
                for a, b in zip(before, now, strict=True)
            ):
                different.append(
                    f"{name}, cell {number}\n  recorded: {before}\n"
                    f"  now:      {now}"
                )
    print(f"{outputs} text outputs of {cells} cells compared")
    assert cells > 0
    assert not different, "\n".join(different)


def test_values_in_the_prose_are_the_recorded_ones(root, runs):
    different, compared = [], 0
    for name, recorded in _chapters(root).items():
        given = record.prose_values(runs[name][1])
        before = recorded["values"]
        assert [pair[0] for pair in given] == [pair[0] for pair in before], (
            f"the values that {name} quotes have changed: run 'nox -s record'"
        )
        compared += len(given)
        different += [
            f"{name}, {{run}}`{old[0]}`: recorded {old[1]}, now {new[1]}"
            for old, new in zip(before, given, strict=True)
            if not record.same(old[1], new[1], TOLERANCE)
        ]
    print(f"{compared} values compared")
    assert compared > 0
    assert not different, "\n".join(different)


def test_the_record_counts_what_there_is(root, runs):
    verified = json.loads(
        (root / "book/_config/verified.json").read_text(encoding="utf-8")
    )
    counted = {
        name: chapter["cells"] for name, chapter in verified["chapters"].items()
    }
    assert counted == {
        name: len(run.outputs) for name, (_, run) in runs.items()
    }


@pytest.mark.parametrize(
    ("recorded", "given", "equal"),
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
def test_outputs_are_compared_as_stated(recorded, given, equal):
    assert record.same(recorded, given, TOLERANCE) is equal
