"""Write formulas as MathML Core when the site is built, not in the browser.

math-core converts them. The TeX source stays with each formula, in an
``annotation``.
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


def convert(tex: str, *, display: bool, macros: dict[str, str]) -> str:
    """Return the MathML of a formula.

    Raises:
        math_core.LatexError: The formula cannot be converted.
    """
    converter = LatexToMathML(macros=macros, annotation=True, fancy_error=False)
    return converter.convert_with_local_state(tex, displaystyle=display)


def _mathml(writer: HTML5Translator, node: nodes.Element) -> str:
    tex, display = node.astext(), isinstance(node, nodes.math_block)
    try:
        return convert(tex, display=display, macros=writer.config.mathml_macros)
    except LatexError as error:
        remedy = "mend the TeX, or write it with commands that math-core knows"
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
    app.add_config_value("mathml_macros", {}, "html", dict)
    app.add_post_transform(KeepPunctuation)
    inline, block = (visit_math, None), (visit_displaymath, None)
    app.add_html_math_renderer("mathml", inline, block)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
