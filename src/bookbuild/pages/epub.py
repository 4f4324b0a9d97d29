"""The Sphinx extension that makes an ePub, with what Sphinx 9.0 leaves out.

It takes the pages as the extensions write them for the site.
Many readers run no script: what opens on the site stands open, and what is said
of the options of quizzes stands after the last of them.
"""

import os
import re
from collections.abc import Iterable
from pathlib import Path

from docutils import nodes
from lxml import etree, html
from sphinx.application import Sphinx
from sphinx.builders.epub3 import Epub3Builder

from bookbuild.chapters.quiz import quiz, quiz_option

SHEET = "_static/epub.css"
# https://www.w3.org/TR/epub-a11y-11/#sec-discovery
ACCESS = """\
    <meta property="schema:accessMode">textual</meta>
    <meta property="schema:accessMode">visual</meta>
    <meta property="schema:accessModeSufficient">textual</meta>
    <meta property="schema:accessibilityFeature">alternativeText</meta>
    <meta property="schema:accessibilityFeature">MathML</meta>
    <meta property="schema:accessibilityFeature">tableOfContents</meta>
    <meta property="schema:accessibilityHazard">none</meta>
"""
# What needs a script, the title of what is folded, and figures in dark colours.
GONE = (
    "//script | //summary[p or ../@class = 'fold']"
    " | //*[contains(@class, 'pst-js-only')]"
    " | //img[contains(@class, 'drawn dark')] | //svg[@aria-hidden='true']"
    " | //comment()"  # may hold what XML forbids there
)
# MathML Core has these anywhere, MathML 3, which an ePub has, on mstyle only.
STYLE = {"displaystyle", "scriptlevel"}
COLOUR = re.compile(r"--([\w-]+): light-dark\((#\w+)")
MEDIA_TYPES = {
    spelt: kind
    for suffix, kind in Epub3Builder.media_types.items()
    for spelt in (suffix, suffix.upper())
}


class Epub(Epub3Builder):
    """Sphinx's builder: one style sheet, no page for errors, a fixed date."""

    media_types = MEDIA_TYPES

    def copy_static_files(self) -> None:
        """Write the style sheet, with the colours of light pages in it."""
        palette = Path(self.confdir, self.config.book_palette)
        sheet = palette.with_name("epub.css").read_text("utf-8")
        for name, colour in COLOUR.findall(palette.read_text("utf-8")):
            sheet = sheet.replace(f"var(--{name})", colour)
        (self.outdir / SHEET).parent.mkdir(parents=True, exist_ok=True)
        (self.outdir / SHEET).write_text(sheet, encoding="utf-8")

    def gen_additional_pages(self) -> None:
        """Write none: nobody asks an ePub for a page that is not there."""

    def build_content(self) -> None:
        """Say which pages hold MathML, and what there is for all readers."""
        super().build_content()
        path = self.outdir / "content.opf"
        text = path.read_text("utf-8")
        for page in self.outdir.rglob(f"*{self.out_suffix}"):
            if b"<math " in page.read_bytes():
                href = f'href="{page.relative_to(self.outdir).as_posix()}"'
                text = text.replace(href, f'{href} properties="mathml"', 1)
        text = text.replace("  </metadata>", f"{ACCESS}  </metadata>")
        # Each line once: Sphinx adds the index, which is in a toctree, again.
        lines = dict.fromkeys(text.splitlines(keepends=True))
        path.write_text("".join(lines), encoding="utf-8")

    def toc_metadata(self, *arguments: object) -> dict:
        """Give the contents for old readers the book's own identifier."""
        uid = self.config.epub_identifier
        return {**super().toc_metadata(*arguments), "uid": uid}

    def build_epub(self) -> None:
        """Pack the files, with the date of the book."""
        date = max(int(os.environ["SOURCE_DATE_EPOCH"]), 315532800)  # 1980
        for path in self.outdir.rglob("*"):
            os.utime(path, (date, date))
        super().build_epub()


def part_quizzes(app: Sphinx, doctree: nodes.document, _page: str) -> None:
    """Put what is said of the options of a section's quizzes at its end."""
    if app.builder.name != "epub":
        return
    for section in dict.fromkeys(q.parent for q in doctree.findall(quiz)):
        said = [nodes.rubric("", "Answers to the checks")]
        for asked in section.findall(quiz):
            options = [*asked.findall(quiz_option)]
            asked[:] = [n for n in asked if n not in options]
            asked.append(_lettered(option[0].children for option in options))
            said.append(nodes.paragraph("", asked["title"]))
            said.append(_lettered(option[1:] for option in options))
        section.extend(said)


def _lettered(items: Iterable[list[nodes.Node]]) -> nodes.enumerated_list:
    """Return a list whose items are A, B, C."""
    made = (nodes.list_item("", *item) for item in items)
    return nodes.enumerated_list("", *made, enumtype="upperalpha")


def complete(
    app: Sphinx, _page: str, _template: str, context: dict, _doctree: object
) -> None:
    """Make a page XHTML that loads one style sheet and hides nothing."""
    if app.builder.name != "epub":
        return
    language = f' lang="{app.config.language}">'
    context["html_tag"] = app.builder.html_tag.replace(">", language)
    context["css_files"], context["script_files"] = [SHEET], []
    if body := context.get("body"):  # the index has none
        root = html.fragment_fromstring(body, create_parent="div")
        settle(root)
        context["body"] = etree.tostring(root, encoding="unicode")


def settle(root: html.HtmlElement) -> None:
    """Take out of a page what only the site has, and adapt the rest."""
    for element in root.xpath(GONE):
        element.drop_tree()
    for link in root.xpath("//a[contains(@href, 'search.xhtml')]"):
        link.drop_tag()
    etree.strip_attributes(root, "loading", "tabindex")
    for element in [*root.iterdescendants()]:
        adapt(element)


def adapt(element: html.HtmlElement) -> None:
    """Make an element what it is in an ePub."""
    if element.text is None and element.tag not in html.defs.empty_tags:
        element.text = ""  # or <span/>, which some readers would not close
    if element.tag == "details":
        element.tag = "div"
    elif element.tag == "summary":
        element.tag = "p"
        element.set("class", "summary")
    elif element.tag == "math":
        element.set("xmlns", "http://www.w3.org/1998/Math/MathML")
        element.set("alttext", element.findtext(".//annotation"))
    elif element.tag == "mrow" and STYLE.intersection(element.attrib):
        element.tag = "mstyle"
    elif element.tag == "mfrac" and (of := STYLE & {*element.attrib}):
        style = {name: element.attrib.pop(name) for name in sorted(of)}
        element.addprevious(box := element.makeelement("mstyle", style))
        box.append(element)
    elif element.getparent().tag == "mtext":  # \textbf and its like
        element.set("xmlns", "http://www.w3.org/1999/xhtml")
    elif element.tag == "mtable":  # it has its formula's style
        element.attrib.pop("scriptlevel", None)


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the builder and the steps."""
    app.setup_extension("sphinx.builders.epub3")
    app.add_builder(Epub, override=True)
    app.connect("doctree-resolved", part_quizzes)
    app.connect("html-page-context", complete, priority=950)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
