"""Highlight code with the few kinds of tokens that ``book.css`` colours.

Pygments tells some eighty kinds of tokens apart and puts each token into an
element. Most look like plain text, and a chapter has thousands of them: with
all, the longest chapters have twice the elements, weigh 6 KiB more, and block
a phone for 40 ms or more while they load.

Sphinx hands ``highlight_options`` to the lexers of Pygments, which take filters
(https://pygments.org/docs/filters).
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from pygments.filter import Filter
from pygments.lexer import Lexer
from pygments.token import (
    Comment,
    Error,
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
from sphinx.config import Config

LANGUAGES = (
    "console",
    "default",  # examples with >>>
    "ipython3",
    "ipythontb",
    "pycon",
    "powershell",
    "python",
)
# The kind that stands for a token and all its subtypes; the first that fits.
KINDS = {
    Keyword.Constant: Number,  # True and None are values, as 1 is
    Keyword: Keyword,
    Operator.Word: Keyword,  # in, not, and
    String: String,
    Number: Number,
    Comment: Comment,
    Name.Function: Name.Function,  # where it is defined
    Name.Class: Name.Function,
    Generic.Prompt: Generic.Prompt,
    Generic.Traceback: Generic.Error,
    Generic.Error: Generic.Error,
    Error: Error,  # Sphinx warns of it
}


@dataclass  # equal each time, or Sphinx would take the settings for changed
class FewKinds(Filter):
    """Replaces each token's kind by one of the few, or by plain text."""

    def filter(
        self, _lexer: Lexer, stream: Iterable[tuple[_TokenType, str]]
    ) -> Iterator[tuple[_TokenType, str]]:
        """Yield the tokens with their new kinds."""
        for token, text in stream:
            kinds = (new for old, new in KINDS.items() if token in old)
            yield next(kinds, Text), text


def add_filter(_app: Sphinx, config: Config) -> None:
    """Have the lexers of all languages of the book use the filter."""
    options = {"filters": [FewKinds()]}
    config.highlight_options = dict.fromkeys(LANGUAGES, options)


def setup(app: Sphinx) -> dict[str, bool]:
    """Set the lexers' options."""
    app.connect("config-inited", add_filter)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
