"""Code has a few kinds of words, and no more elements than it needs."""

from html import unescape

import pytest
from pygments import highlight
from pygments.lexers import get_lexer_by_name

from bookbuild.highlight import Formatter

CODE = '''\
import torch


@torch.no_grad()
def twice(x: float) -> float:
    """Return twice x."""
    return 2 * x if x is not None else f"{x:.3f}"  # a remark
'''


def marked(code, language="python"):
    return highlight(code, get_lexer_by_name(language), Formatter())


def test_nothing_of_the_code_is_lost():
    text = marked(CODE)
    for tag in ("div", "pre", "span"):
        text = text.replace(f"</{tag}>", "")
    while "<" in text:
        before, _, rest = text.partition("<")
        text = before + rest.partition(">")[2]
    assert unescape(text).strip() == CODE.strip()


@pytest.mark.parametrize(
    ("kind", "word"),
    [
        ("k", "import"),
        ("k", "def"),
        ("k", "is"),
        ("m", "2"),
        ("m", "None"),
        ("nf", "twice"),
        ("s", '"""Return twice x."""'),
        ("c", "# a remark"),
    ],
)
def test_words_have_their_kinds(kind, word):
    assert f'<span class="{kind}">{word}</span>' in marked(CODE)


@pytest.mark.parametrize("word", ["torch", "(", ":", "-&gt;", "*", "float"])
def test_what_has_no_colour_has_no_element(word):
    assert f">{word}<" not in marked(CODE)


def test_neighbours_of_one_kind_share_an_element():
    assert marked("x is not y\n").count("<span") <= 3
    assert marked("f(x, y)[0:n] + z\n").count('<span class="') == 1  # the 0


def test_prompts_are_apart_so_that_nobody_selects_them():
    text = marked(">>> 1 + 1\n2\n", "pycon")
    assert '<span class="gp">&gt;&gt;&gt; </span>' in text


def test_errors_are_told_from_the_rest():
    text = marked(
        "Traceback (most recent call last):\n"
        '  File "a.py", line 1, in <module>\n'
        "    1 / 0\n"
        "ZeroDivisionError: division by zero\n",
        "pytb",
    )
    assert '<span class="gr">ZeroDivisionError</span>' in text
