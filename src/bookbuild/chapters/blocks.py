"""The blocks of a chapter's text, as MyST's own parser sees them.

Only the parser knows what is code, what is a quotation and what is inside
what.  It does not read the content of a directive; this module does.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from myst_parser.config.main import MdParserConfig
from myst_parser.parsers.mdit import create_md_parser

# Those of conf.py that change where a block begins or ends.
SYNTAX = MdParserConfig(
    enable_extensions={"colon_fence", "deflist", "dollarmath"}
)
DIRECTIVE = re.compile(r"\{([^}]+)\}\s*(\S*)")
# Directives whose content is not Markdown.
LITERAL = {
    *{"code", "code-block", "code-cell", "sourcecode", "parsed-literal"},
    *{"doctest", "testcleanup", "testcode", "testoutput", "testsetup"},
    *{"eval-rst", "highlight", "literalinclude", "raw", "raw-cell", "toctree"},
}
KINDS = {
    "html_block": "html",
    "inline": "text",
    "math_block": "math",
    "math_block_label": "math",
    "thead_open": "head",
    "tr_open": "row",
}


@dataclass(frozen=True)
class TextBlock:
    """A range of lines that are read in one way.

    Attributes:
        kind: ``text`` that is parsed as Markdown, ``math``, ``html``,
            ``options`` of a directive, ``head`` or ``row`` of a table, or a
            ``fence`` or ``colon_fence`` with all that it holds.
        first: Its first line, counted from 0.
        end: The line after its last.
        info: What a fence's first line says after the marker.
        nested: Whether it is inside a list, a quotation or a directive.
        closed: Whether a fence has its second marker.
    """

    kind: str
    first: int
    end: int
    info: str = ""
    nested: bool = False
    closed: bool = True

    @property
    def directive(self) -> tuple[str, str]:
        """The name of a fence's directive and its first argument, or ""."""
        found = DIRECTIVE.match(self.info.strip())
        return found.groups() if found else ("", "")


@lru_cache(maxsize=8)
def blocks(text: str) -> list[TextBlock]:
    """Return the blocks of a text; those inside another come after it."""
    return [*dict.fromkeys(_blocks(text, 0, nested=False))]


def _blocks(text: str, offset: int, *, nested: bool) -> Iterator[TextBlock]:
    for token in _parser().parse(text + "\n"):
        if token.map is None:
            continue
        first, end = (offset + line for line in token.map)
        if token.type in KINDS:
            # The term of a definition has an empty range (markdown-it 4).
            yield TextBlock(KINDS[token.type], first, max(end, first + 1))
        elif token.type in {"fence", "colon_fence"}:
            inside = nested or token.level > 0
            closed = end - first == token.content.count("\n") + 2
            fence = TextBlock(
                token.type, first, end, token.info, inside, closed
            )
            yield fence
            if fence.directive[0] and fence.directive[0] not in LITERAL:
                yield from _directive(fence, token.content.split("\n"))


def _directive(fence: TextBlock, lines: list[str]) -> Iterator[TextBlock]:
    """Return the blocks inside a directive."""
    kind = "math" if fence.directive[0] == "math" else "text"
    body = fence.first + 1
    yield TextBlock(kind, fence.first, body)
    count = count_options(lines)
    for line in range(count):
        is_caption = lines[line].lstrip().startswith(":caption:")
        yield TextBlock(
            "text" if is_caption else "options", body + line, body + line + 1
        )
    if kind == "math":
        yield TextBlock("math", body + count, fence.end - fence.closed)
    else:
        rest = "\n".join([*[""] * count, *lines[count:]])
        yield from _blocks(rest, body, nested=True)


def count_options(lines: list[str]) -> int:
    """Return how many lines of a directive's content are options."""
    if lines[:1] and lines[0].startswith("---"):
        ends = (i for i, line in enumerate(lines) if line.startswith("---"))
        next(ends)
        return next(ends, len(lines) - 1) + 1
    count = 0
    while count < len(lines) and re.match(r"\s*:(?!::)", lines[count]):
        count += 1
    return count


@cache
def _parser() -> MarkdownIt:
    """Return MyST's parser of blocks; it leaves the text in them as it is."""
    config = SYNTAX.copy(disable_syntax=["inline"])
    return create_md_parser(config, RendererHTML)
