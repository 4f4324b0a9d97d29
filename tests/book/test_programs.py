"""Take any block away, and it works; take away any part, and it does not.

Each program runs in an environment that has only torch, numpy and
matplotlib, in an empty folder, in a fork of an interpreter that has imported
these and run nothing.
"""

import json
import time
from dataclasses import dataclass, field

import pytest

from bookbuild import execute, programs, record

# What a program of less than this share of its parts would also print is
# listed when the check is run with -s.
MINIMAL = 0.95


@dataclass
class Trial:
    """A block's program, what it gave, and what it gave without a part."""

    name: str
    text: str
    recorded: str
    given: dict = field(default_factory=dict)
    without: dict[str, dict] = field(default_factory=dict)


def _what_it_gave(result):
    return result["out"] + result["error"]


@pytest.fixture(scope="session")
def trials(root, runs, run_bare):
    found, jobs = [], []
    for name, (chapter, run) in runs.items():
        execute.fill(chapter, run)
        recorded = json.loads(
            (root / f"tests/book/recorded/{name}.json").read_text("utf-8")
        )["cells"]
        builder = programs.Builder(
            chapter, programs.analyse(chapter), "Book", name, {}
        )
        places = [
            i
            for i, cell in enumerate(chapter.notebook.cells)
            if cell.cell_type == "code"
        ]
        page = builder.page()
        for cell, program in zip(page.cells, page.programs, strict=True):
            block = places.index(cell)
            texts = ["\n".join(t) for t in recorded[block]["outputs"]]
            trial = Trial(
                f"{name}, block {program.block}", program.text, "\n".join(texts)
            )
            found.append(trial)
            jobs.append((trial, None, program.text))
            homes = {}
            for chunk in program.earlier:
                number = builder.chunks[chunk].statements[0]
                home = builder.statements[number].block
                homes.setdefault(home, set()).add(chunk)
            for home, parts in homes.items():
                less = builder.program(block, 1, frozenset(parts)).text
                jobs.append((trial, f"block {home + 1}", less))
    begun = time.perf_counter()
    results = run_bare([text for _, _, text in jobs])
    seconds = time.perf_counter() - begun
    for (trial, part, _), result in zip(jobs, results, strict=True):
        if part is None:
            trial.given = result
        else:
            trial.without[part] = result
    print(f"\n{len(found)} blocks, {len(jobs)} programs ran in {seconds:.1f} s")
    return found


def test_every_block_runs_on_its_own(trials):
    wrong = [
        f"{t.name}\nrecorded:\n{t.recorded}\ngiven:\n{_what_it_gave(t.given)}"
        for t in trials
        if not record.same(t.recorded, _what_it_gave(t.given))
    ]
    right = len(trials) - len(wrong)
    print(f"\n{right} of {len(trials)} programs give what the page shows")
    assert trials
    assert not wrong, "\n\n".join(wrong)


def test_programs_write_to_stderr_only_what_they_raise(trials):
    loud = [
        f"{t.name}: {t.given['err']}"
        for t in trials
        if t.given["err"] and not t.given["error"]
    ]
    assert not loud, "\n".join(loud)


def test_no_program_holds_more_than_it_needs(trials):
    included = [
        (t, part, result) for t in trials for part, result in t.without.items()
    ]
    idle = [
        f"{t.name}: {part}"
        for t, part, result in included
        if record.same(_what_it_gave(t.given), _what_it_gave(result))
    ]
    share = 1 - len(idle) / len(included)
    print(
        f"\n{share:.1%} of {len(included)} included earlier blocks are needed;"
        f" in doubt and included: {'; '.join(idle) or 'none'}"
    )
    assert share >= MINIMAL
