"""Code in a few colours of the book's own.

Pygments marks each word and each bracket with one of some eighty classes; most
look like plain text, and a chapter has thousands of them.
Here a block keeps the few kinds that ``book.css`` gives a colour, and the rest
is text: smaller pages, and fewer elements for browsers to lay out.
"""

from collections.abc import Iterable
from functools import cache
from typing import IO

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
    app.connect("html-page-context", without_theme_colours, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
