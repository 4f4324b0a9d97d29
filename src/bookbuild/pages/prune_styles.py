"""Cut style sheets down to the rules that the site's pages can match.

A rule stays if each compound of one of its selectors (such as ``p.lead``)
matches an element of some page, or an element as a script may change it: any
element may get each word of a script's strings as its class, id or attribute.
Custom properties that nothing uses go, too: 3.8 KiB less on each first visit.

tinycss2 parses the style sheets.
"""

import re
from collections.abc import Iterable, Iterator
from itertools import groupby

import rcssmin
import tinycss2
from lxml.html import HtmlElement
from tinycss2.ast import Node

ANY_OF = {"is", "where", "has", "-webkit-any", "-moz-any"}
COMBINATORS = {">", "+", "~"}
CONDITIONS = {"media", "supports", "layer", "container"}
WORD = re.compile(r"[\w-]+")
VARIABLE = re.compile(r"var\(\s*(--[\w-]+)")
# What scripts name: in strings, and data-some-name as ``dataset.someName``.
STRING = re.compile(r"""(["'`])((?:\\.|(?!\1).)*)\1""", re.DOTALL)
DATASET = re.compile(r"\.dataset\.(\w+)")
SKIP = {"skip_comments": True, "skip_whitespace": True}


class Seen:
    """The elements of the pages, and the words of the scripts.

    An element is the set of all that a selector can ask of it: its tag,
    ``.class``, ``#id`` and ``[attribute``.
    """

    def __init__(
        self, pages: Iterable[HtmlElement], scripts: Iterable[str], css: str
    ) -> None:
        """Collect them.

        Args:
            pages: The root of each page.
            scripts: The code of each script.
            css: All style sheets. Names that do not stand in them are left
                out, so that a new id on a page changes nothing here.
        """
        known = {*WORD.findall(css), *WORD.findall(css.lower())}
        found = {
            (element.tag, *element.attrib.items())
            for page in pages
            for element in page.iter("*")
        }
        self.elements = {_traits(known, *element) for element in found}
        self.words = {"open", "hidden"}  # a browser changes these by itself
        for code in scripts:
            for _quote, string in STRING.findall(code):
                self.words.update(WORD.findall(string))
            for name in DATASET.findall(code):
                dashed = re.sub("([A-Z])", r"-\1", name).lower()
                self.words.add(f"data-{dashed}")
        self.words &= known
        self._answers: dict[frozenset[str], bool] = {}

    def has(self, tag: str, traits: set[str]) -> bool:
        """Return whether an element has, or may come to have, these traits."""
        wanted = {trait for trait in traits if trait[1:] not in self.words}
        if tag and not (tag in self.words and not wanted):
            wanted.add(tag)
        key = frozenset(wanted)
        if key not in self._answers:
            self._answers[key] = any(key <= found for found in self.elements)
        return self._answers[key]

    def __str__(self) -> str:
        """Return a text that is the same for the same elements and words."""
        return repr((sorted(map(sorted, self.elements)), sorted(self.words)))


def _traits(
    known: set[str], tag: str, *attributes: tuple[str, str]
) -> frozenset[str]:
    """Return the traits of an element that a style sheet knows."""
    traits = [tag, *(f"[{name}" for name, _value in attributes)]
    for name, value in attributes:
        if sign := {"class": ".", "id": "#"}.get(name):
            traits += [f"{sign}{word}" for word in value.split()]
    return frozenset(
        trait
        for trait in traits
        # A style sheet may write a digit at the beginning as "\31".
        if trait[1:2].isdigit() or known.issuperset(WORD.findall(trait))
    )


def prune(css: str, seen: Seen, families: set[str]) -> str:
    """Return a style sheet without what has no effect, minified.

    Args:
        css: The style sheet.
        seen: What selectors can match.
        families: The fonts to keep.

    Raises:
        ValueError: The style sheet is broken.
    """
    before = ""
    while css != before:  # what only a dropped rule has used goes next time
        before = css
        used = {*VARIABLE.findall(css), *seen.words}
        rules = tinycss2.parse_stylesheet(css, **SKIP)
        css = "".join(_kept(rules, seen, used, families))
    return rcssmin.cssmin(css)


def _kept(
    nodes: Iterable[Node], seen: Seen, used: set[str], families: set[str]
) -> Iterator[str]:
    """Yield the rules that may have an effect."""
    for node in nodes:
        if node.type == "error":
            raise ValueError(f"line {node.source_line}: {node.message}")
        if node.type == "qualified-rule":
            selectors = [
                tinycss2.serialize(selector).strip()
                for selector in _split(node.prelude)
                if _can_match(selector, seen)
            ]
            body = _used_declarations(node, used) if selectors else ""
            yield f"{','.join(selectors)}{{{body}}}\n" if body else ""
        elif node.lower_at_keyword in CONDITIONS and node.content is not None:
            inside = tinycss2.parse_rule_list(node.content, **SKIP)
            body = "".join(_kept(inside, seen, used, families))
            head = f"@{node.at_keyword}{tinycss2.serialize(node.prelude)}"
            yield f"{head}{{{body}}}\n" if body else ""
        elif node.lower_at_keyword == "font-face":
            text = node.serialize()
            yield text if any(name in text for name in families) else ""
        elif node.lower_at_keyword != "charset":  # the result is UTF-8
            yield node.serialize()


def _used_declarations(rule: Node, used: set[str]) -> str:
    return ";".join(
        item.serialize()
        for item in tinycss2.parse_blocks_contents(rule.content, **SKIP)
        if item.type != "declaration"  # a nested rule
        or item.name in used
        or not item.name.startswith("--")
    )


def _split(tokens: list[Node]) -> list[list[Node]]:
    """Split a list of selectors at its commas."""
    return [
        list(part)
        for is_comma, part in groupby(tokens, lambda node: node == ",")
        if not is_comma
    ]


def _can_match(selector: list[Node], seen: Seen) -> bool:
    """Return whether each compound of a selector can match some element."""
    compounds = groupby(
        (token for token in selector if token.type != "comment"),
        lambda token: (
            token.type == "whitespace"
            or (token.type == "literal" and token.value in COMBINATORS)
        ),
    )
    return all(
        _compound_can_match(tokens, seen)
        for is_between, tokens in compounds
        if not is_between
    )


def _compound_can_match(tokens: Iterable[Node], seen: Seen) -> bool:
    tag, traits, before = "", set(), ""
    for token in tokens:
        if token.type == "ident" and before == ".":
            traits.add(f".{token.value}")
        elif token.type == "ident" and before == "":
            tag = token.lower_value
        elif token.type == "hash":
            traits.add(f"#{token.value}")
        elif token.type == "[] block":
            name = next(t for t in token.content if t.type == "ident")
            traits.add(f"[{name.lower_value}")
        elif (
            token.type == "function"
            and token.lower_name in ANY_OF
            and not any(_can_match(s, seen) for s in _split(token.arguments))
        ):
            return False
        before = token.value if token.type == "literal" else " "
    return seen.has(tag, traits)
