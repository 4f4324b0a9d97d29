"""Take any block away, and it works; take away any part, and it does not.

Each program runs in an environment that has only torch, numpy and
matplotlib, in an empty folder, in a fork of an interpreter that has imported
these and run nothing.
What a program gives is what it prints, the error it ends with, and how its
figures look.
"""

import ast
import codeop
import json
import time
from dataclasses import dataclass, field

import pytest

from bookbuild.execution import execute, needs
from bookbuild.pages import verified as record
from bookbuild.programs import block_programs as programs

# The share of the earlier blocks in programs that must be needed there.
MINIMAL = 0.95
BUNDLE = 16  # programs without a part that share a process; most end at once


@dataclass
class Trial:
    """A block's program, what it gave, and what it gave without a part."""

    name: str
    text: str
    recorded: str
    builder: programs.Builder
    block: int
    figures: int  # how many the page shows under the block
    given: dict = field(default_factory=dict)
    without: dict[int, dict] = field(default_factory=dict)

    @property
    def parts(self) -> dict[int, set[int]]:
        """The earlier blocks that it holds, and the chunks of each."""
        found: dict[int, set[int]] = {}
        builder = self.builder
        for chunk in builder.needed(self.block):
            number = builder.chunks[chunk].statements[0]
            home = builder.statements[number].block
            found.setdefault(home, set()).add(chunk)
        return found

    def reason(self, home: int) -> str:
        """Return why it holds an earlier block."""
        statements = self.builder.statements
        own = [n for n, s in enumerate(statements) if s.block == self.block]
        for number in sorted(needs.closure(statements, own)):
            for other, why in statements[number].needs.items():
                if statements[other].block == home != statements[number].block:
                    code = ast.unparse(statements[other].node).splitlines()[0]
                    return f"'{code}' {why}"
        return "it undoes what another block has done"


def _text(result):
    return result["out"] + result["error"]


def _is_figure(output):
    return any(kind.startswith("image/") for kind in output.get("data", {}))


def _typed(text):
    """Return the statements that Python's REPL makes of lines typed into it."""
    statements, lines = [], []
    for line in text.splitlines():
        lines.append(line)
        code = "\n".join(lines)
        if codeop.compile_command(code, symbol="single"):  # not to be continued
            statements += ast.parse(code).body
            lines = []
    assert not lines, f"Python waits for more: {lines}"
    return statements


def _gives_the_same(one, other):
    return one["figures"] == other["figures"] and record.same(
        _text(one), _text(other)
    )


@pytest.fixture(scope="session")
def trials(root, runs):
    """The program of every block, not yet run."""
    found = []
    for name, (chapter, run) in runs.items():
        execute.fill(chapter, run)
        recorded = json.loads(
            (root / f"tests/book/recorded/{name}.json").read_text("utf-8")
        )["cells"]
        builder = programs.Builder(
            chapter, programs.analyse(chapter), "Book", name, {}
        )
        codes = [
            i
            for i, cell in enumerate(chapter.notebook.cells)
            if cell.cell_type == "code"
        ]
        page = builder.page()
        for cell, program in zip(page.cells, page.programs, strict=True):
            block = codes.index(cell)
            texts = ["\n".join(t) for t in recorded[block]["outputs"]]
            found.append(
                Trial(
                    f"{name}, block {program.block}",
                    program.text,
                    "\n".join(texts),
                    builder,
                    block,
                    sum(map(_is_figure, run.outputs[block])),
                )
            )
    return found


@pytest.fixture(scope="session")
def tried(trials, run_bare, tell):
    """The same, run, each whole."""
    begun = time.perf_counter()
    results = run_bare([trial.text for trial in trials])
    seconds = time.perf_counter() - begun
    for trial, result in zip(trials, results, strict=True):
        trial.given = result
    tell(f"programs: {len(trials)} ran in {seconds:.1f} s")
    return trials


@pytest.fixture(scope="session")
def tried_without(tried, run_bare, tell):
    """The same, run again without each of its parts."""
    less = [(trial, home) for trial in tried for home in trial.parts]
    texts = [
        trial.builder.program(trial.block, 1, frozenset(trial.parts[home])).text
        for trial, home in less
    ]
    begun = time.perf_counter()
    results = run_bare(texts, BUNDLE)
    seconds = time.perf_counter() - begun
    for (trial, home), result in zip(less, results, strict=True):
        trial.without[home] = result
    tell(f"programs: {len(less)} without a part ran in {seconds:.1f} s")
    return tried


def test_every_block_runs_on_its_own(tried, tell):
    wrong = [
        f"{t.name}\nrecorded:\n{t.recorded}\ngiven:\n{_text(t.given)}"
        for t in tried
        if not record.same(t.recorded, _text(t.given))
    ]
    right = len(tried) - len(wrong)
    tell(f"programs: {right} of {len(tried)} give what the page shows")
    assert tried
    assert not wrong, "\n\n".join(wrong)


def test_every_figure_is_shown(tried, tell):
    showing = [t for t in tried if t.figures]
    lacking = [
        t.name
        for t in showing
        if len(t.given["figures"]) < t.figures or "plt.show()" not in t.text
    ]
    tell(f"programs: {len(showing)} show a figure")
    assert showing
    assert not lacking


def test_every_program_can_be_typed_into_the_repl(trials):
    """What is typed is what a file would run: line by line, the same code."""
    for trial in trials:
        try:
            whole = ast.parse(trial.text)
        except SyntaxError:  # on purpose
            with pytest.raises(SyntaxError):
                _typed(trial.text)
            continue
        typed = ast.Module(_typed(trial.text), whole.type_ignores)
        assert ast.dump(typed) == ast.dump(whole), trial.name


def test_programs_write_to_stderr_only_what_they_raise(tried):
    loud = [
        f"{t.name}: {t.given['err']}"
        for t in tried
        if t.given["err"] and not t.given["error"]
    ]
    assert not loud, "\n".join(loud)


def test_no_program_holds_more_than_it_needs(tried_without, tell):
    included = [
        (trial, home, result)
        for trial in tried_without
        for home, result in trial.without.items()
    ]
    idle = [
        f"  {trial.name}, holds cell {home + 1}: {trial.reason(home)}"
        for trial, home, result in included
        if _gives_the_same(trial.given, result)
    ]
    share = 1 - len(idle) / len(included)
    tell(
        f"programs: {share:.1%} of {len(included)} included earlier blocks "
        f"are needed; {len(idle)} are not, and were in doubt:"
    )
    for line in idle:
        tell(line)
    assert share >= MINIMAL
