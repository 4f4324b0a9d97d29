"""Code has a few kinds of words, and no more elements than it needs."""

from html import escape, unescape

import pytest
from docutils import nodes
from pygments import highlight
from pygments.lexers import get_lexer_by_name

from bookbuild.pages import highlight as own
from bookbuild.pages.highlight import Formatter

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


class Writer:
    """Writes a text of code as Sphinx does: a box around each word."""

    def __init__(self, protect=1):
        """Start with what is before the text."""
        self.body = ["<code>"]
        self.protect_literal_text = protect

    def visit_Text(self, node):  # noqa: N802 (Sphinx calls it so)
        """Write a text."""
        for word in escape(node.astext(), quote=False).split(" "):
            box = f'<span class="pre">{word}</span>'
            self.body += [box if self.protect_literal_text else word, " "]


@pytest.mark.parametrize(
    "code",
    ["torch.no_grad()", "x[0, 1]", "lambda x: x**2", "a = b @ c", "f'x'"],
)
def test_words_of_code_that_cannot_break_have_no_box(code):
    writer = Writer()
    own.visit_text(writer, nodes.Text(code))
    assert "<span" not in "".join(writer.body)


@pytest.mark.parametrize(
    "word",
    ["--version", "1e-8", "a/b", "f(x)(y)", "x()[0]", "{x}", "a?b", "a&b"],
)
def test_words_that_could_break_keep_it(word):
    writer = Writer()
    own.visit_text(writer, nodes.Text(f"plain {word}"))
    html = "".join(writer.body)
    assert f'plain <span class="pre">{escape(word)}</span>' in html


def test_text_that_is_no_code_stays_as_it_is():
    writer = Writer(protect=0)
    own.visit_text(writer, nodes.Text('says <span class="pre">x</span>'))
    assert 'class="pre"' in "".join(writer.body)
