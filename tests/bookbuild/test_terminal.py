"""Outputs are what a terminal shows."""

import pytest

from bookbuild.execution.terminal import shown
from bookbuild.programs.comparison import same

RED, PLAIN = "\x1b[31m", "\x1b[0m"
MIXED = "\x1b[2;31;44m"


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("one\ntwo\n", "one\ntwo\n"),
        ("0 %\r50 %\r100 %\r", "100 %"),
        ("100 %\rdone\r\nnext", "done%\nnext"),
        ("100 %\r\x1b[Kok\n", "ok\n"),
        ("abc\b\bX", "aXc"),
        ("\b\ba\x07\0b\uffff", "ab"),
        ("1\n2\n\x1b[2A\x1b[C+", "1+\n2\n"),
        ("\x1b]8;;http://x\x07link\x1b]8;;\x07\x1b[?25l", "link"),
        (f"{RED}re\nd{PLAIN}.", f"{RED}re{PLAIN}\n{RED}d{PLAIN}."),
        (f"{RED}abc\r{PLAIN}x", f"x{RED}bc{PLAIN}"),
        ("\x1b[1;4;92mb", f"\x1b[1;32mb{PLAIN}"),
        (
            "\x1b[38;5;196ma\x1b[48;2;0;0;255;2mb",
            f"{RED}a{PLAIN}{MIXED}b{PLAIN}",
        ),
    ],
)
def test_text_is_as_a_terminal_shows_it(text, seen):
    assert shown(text) == shown(seen) == seen
    assert same(text, seen)
