"""How outputs are compared: with the record, and with those of programs."""

import math
import re

from bookbuild.execution.terminal import shown

NUMBER = re.compile(
    r"[-+]?(?:\d+\.\d*|\.\d+|\d+)(?:[eE][-+]?\d+)?|\b(?:nan|inf)\b"
)


def same(recorded: str, given: str, rtol: float = 1e-3) -> bool:
    """Return whether two outputs agree, numbers to a relative tolerance.

    Everything between the numbers that a terminal shows must be equal but for
    white space, which moves when a number gains a digit.
    Numbers below 1e-6 in size count as equal: they are rounding noise.
    """

    def split(text: str) -> tuple[list[str], list[float]]:
        text = shown(text)
        between = [" ".join(part.split()) for part in NUMBER.split(text)]
        return between, [float(number) for number in NUMBER.findall(text)]

    words, numbers = split(recorded)
    other_words, other_numbers = split(given)
    if words != other_words:
        return False
    return all(
        math.isclose(a, b, rel_tol=rtol, abs_tol=1e-6)
        or (math.isnan(a) and math.isnan(b))
        for a, b in zip(numbers, other_numbers, strict=True)
    )
