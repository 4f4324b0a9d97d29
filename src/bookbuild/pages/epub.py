"""The Sphinx extension that makes an ePub of the book.

Sphinx has the builder.  This one leaves out what only the site has, since many
readers run no script: what opens on the site stands open, and what is said of
the options of quizzes follows the last of them.
It adds what EPUB 3.3 asks for and Sphinx 9.0 does not write: which pages hold
MathML, what there is for readers who do not see, and no date but the book's.
"""

import os
import re
from pathlib import Path

from docutils import nodes
from lxml import etree
from myst_nb.sphinx_ import HideCodeCellNode
from sphinx.application import Sphinx
from sphinx.builders.epub3 import Epub3Builder

from bookbuild.chapters.quiz import quiz, quiz_option

SHEET = "_static/epub.css"
PACKAGE = "{http://www.idpf.org/2007/opf}"
# https://www.w3.org/TR/epub-a11y-11/#sec-discovery
ACCESS = (
    ("accessMode", "textual"),
    ("accessMode", "visual"),
    ("accessModeSufficient", "textual"),
    ("accessibilityFeature", "alternativeText"),
    ("accessibilityFeature", "MathML"),
    ("accessibilityFeature", "structuralNavigation"),
    ("accessibilityFeature", "tableOfContents"),
    ("accessibilityHazard", "none"),
)
COLOUR = re.compile(r"--([\w-]+): light-dark\((#\w+)")
NAMED = re.compile(r"var\(--([\w-]+)\)")
OPENS = re.compile(r'<details( [^>]*?)?(?: name="[^"]*")?>')


class Epub(Epub3Builder):
    """Sphinx's builder, for this book."""

    def init(self) -> None:
        """Say on each page which language it is in."""
        super().init()
        language = self.config.language
        self.html_tag = (
            f'{Epub3Builder.html_tag[:-1]} lang="{language}" '
            f'xml:lang="{language}">'
        )

    def copy_static_files(self) -> None:
        """Write the style sheet, with the colours of light pages in it."""
        palette = Path(self.confdir, self.config.book_palette)
        colours = dict(COLOUR.findall(palette.read_text("utf-8")))
        sheet = palette.with_name(Path(SHEET).name).read_text("utf-8")
        target = Path(self.outdir, SHEET)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(NAMED.sub(lambda m: colours[m[1]], sheet), "utf-8")

    def gen_additional_pages(self) -> None:
        """Write none: nobody can ask an ePub for a page that is not there."""

    def build_content(self) -> None:
        """Complete the list of files."""
        super().build_content()
        path = Path(self.outdir, "content.opf")
        formulas = {
            name
            for name in self.files
            if name.endswith(self.out_suffix)
            and "<math " in Path(self.outdir, name).read_text("utf-8")
        }
        tree = etree.parse(path, etree.XMLParser(remove_blank_text=True))
        for item in tree.iterfind(f".//{PACKAGE}item"):
            if item.get("href") in formulas:
                item.set("properties", "mathml")
        seen = set()  # the index is in a toctree, and Sphinx adds it again
        for entry in tree.findall(f".//{PACKAGE}itemref"):
            if entry.get("idref") in seen:
                entry.getparent().remove(entry)
            seen.add(entry.get("idref"))
        metadata = tree.find(f"{PACKAGE}metadata")
        for name, value in ACCESS:
            meta = etree.SubElement(metadata, f"{PACKAGE}meta")
            meta.set("property", f"schema:{name}")
            meta.text = value
        tree.write(path, encoding="utf-8", xml_declaration=True)

    def toc_metadata(self, *arguments: object) -> dict:
        """Name the book in the contents for old readers as everywhere else."""
        uid = self.config.epub_identifier
        return {**super().toc_metadata(*arguments), "uid": uid}

    def build_epub(self) -> None:
        """Write the ePub, its files with the date of the book."""
        date = int(os.environ["SOURCE_DATE_EPOCH"])
        for path in Path(self.outdir).rglob("*"):
            os.utime(path, (date, date))
        super().build_epub()


def open_all(app: Sphinx, doctree: nodes.document, _docname: str) -> None:
    """Show what the site opens, and take out links to what is not there."""
    if app.builder.name != "epub":
        return
    for node in [*doctree.findall(HideCodeCellNode)]:
        node.replace_self(node.children)
    for node in [*doctree.findall(nodes.reference)]:
        if node.get("refuri", "").endswith("search.xhtml"):
            node.replace_self(node.children)
    for section in dict.fromkeys(q.parent for q in doctree.findall(quiz)):
        quizzes = [*section.findall(quiz)]
        section += nodes.rubric("", "Answers to the checks")
        for asked in quizzes:
            options = [*asked.findall(quiz_option)]
            for option in options:
                asked.remove(option)
            asked += _lettered([option[0].children for option in options])
            section += nodes.paragraph("", asked["title"])
            section += _lettered([option[1:] for option in options])


def _lettered(items: list[list[nodes.Node]]) -> nodes.enumerated_list:
    """Return a list whose items are A, B, C."""
    made = (nodes.list_item("", *item) for item in items)
    return nodes.enumerated_list("", *made, enumtype="upperalpha")


def complete(
    app: Sphinx,
    _pagename: str,
    _templatename: str,
    context: dict,
    _doctree: nodes.document | None,
) -> None:
    """Let a page load one style sheet, and show what the site opens."""
    if app.builder.name != "epub":
        return
    context["css_files"], context["script_files"] = [SHEET], []
    if body := context.get("body"):
        body = OPENS.sub(r"<div\1>", body).replace("</details>", "</div>")
        body = body.replace("<summary>", '<div class="summary">')
        context["body"] = body.replace("</summary>", "</div>")


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the builder and the steps."""
    app.setup_extension("sphinx.builders.epub3")
    app.add_builder(Epub, override=True)
    app.connect("doctree-resolved", open_all)
    app.connect("html-page-context", complete, priority=950)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
