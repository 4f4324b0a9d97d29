"""Code in a few colours of the book's own.

Pygments marks each word and each bracket with one of some eighty classes; most
look like plain text, and a chapter has thousands of them.
Here a block keeps the few kinds that ``code.css`` gives a colour, and the rest
is text: smaller pages, and fewer elements for browsers to lay out.

Code in a sentence is of words that must not break. Sphinx puts each of them in
a box; here only those have one that a browser could break.
"""

import re
from collections.abc import Iterable
from functools import cache
from html import unescape
from typing import IO

from docutils import nodes
from pygments.formatters import HtmlFormatter
from pygments.token import (
    Comment,
    Generic,
    Keyword,
    Name,
    Number,
    Operator,
    String,
    Text,
    _TokenType,
)
from sphinx.application import Sphinx
from sphinx.highlighting import PygmentsBridge
from sphinx.writers.html5 import HTML5Translator

KINDS = {  # what stands for a kind, by what it stands for
    Keyword.Constant: Number,  # True, None: values, like 1
    Keyword: Keyword,
    Operator.Word: Keyword,  # in, not, and
    String: String,
    Number: Number,
    Comment: Comment,
    Name.Function: Name.Function,  # where it is defined
    Name.Class: Name.Function,
    Generic.Prompt: Generic.Prompt,  # not to be selected
    Generic.Traceback: Generic.Error,
    Generic.Error: Generic.Error,
}
BOX = re.compile(r'<span class="pre">(.*)</span>')
# What lines may break after: all but letters, digits and the signs of which
# Unicode's rules for line breaks allow no such thing. They also allow it
# between two pairs of brackets.
MAY_BREAK = re.compile(r"""[^\w.,:=+*'"()\[\]@<>~]|[)\]][(\[]""")
PLAIN = "pygments.css"  # the theme's colours for all classes


@cache
def kind(token: _TokenType) -> _TokenType:
    """Return the kind that a token of Pygments is of; ``Text`` for most."""
    return next((made for found, made in KINDS.items() if token in found), Text)


class Formatter(HtmlFormatter):
    """Writes each token as its kind."""

    def format_unencoded(
        self, tokensource: Iterable[tuple[_TokenType, str]], outfile: IO[str]
    ) -> None:
        """Write a block of code."""
        kinds = ((kind(token), value) for token, value in tokensource)
        super().format_unencoded(kinds, outfile)


def visit_text(writer: HTML5Translator, node: nodes.Text) -> None:
    """Write a text, its words in boxes only where they could break."""
    begun = len(writer.body)
    type(writer).visit_Text(writer, node)
    if writer.protect_literal_text:
        writer.body[begun:] = [
            BOX.sub(_without_needless_box, piece)
            for piece in writer.body[begun:]
        ]


def _without_needless_box(box: re.Match) -> str:
    return box[0 if MAY_BREAK.search(unescape(box[1])) else 1]


def without_theme_colours(
    _app: Sphinx, _page: str, _template: str, context: dict, _tree: object
) -> None:
    """Load no style sheet for classes that no page has."""
    context["css_files"] = [
        sheet
        for sheet in context["css_files"]
        if not str(sheet.filename).endswith(PLAIN)
    ]


def setup(app: Sphinx) -> dict[str, bool]:
    """Have Sphinx highlight with our formatter."""
    PygmentsBridge.html_formatter = Formatter
    text = visit_text, HTML5Translator.depart_Text
    app.add_node(nodes.Text, override=True, html=text)
    app.connect("html-page-context", without_theme_colours, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
