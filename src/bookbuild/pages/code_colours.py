"""Highlight code with the few kinds of tokens that ``code.css`` colours.

Pygments tells some eighty kinds of tokens apart and puts each token into an
element. Most look like plain text, and a chapter has thousands of them: with
all, the longest chapters have twice the elements and weigh 6 KiB more.

Sphinx hands ``highlight_options`` to the lexers of Pygments, which take filters
(https://pygments.org/docs/filters).
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from pygments import token as t
from pygments.filter import Filter
from pygments.lexer import Lexer
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
# By the old kind, which includes its subtypes, the new one; the first counts.
KINDS = {
    t.Keyword.Constant: t.Number,  # True and None are values, as 1 is
    t.Keyword: t.Keyword,
    t.Operator.Word: t.Keyword,  # in, not, and
    t.String: t.String,
    t.Number: t.Number,
    t.Comment: t.Comment,
    t.Name.Function: t.Name.Function,  # where it is defined
    t.Name.Class: t.Name.Function,
    t.Generic.Prompt: t.Generic.Prompt,
    t.Generic.Traceback: t.Generic.Error,
    t.Generic.Error: t.Generic.Error,
    t.Error: t.Error,  # Sphinx warns of it
}


@dataclass  # equal each time, or Sphinx would take the settings for changed
class FewKinds(Filter):
    """Replaces each token's kind by one of the few, or by plain text."""

    def filter(self, _lexer: Lexer, stream: Iterable) -> Iterator:
        """Yield the tokens with their new kinds."""
        for token, text in stream:
            kinds = (new for old, new in KINDS.items() if token in old)
            yield next(kinds, t.Text), text


def add_filter(_app: Sphinx, config: Config) -> None:
    """Have the lexers of all languages of the book use the filter."""
    options = {"filters": [FewKinds()]}
    config.highlight_options = dict.fromkeys(LANGUAGES, options)


def setup(app: Sphinx) -> dict[str, bool]:
    """Set the lexers' options."""
    app.connect("config-inited", add_filter)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
