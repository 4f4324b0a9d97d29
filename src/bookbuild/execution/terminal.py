"""Text as a terminal shows it: lines written over, colours, no bells."""

import re
from itertools import groupby

# A command with its numbers and its letter, another one, or a character.
TOKEN = re.compile(
    r"\x1b\[([0-?]*)[ -/]*([@-~])|\x1b\].*?(?:\x07|\x1b\\)|\x1b.?|.", re.DOTALL
)
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ufffe\uffff]")
MOVES = {"A": (-1, 0), "B": (1, 0), "C": (0, 1), "D": (0, -1)}
Style = tuple[str, str, str]  # the numbers for weight, ink and paper
PLAIN = ("", "", "")


def shown(text: str) -> str:
    """Return what a terminal shows of a text.

    Styles remain as commands, in the eight basic colours, and end with their
    lines; all other commands and control characters have been followed.
    """
    if not CONTROL.search(text):
        return text
    rows: list[list[tuple[str, Style]]] = [[]]
    row, column, style = 0, 0, PLAIN
    for found in TOKEN.finditer(text):
        char, numbers, letter = found[0], *found.groups("")
        count = int(numbers) if numbers.isdigit() else 1
        if letter == "m":
            style = _changed(style, numbers)
        elif letter == "K":  # of the line, what is ahead, or all
            rows[row][0 if numbers.strip("0") else column :] = []
        elif letter in MOVES:
            row = max(row + MOVES[letter][0] * count, 0)
            column = max(column + MOVES[letter][1] * count, 0)
        elif char in "\r\n\b":
            row += char == "\n"
            column = max(column - 1, 0) if char == "\b" else 0
        elif not CONTROL.match(char):
            blank = column - len(rows[row])
            rows[row] += [(" ", PLAIN)] * blank
            rows[row][column : column + 1] = [(char, style)]
            column += 1
        rows += [[] for _ in range(row + 1 - len(rows))]
    return "\n".join(map(_line, rows))


def _line(row: list[tuple[str, Style]]) -> str:
    """Return a line, with commands around what has a style."""
    parts = []
    for style, cells in groupby(row, lambda cell: cell[1]):
        text = "".join(one for one, _ in cells)
        codes = ";".join(filter(None, style))
        parts.append(f"\x1b[{codes}m{text}\x1b[0m" if codes else text)
    return "".join(parts)


def _changed(style: Style, numbers: str) -> Style:
    """Return a style after a command with these numbers."""
    weight, ink, paper = style
    values = [int(n) if n.isdigit() else 0 for n in re.split("[;:]", numbers)]
    while values:
        value = values.pop(0)
        if value in {38, 48}:  # one of many colours
            end = 4 if values[:1] == [2] else 2
            value += _basic(values[1:end]) - 8
            values = values[end:]
        tens, ones = divmod(value, 10)
        if value == 0:
            weight, ink, paper = PLAIN
        elif value in {1, 2, 22}:
            weight = str(value).removeprefix("22")
        elif tens in {3, 9}:
            ink = f"3{ones}".replace("39", "")  # 39 is no colour, as is 49
        elif tens in {4, 10}:
            paper = f"4{ones}".replace("49", "")
    return weight, ink, paper


def _basic(colour: list[int]) -> int:
    """Return the basic colour that is most like one of 256, or like a mixture.

    The mixture is of red, green and blue, up to 255 each.
    """
    if len(colour) == 1:
        if colour[0] < 16:  # noqa: PLR2004 (they are the basic ones, twice)
            return colour[0] % 8
        colour = [(colour[0] - 16) // n % 6 * 51 for n in (36, 6, 1)]
    return sum((part > 127) << bit for bit, part in enumerate(colour))  # noqa: PLR2004 (half of 255)
