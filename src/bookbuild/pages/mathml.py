"""Formulas as MathML Core, made at build time; no script reaches the reader.

The conversion is math-core's.
The TeX source travels with each formula, in an ``annotation``.
"""

import re

from docutils import nodes
from math_core import LatexError, LatexToMathML
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util import logging
from sphinx.util.math import get_node_equation_number
from sphinx.writers.html5 import HTML5Translator

logger = logging.getLogger(__name__)
OPENING = re.compile(r"[(\[\u2018\u201c]+$")
# All signs but those that open, and dashes: a line may break at a dash.
CLOSING = re.compile(r"^[^\w\s(\[\u2013\u2014\u2018\u201c]+")


class KeepPunctuation(SphinxPostTransform):
    """Keep brackets and punctuation on the line of the formula they touch.

    A browser may break a line between a formula and whatever is beside it.
    """

    default_priority = 800
    formats = ("html",)

    def run(self, **_options: object) -> None:
        """Put each such formula and its neighbours into one element."""
        for formula in list(self.document.findall(nodes.math)):
            _keep_neighbours(formula)


def _keep_neighbours(formula: nodes.math) -> None:
    parent = formula.parent
    place = parent.index(formula)
    left = parent[place - 1] if place else None
    right = parent[place + 1] if place + 1 < len(parent) else None
    before, after = _touching(left, OPENING), _touching(right, CLOSING)
    if after:
        parent[place + 1] = nodes.Text(right.removeprefix(after))
    if before:
        parent[place - 1] = nodes.Text(left.removesuffix(before))
    if before or after:
        whole = nodes.inline(classes=["together"])
        parent[place] = whole
        whole += [nodes.Text(before), formula, nodes.Text(after)]


def _touching(neighbour: nodes.Node | None, signs: re.Pattern) -> str:
    is_text = isinstance(neighbour, nodes.Text)
    found = signs.search(neighbour) if is_text else None
    return found[0] if found else ""


def convert(tex: str, *, display: bool, macros: dict[str, str]) -> str:
    """Return the MathML of a formula.

    Raises:
        math_core.LatexError: The formula cannot be converted.
    """
    converter = LatexToMathML(macros=macros, annotation=True, fancy_error=False)
    return converter.convert_with_local_state(tex, displaystyle=display)


def _mathml(
    writer: HTML5Translator,
    node: nodes.math | nodes.math_block,
    *,
    display: bool,
) -> str:
    macros = writer.config.mathml_macros
    try:
        return convert(node.astext(), display=display, macros=macros)
    except LatexError as error:
        logger.warning(
            "the formula %r cannot be converted: %s\n"
            "  remedy: mend the TeX, or write it with commands that "
            "math-core knows",
            node.astext(),
            error,
            location=node,
            type="mathml",
        )
        return f"<code>{writer.encode(node.astext())}</code>"


def visit_math(writer: HTML5Translator, node: nodes.math) -> None:
    """Write an inline formula."""
    writer.body.append(_mathml(writer, node, display=False))
    raise nodes.SkipNode


def visit_displaymath(writer: HTML5Translator, node: nodes.math_block) -> None:
    """Write a displayed formula, with its number if it has one.

    The formula has a box of its own: if it is wider than the page, the box
    scrolls, and the number stays where it is.
    """
    numbered = bool(node.get("number"))
    classes = "math numbered" if numbered else "math"
    writer.body.append(writer.starttag(node, "div", "", CLASS=classes))
    formula = _mathml(writer, node, display=True)
    writer.body.append(f'<div class="formula">{formula}</div>')
    if numbered:
        number = get_node_equation_number(writer, node)
        writer.body.append(f'<span class="eqno">({number})')
        writer.add_permalink_ref(node, "Link to this equation")
        writer.body.append("</span>")
    writer.body.append("</div>\n")
    raise nodes.SkipNode


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the renderer as ``mathml``."""
    app.add_config_value("mathml_macros", {}, "html", dict)
    app.add_post_transform(KeepPunctuation)
    app.add_html_math_renderer(
        "mathml",
        inline_renderers=(visit_math, None),
        block_renderers=(visit_displaymath, None),
    )
    return {"parallel_read_safe": True, "parallel_write_safe": True}
