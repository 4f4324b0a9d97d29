"""Style sheets without the rules that no page of the site can match.

The parser is tinycss2's.
A rule stays if each part of one of its selectors can match an element of some
page, or an element as a script may make it: every word in a script's strings
counts as a class, a name or an attribute that may appear at any time.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from html.parser import HTMLParser
from itertools import groupby

import rcssmin
import tinycss2
from tinycss2.ast import Node

ANY_OF = {"is", "where", "has", "-webkit-any", "-moz-any"}
COMBINATORS = {">", "+", "~"}
NESTED = {"media", "supports", "layer", "container"}


@dataclass(frozen=True)
class Kind:
    """What selectors can see of an element: equal elements are one kind."""

    tag: str
    id: str = ""
    classes: frozenset[str] = frozenset()
    attributes: frozenset[str] = frozenset()


@dataclass
class Seen:
    """What there is on the pages, and what scripts may add."""

    kinds: set[Kind] = field(default_factory=set)
    words: set[str] = field(default_factory=set)

    def allows(self, wanted: Kind) -> bool:
        """Return whether some element is, or may become, of this kind."""
        classes = wanted.classes - self.words
        attributes = wanted.attributes - self.words
        identity = "" if wanted.id in self.words else wanted.id
        if wanted.tag in self.words and not (classes or attributes or identity):
            return True  # a script may make such an element
        marks = [*classes, *attributes, *filter(None, [identity])]
        rarest = min(
            (self._by_mark.get(mark, []) for mark in marks),
            key=len,
            default=self.kinds,
        )
        return any(
            wanted.tag in ("*", "", kind.tag)
            and identity in ("", kind.id)
            and classes <= kind.classes
            and attributes <= kind.attributes
            for kind in rarest
        )

    @cached_property
    def _by_mark(self) -> dict[str, list[Kind]]:
        """The kinds that have a class, an attribute or an id of a name."""
        found: dict[str, list[Kind]] = defaultdict(list)
        for kind in self.kinds:
            for mark in {*kind.classes, *kind.attributes, kind.id}:
                found[mark].append(kind)
        return dict(found)


class Kinds(HTMLParser):
    """Collects the kinds of all elements that are fed to it."""

    def __init__(self) -> None:
        """Start without any."""
        super().__init__()
        self.kinds: set[Kind] = set()
        self._known: set[tuple] = set()

    def handle_starttag(
        self, tag: str, attrs: list[tuple[str, str | None]]
    ) -> None:
        """Note an element."""
        tag_and_attributes = tag, tuple(attrs)
        if tag_and_attributes in self._known:
            return
        self._known.add(tag_and_attributes)
        found = {name: value or "" for name, value in attrs}
        self.kinds.add(
            Kind(
                tag,
                found.get("id", ""),
                frozenset(found.get("class", "").split()),
                frozenset(found),
            )
        )


def prune(css: str, seen: Seen, families: set[str]) -> str:
    """Return a style sheet without what cannot match, minified.

    Args:
        css: The style sheet.
        seen: What its selectors may match.
        families: The fonts to keep.
    """
    rules = tinycss2.parse_stylesheet(
        css, skip_comments=True, skip_whitespace=True
    )
    text = "".join(_kept(rules, seen))
    text = _without_unused(text, seen, families)
    return rcssmin.cssmin(text)


def _kept(rules: Iterable[Node], seen: Seen) -> Iterator[str]:
    for rule in rules:
        if rule.type == "error":
            raise ValueError(f"line {rule.source_line}: {rule.message}")
        if rule.type == "qualified-rule":
            selectors = [
                tinycss2.serialize(selector).strip()
                for selector in split(rule.prelude)
                if possible(selector, seen)
            ]
            body = tinycss2.serialize(rule.content).strip()
            if selectors and body:
                yield f"{','.join(selectors)}{{{body}}}\n"
        elif rule.lower_at_keyword == "charset":
            continue  # what we write is UTF-8, and says so
        elif rule.lower_at_keyword in NESTED and rule.content is not None:
            inside = "".join(
                _kept(
                    tinycss2.parse_rule_list(
                        rule.content, skip_comments=True, skip_whitespace=True
                    ),
                    seen,
                )
            )
            if inside:
                head = tinycss2.serialize(rule.prelude)
                yield f"@{rule.at_keyword}{head}{{{inside}}}\n"
        else:
            yield rule.serialize() + "\n"


def split(tokens: list[Node]) -> list[list[Node]]:
    """Split a list of selectors at its commas."""
    return [
        list(part)
        for is_comma, part in groupby(tokens, lambda node: node == ",")
        if not is_comma
    ]


def possible(selector: list[Node], seen: Seen) -> bool:
    """Return whether each part of a selector may match some element."""
    return all(_compound(part, seen) for part in _compounds(selector))


def _compounds(selector: list[Node]) -> Iterator[list[Node]]:
    for is_between, part in groupby(
        (token for token in selector if token.type != "comment"),
        lambda token: (
            token.type == "whitespace"
            or (token.type == "literal" and token.value in COMBINATORS)
        ),
    ):
        if not is_between:
            yield list(part)


def _compound(tokens: list[Node], seen: Seen) -> bool:
    tag, identity, classes, attributes = "", "", set(), set()
    before = ""
    for token in tokens:
        if token.type == "ident" and before == ".":
            classes.add(token.value)
        elif token.type == "ident" and before == "":
            tag = token.lower_value
        elif token.type == "hash":
            identity = token.value
        elif token.type == "[] block":
            attributes.add(
                next(t.lower_value for t in token.content if t.type == "ident")
            )
        elif (
            token.type == "function"
            and token.lower_name in ANY_OF
            and not any(possible(s, seen) for s in split(token.arguments))
        ):
            return False
        before = token.value if token.type == "literal" else " "
    return seen.allows(
        Kind(tag, identity, frozenset(classes), frozenset(attributes))
    )


def _without_unused(css: str, seen: Seen, families: set[str]) -> str:
    """Leave out custom properties, animations and fonts that nothing names."""
    while True:
        shorter = _without_unused_once(css, seen, families)
        if shorter == css:
            return css
        css = shorter


def _without_unused_once(css: str, seen: Seen, families: set[str]) -> str:
    rules = tinycss2.parse_stylesheet(css, skip_whitespace=True)
    used = set(seen.words)
    for declaration in _declarations(rules):
        used |= set(_names(declaration.value))
    return "".join(_named(rules, used, families))


def _named(
    rules: Iterable[Node], used: set[str], families: set[str]
) -> Iterator[str]:
    for rule in rules:
        if rule.type == "qualified-rule":
            body = _body(rule.content, used)
            if body:
                yield f"{tinycss2.serialize(rule.prelude)}{{{body}}}\n"
        elif rule.lower_at_keyword in NESTED and rule.content is not None:
            inside = "".join(
                _named(
                    tinycss2.parse_rule_list(
                        rule.content, skip_whitespace=True
                    ),
                    used,
                    families,
                )
            )
            if inside:
                head = tinycss2.serialize(rule.prelude)
                yield f"@{rule.at_keyword}{head}{{{inside}}}\n"
        elif rule.lower_at_keyword == "keyframes":
            name = tinycss2.serialize(rule.prelude).strip()
            if name in used:
                yield rule.serialize() + "\n"
        elif rule.lower_at_keyword == "font-face":
            if set(_family(rule)) <= families:
                yield rule.serialize() + "\n"
        else:
            yield rule.serialize() + "\n"


def _body(content: list[Node], used: set[str]) -> str:
    kept = []
    for item in tinycss2.parse_blocks_contents(
        content, skip_comments=True, skip_whitespace=True
    ):
        if item.type == "declaration":
            if item.name.startswith("--") and item.name not in used:
                continue
            important = "!important" if item.important else ""
            value = tinycss2.serialize(item.value).strip()
            kept.append(f"{item.name}:{value}{important}")
        else:
            kept.append(item.serialize())
    return ";".join(kept)


def _declarations(rules: Iterable[Node]) -> Iterator[Node]:
    for rule in rules:
        if rule.type not in ("qualified-rule", "at-rule") or not rule.content:
            continue
        if rule.type == "at-rule" and rule.lower_at_keyword == "font-face":
            continue
        if rule.type == "at-rule":
            yield from _declarations(
                tinycss2.parse_rule_list(rule.content, skip_whitespace=True)
            )
        else:
            for item in tinycss2.parse_blocks_contents(
                rule.content, skip_comments=True, skip_whitespace=True
            ):
                if item.type == "declaration":
                    yield item


def _names(tokens: Iterable[Node]) -> Iterator[str]:
    for token in tokens:
        if token.type in ("ident", "string"):
            yield token.value
        elif token.type == "function":
            yield from _names(token.arguments)
        elif token.type in ("() block", "[] block", "{} block"):
            yield from _names(token.content)


def _family(rule: Node) -> Iterator[str]:
    for item in tinycss2.parse_blocks_contents(
        rule.content, skip_comments=True, skip_whitespace=True
    ):
        if item.type == "declaration" and item.lower_name == "font-family":
            yield from _names(item.value)
