"""Take any block away, and it works; take away any part, and it does not.

Each program runs in an environment that has only torch, numpy and
matplotlib, in an empty folder, in a fork of an interpreter that has imported
these and run nothing.
A program gives what it prints, the error it ends with, and how its figures
look.
"""

import ast
import builtins
import codeop
import dis
import os
from dataclasses import dataclass

import pytest

from bookbuild.execution.executed_chapters import noted
from bookbuild.execution.record import texts
from bookbuild.execution.watcher import global_names
from bookbuild.programs.block_programs import Block
from bookbuild.programs.comparison import same

# The share of the earlier blocks in programs that must be needed there.
MINIMAL = 0.96
# Every so many of them are left out; all, where time does not matter.
EACH = 1 if "HISTORIES" in os.environ else 3
PRINTED_EARLIER = "import contextlib\nimport io"  # belongs to no block


@dataclass
class Trial:
    """A block, and what its program gave."""

    name: str
    block: Block
    given: dict

    @property
    def shown(self):
        """The text that the page shows under the block."""
        return "\n".join(texts(self.block.outputs))

    @property
    def figures(self):
        """How many figures the page shows under the block."""
        kinds = (kind for o in self.block.outputs for kind in o.get("data", {}))
        return sum(kind.startswith("image/") for kind in kinds)

    def without(self):
        """Return the program without each of the earlier blocks it holds."""
        *earlier, own = ["\n".join(part) for part in self.block.code]
        return {
            part: "\n\n".join(
                [self.block.head, *(p for p in earlier if p is not part), own]
            )
            for part in earlier
            if part.strip() != PRINTED_EARLIER
        }


def _text(result):
    return result["out"] + result["error"]


def _bound(code):
    """Return the global names that code binds, with its inner code."""
    inner = [c for c in code.co_consts if hasattr(c, "co_consts")]
    return {
        step.argval
        for step in dis.get_instructions(code)
        if step.opname in {"STORE_NAME", "STORE_GLOBAL"}
    }.union(*map(_bound, inner))


def _missing(program):
    """Return the names that a program looks up and nothing binds."""
    try:
        code = compile(program, "a program", "exec")
    except SyntaxError:  # on purpose
        return set()
    return global_names(code) - _bound(code) - vars(builtins).keys()


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


@pytest.fixture(scope="session")
def tried(programs, run_bare):
    """Every block, its program run."""
    blocks = [
        (f"{name}, block {block.number}", block)
        for name, page in programs.items()
        for block in page.blocks
    ]
    results = run_bare("programs", [block.program for _, block in blocks])
    pairs = zip(blocks, results, strict=True)
    return [Trial(*block, result) for block, result in pairs]


def test_every_block_runs_on_its_own(tried, tell):
    wrong = [
        f"{t.name}\nshown:\n{t.shown}\ngiven:\n{_text(t.given)}"
        for t in tried
        if not same(t.shown, _text(t.given))
    ]
    right = len(tried) - len(wrong)
    tell(f"programs: {right} of {len(tried)} give what the page shows")
    assert not wrong, "\n\n".join(wrong)


def test_a_function_that_is_taken_away_can_be_called(tried):
    missing = {t.name: _missing(t.block.program) for t in tried}
    assert not {name: names for name, names in missing.items() if names}


def test_every_figure_is_shown_and_stderr_holds_errors_only(tried):
    for t in tried:
        assert len(t.given["figures"]) >= t.figures, t.name
        assert not t.figures or "plt.show()" in t.block.program, t.name
        assert t.given["error"] or not t.given["err"], t.name
    assert any(t.figures for t in tried)


def test_a_program_with_a_turned_number_gives_what_its_slider_shows(
    environment, run_bare, tell
):
    runs = [
        (f"{name}, block {each.block.number}, {setting}", each, setting)
        for name, blocks in noted(environment, "book_turns").items()
        for each in blocks
        for setting in each.turn.settings
    ]
    given = run_bare("turned", [each.program(s) for _, each, s in runs])
    wrong = []
    for (place, each, setting), got in zip(runs, given, strict=True):
        outcome = each.outcomes[setting]
        figures = len(outcome.pictures), len(got["figures"])
        if not same(outcome.text, _text(got)) or figures[0] > figures[1]:
            wrong.append(f"{place}\nshown:\n{outcome.text}\n{_text(got)}")
    tell(f"programs with turned numbers: {len(runs)}")
    assert runs
    assert not wrong, "\n\n".join(wrong)


def test_every_program_can_be_typed_into_the_repl(tried):
    """What is typed is what a file would run: line by line, the same code."""
    for trial in tried:
        text = trial.block.program
        try:
            whole = ast.parse(text)
        except SyntaxError:  # on purpose
            with pytest.raises(SyntaxError):
                _typed(text)
            continue
        typed = ast.Module(_typed(text), whole.type_ignores)
        assert ast.dump(typed) == ast.dump(whole), trial.name


def test_no_program_holds_more_than_it_needs(tried, run_bare, tell):
    less = [(t, *part) for t in tried for part in t.without().items()]
    # Like parts stand together, so that a sample has its share of each kind.
    less = sorted(less, key=lambda trial_and_part: trial_and_part[1])[::EACH]
    results = run_bare("parts", [text for _, _, text in less])
    idle = [
        f"  {trial.name}: {part.strip().splitlines()[0]}"
        for (trial, part, text), result in zip(less, results, strict=True)
        if trial.given["figures"] == result["figures"]
        and not _missing(text)
        and same(_text(trial.given), _text(result))
    ]
    share = 1 - len(idle) / len(less)
    tell(
        f"programs: {share:.1%} of {len(less)} included earlier blocks are "
        f"needed; not needed are those that begin with"
    )
    for line in idle:
        tell(line)
    assert share >= MINIMAL
