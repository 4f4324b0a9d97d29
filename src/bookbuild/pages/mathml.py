"""Write formulas as MathML Core when the site is built, not in the browser.

math-core converts them. The TeX source stays with each formula, in an
``annotation``. A formula keeps its punctuation, and 1e-05 stays on its line.
"""

import re

from docutils import nodes
from math_core import LatexError, LatexToMathML
from sphinx.application import Sphinx
from sphinx.transforms import SphinxTransform
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util import logging
from sphinx.util.math import get_node_equation_number
from sphinx.writers.html5 import HTML5Translator

logger = logging.getLogger(__name__)
OPENING = re.compile(r"[(\[\u2018\u201c]+$")
# All signs but those that open, and dashes: a line may break at a dash.
CLOSING = re.compile(r"^[^\w\s(\[\u2013\u2014\u2018\u201c]+")
# Before what a polynomial lacks: no colour of math-core, too light to be read.
NUMPY_ZERO = r"\color{LightGray}"
# A bracket of a given size that has an index, as in \bigl( ... \bigr)^2.
SIZED = re.compile(r"(?<=<m)((?:su[bp])+>)(<mo [^>]*minsize=[^>]*>[^<]*</mo>)")
NUMBER = re.compile(r"(\d[\d.]*e-\d+)")
WHOLE = (nodes.literal, nodes.math, nodes.raw, nodes.FixedTextElement)
TOKEN = re.compile(r"\s*(?:\\[A-Za-z]+|\\.|\S)", re.DOTALL)


class ExpandMacros(SphinxTransform):
    """Write out the macros of formulas, for the page and for the notebook."""

    default_priority = 800

    def apply(self, **_options: object) -> None:
        """Expand the macros of ``mathml_macros`` in each formula."""
        macros = self.config.mathml_macros
        for kind in (nodes.math, nodes.math_block) if macros else ():
            for formula in self.document.findall(kind):
                formula[:] = [nodes.Text(expand(formula.astext(), macros))]


def expand(tex: str, macros: dict[str, str]) -> str:
    """Return a formula without macros; each may use those before it."""
    tokens = TOKEN.findall(tex)
    for name, body in reversed(macros.items()):
        count = max(map(int, re.findall("#([1-9])", body)), default=0)
        for place in reversed(range(len(tokens))):
            if tokens[place].strip() != f"\\{name}":
                continue
            text, end = body, place + 1
            for number in range(1, count + 1):
                start, end = end, _end_of_group(tokens, end)
                group = "".join(tokens[start:end]).strip()
                group = group[1:-1] if group.startswith("{") else group
                if start < end:  # else math-core tells of what is missing
                    text = text.replace(f"#{number}", group)
            tokens[place:end] = TOKEN.findall(f" {text}")
    return "".join(tokens)


def _end_of_group(tokens: list[str], start: int) -> int:
    """Return where the group ends, or the one token, that begins there."""
    depth = 0
    for end, token in enumerate(tokens[start:], start + 1):
        depth += {"{": 1, "}": -1}.get(token.strip(), 0)
        if depth <= 0:
            return start if depth else end
    return start


class KeepPunctuation(SphinxPostTransform):
    """Keep brackets and punctuation on the line of the formula they touch.

    A browser may break a line between a formula and whatever is beside it.
    """

    default_priority = 800
    formats = ("html",)

    def run(self, **_options: object) -> None:
        """Put each such formula and its neighbours into one element."""
        for formula in list(self.document.findall(nodes.math)):
            siblings = formula.parent
            place = siblings.index(formula)
            before = after = ""
            if place:
                before = _split(siblings, place - 1, OPENING)
            if place + 1 < len(siblings):
                after = _split(siblings, place + 1, CLOSING)
            if before or after:
                siblings[place] = whole = nodes.inline(classes=["together"])
                whole += [nodes.Text(before), formula, nodes.Text(after)]


def _split(parent: nodes.Element, place: int, signs: re.Pattern) -> str:
    """Take signs off a text, and return them."""
    text = parent[place]
    found = signs.search(text) if isinstance(text, nodes.Text) else None
    if not found:
        return ""
    parent[place] = nodes.Text(text[: found.start()] + text[found.end() :])
    return found[0]


class KeepNumbers(SphinxPostTransform):
    """Keep a number like 1e-05 on its line: browsers break at the minus."""

    default_priority = 800
    formats = ("html",)

    def run(self, **_options: object) -> None:
        """Put each such number of a text into an element of its own."""
        for text in list(self.document.findall(nodes.Text)):
            if NUMBER.search(text) and not isinstance(text.parent, WHOLE):
                parts = [nodes.Text(part) for part in NUMBER.split(text)]
                parts[1::2] = [
                    nodes.inline("", "", part, classes=["together"])
                    for part in parts[1::2]
                ]
                text.parent.replace(text, parts)


def convert(tex: str, *, display: bool) -> str:
    """Return the MathML of a formula.

    Raises:
        math_core.LatexError: The formula cannot be converted.
    """
    tex = tex.replace(NUMPY_ZERO, "")
    converter = LatexToMathML(annotation=True, fancy_error=False)
    made = converter.convert_with_local_state(tex, displaystyle=display)
    # Chromium lets a bracket grow in a row only, not below an index.
    return SIZED.sub(r"\1<mrow>\2</mrow>", made)


def _mathml(writer: HTML5Translator, node: nodes.Element) -> str:
    tex, display = node.astext(), isinstance(node, nodes.math_block)
    try:
        return convert(tex, display=display)
    except LatexError as error:
        remedy = (
            "mend the TeX, or write it with commands that math-core knows; "
            "mathml_macros in conf.py has the book's own"
        )
        parent = node.parent
        while parent and parent.get("nb_element") != "cell_code_output":
            parent = parent.parent
        if parent:
            remedy = "the cell's value gives this TeX; print the value instead"
        logger.warning(
            "the formula %r cannot be converted: %s\n  remedy: %s",
            tex,
            error,
            remedy,
            location=node,
            type="mathml",
        )
        return f"<code>{writer.encode(tex)}</code>"


def visit_math(writer: HTML5Translator, node: nodes.math) -> None:
    """Write an inline formula."""
    writer.body.append(_mathml(writer, node))
    raise nodes.SkipNode


def visit_displaymath(writer: HTML5Translator, node: nodes.math_block) -> None:
    """Write a displayed formula, with its number if it has one.

    The formula has a box of its own: if it is wider than the page, the box
    scrolls, and the number stays where it is.
    """
    numbered = bool(node.get("number"))
    classes = "math numbered" if numbered else "math"
    writer.body.append(writer.starttag(node, "div", "", CLASS=classes))
    writer.body.append(f'<div class="formula">{_mathml(writer, node)}</div>')
    if numbered:
        number = get_node_equation_number(writer, node)
        writer.body.append(f'<span class="eqno">({number})')
        writer.add_permalink_ref(node, "Link to this equation")
        writer.body.append("</span>")
    writer.body.append("</div>\n")
    raise nodes.SkipNode


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the renderer as ``mathml``."""
    app.add_config_value("mathml_macros", {}, "env", dict)
    app.add_transform(ExpandMacros)
    app.add_post_transform(KeepPunctuation)
    app.add_post_transform(KeepNumbers)
    inline, block = (visit_math, None), (visit_displaymath, None)
    app.add_html_math_renderer("mathml", inline, block)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
