"""Code has few kinds of tokens, and no more elements than it needs."""

import re
from html import unescape

import pytest
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_by_name

from bookbuild.pages.code_colours import FewKinds

CODE = '''\
import torch


@torch.no_grad()
def twice(x: float) -> float:
    """Return twice x."""
    return 2 * x if x is not None else f"{x:.3f}"  # a remark
'''
ERROR = 'Traceback (most recent call last):\n  File "a.py", line 1\nOops: no\n'


def marked(code, language="python"):
    lexer = get_lexer_by_name(language, filters=[FewKinds()])
    return unescape(highlight(code, lexer, HtmlFormatter()))


def test_nothing_of_the_code_is_lost():
    assert re.sub("<[^>]*>", "", marked(CODE)).strip() == CODE.strip()


@pytest.mark.parametrize(
    ("kind", "word", "language", "code"),
    [
        *(("k", word, "python", CODE) for word in ("import", "def", "is")),
        *(("m", word, "python", CODE) for word in ("2", "None")),
        ("nf", "twice", "python", CODE),
        ("s", '"""Return twice x."""', "python", CODE),
        ("c", "# a remark", "python", CODE),
        ("gp", ">>> ", "pycon", ">>> 1 + 1\n2\n"),
        ("gr", "Oops", "pytb", ERROR),
        ("err", "?", "python", "a ? b\n"),
    ],
)
def test_words_have_their_kinds(kind, word, language, code):
    assert f'<span class="{kind}">{word}</span>' in marked(code, language)


@pytest.mark.parametrize("word", ["torch", "(", ":", "->", "*", "float"])
def test_what_has_no_colour_has_no_element(word):
    assert f'">{word}<' not in marked(CODE)


def test_settings_are_the_same_in_each_build():
    assert FewKinds() == FewKinds()
    assert str(FewKinds()) == str(FewKinds())
