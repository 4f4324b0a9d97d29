"""The whole book as a PDF: ``python -m tools.pdf``.

The pages of the built site, one after the other, become one HTML page, which
Chromium prints.  It prints twice, for only then it is known what is on which
page.  The same site gives the same bytes on the same machine.
"""

import json
import os
import re
import sys
import time
from io import BytesIO
from pathlib import Path
from urllib.parse import urldefrag, urljoin, urlsplit

from lxml import html
from lxml.html import HtmlElement, builder
from playwright.sync_api import Browser, Page, sync_playwright
from pypdf import PdfReader

from bookbuild.commands.sphinx import BUILD, CONFIG, SITE, set_date
from bookbuild.pages.page_metadata import verified
from tools import browser as web

PDF = BUILD / "checked-gradients.pdf"
BOOK = BUILD / "pdf" / "book.html"
STYLES = Path(__file__).with_suffix(".css")
MOST_PAGES, MOST_BYTES = 300, 15_000_000
# What the margins of pdf.css leave, in pixels. A window as wide has the layout
# of the paper.
WIDTH, HEIGHT = (round(mm * 96 / 25.4) for mm in (160, 265))
LONG = 14  # lines of code; with more, a block may go on overleaf
FRONT = "About this book"  # its title is on the cover
SITE_HAS = "The buttons, sliders and downloads of the text are on the site"
# Pygments' kinds that have a look. Others would be elements of the PDF, too.
COLOURED = re.compile(r"[kmscg]|ow$|nf$|nc$|fm$|-Color")
# What Chromium writes another way each time.
DATE, NODE = rb"(?<=Date \(D:)\d{14}", rb"(?<=\(node)\d{8}(?=\))"
SHOW = """async () => {
  await Promise.allSettled([...document.fonts].map((font) => font.load()));
  document.body.hidden = false; }"""
FILL_IN = """(pages) => {
  for (const link of document.querySelectorAll("[data-page]"))
    link.dataset.page = pages[link.hash.slice(1)] ?? "?"; }"""
# What runs out of the paper's margins, or of a box that hides it.
CUT = """([width, height]) => [...document.querySelectorAll(
  "pre, code, table, td, .formula, math, img, figure, p, li, summary, h1, h2")]
  .filter((e) => {
    const box = e.getBoundingClientRect(), style = getComputedStyle(e);
    return box.right > width + 1 || box.left < -1 ||
      (e.clientWidth && e.scrollWidth > e.clientWidth + 1) ||
      (style.overflowY != "visible" && e.scrollHeight > e.clientHeight + 1) ||
      (e.matches("img, tr, .formula") && box.height > height) ||
      (e.localName == "img" && !e.naturalWidth);
  })
  .map((e) => `${e.closest("[id]")?.id}: ${e.localName} ` +
    JSON.stringify((e.alt ?? e.textContent).trim().slice(0, 60)))"""


def read(site: Path) -> dict[str, HtmlElement]:
    """Return the book's pages in their order, each at its address."""
    pages: dict[str, HtmlElement] = {}
    path = "index.html"
    if not (site / path).exists():
        sys.exit(f"no site in {site}: build it with 'nox -s html'")
    while path:
        text = (site / path).read_text(encoding="utf-8")
        pages[path] = html.document_fromstring(text)
        onward = pages[path].xpath("string(//link[@rel='next']/@href)")
        path = onward and urljoin(path, onward)
    return pages


def name(path: str, fragment: str = "") -> str:
    """Return the name in the book of a page, or of what is on it."""
    return ":".join(filter(None, (path.removesuffix(".html"), fragment)))


def words(element: HtmlElement) -> str:
    """Return the text of a heading."""
    unseen = "ancestor::a[@class='headerlink'] or ancestor::annotation"
    found = element.xpath(f".//text()[not({unseen})]")
    return " ".join("".join(found).split())


def link(to: str, text: str) -> HtmlElement:
    """Return a link that says on which page its target is."""
    # As long as a number, so that the second printing is like the first.
    attributes = {"href": f"#{to}", "data-page": "000"}
    return builder.A(builder.SPAN(text), attributes)


def settle(path: str, article: HtmlElement) -> None:
    """Change a page for paper, where nothing opens, loads or scrolls."""
    headings = ".//section[@id]/*[contains('h1 h2 h3 h4', name())][1]"
    for heading in article.xpath(headings):
        # Chromium leads nowhere if a section goes on overleaf.
        heading.set("id", heading.getparent().attrib.pop("id"))
    for span in article.xpath(".//pre//span[@class]"):
        if not COLOURED.match(span.get("class")):
            span.drop_tag()
    code = ".//pre[ancestor::*[contains(@class, 'cell_input')]]//text()"
    for cell in article.xpath(".//div[contains(@class, 'cell ')]"):
        if "".join(cell.xpath(code)).count("\n") > LONG:
            cell.classes.add("long")
    for image in article.xpath(".//img[contains(@class, 'dark')]"):
        image.drop_tree()
    for image in article.xpath(".//img[not(starts-with(@src, 'data:'))]"):
        source = SITE / urljoin(path, image.get("src"))
        image.set("src", os.path.relpath(source, BOOK.parent))
        image.attrib.pop("loading", None)  # it never comes near
    for box in article.xpath(".//details"):
        box.set("open", "")
        box.attrib.pop("name", None)  # or one option closes the others


def connect(
    path: str, article: HtmlElement, address: str, known: set[str]
) -> None:
    """Make names unique in the book, and links lead to them.

    Links to what is not in the book, such as downloads, lead to the site.
    """
    for element in article.xpath(".//*[@id]"):
        element.set("id", name(path, element.get("id")))
    article.set("id", name(path))
    for anchor in article.xpath(".//a[@href]"):
        to, fragment = urldefrag(urljoin(path, anchor.get("href")))
        if to in known:
            anchor.set("href", f"#{name(to, fragment)}")
        elif not urlsplit(to).scheme:
            anchor.set("href", urljoin(address, to))
            if not address:
                del anchor.attrib["href"]


def contents(
    pages: dict[str, HtmlElement], articles: list[HtmlElement]
) -> HtmlElement:
    """Return the table of contents."""
    table = builder.E.nav(builder.CLASS("contents"), builder.H1("Contents"))
    last = ""
    for page, article in zip(pages.values(), articles, strict=True):
        part = page.xpath("string(//p[@class='place']/span)")
        if part != last:
            table.append(builder.P(part))
            last = part
        headings = article.xpath(".//h1 | .//section/h2")
        entries = [builder.LI(link(h.get("id"), words(h))) for h in headings]
        table.append(builder.UL(*entries))
    return table


def cover(front: HtmlElement, address: str) -> HtmlElement:
    """Return the title page."""
    record = json.loads((CONFIG / "verified.json").read_text(encoding="utf-8"))
    found = verified(record, "")
    where = [": ", builder.A(address, href=address)] if address else ["."]
    description = front.xpath("string(//meta[@name='description']/@content)")
    return builder.DIV(
        builder.CLASS("cover"),
        *front.xpath("//*[@class='wordmark']/*[1]"),
        builder.H1(words(front.xpath("//h1")[0])),
        builder.P(builder.CLASS("lead"), description),
        builder.P(f"Verified {found['date']} with {found['versions']}."),
        builder.P(SITE_HAS, *where),
        builder.P(front.xpath("string(//p[@class='copyright'])").strip()),
    )


def join(site: Path) -> str:
    """Return the whole book as one HTML page, to be read where BOOK is."""
    pages = read(site)
    front = pages["index.html"]
    address = front.xpath("string(//link[@rel='canonical']/@href)")
    [sheet] = front.xpath("//link[@rel='stylesheet']/@href")
    title = cover(front, address)
    front.xpath("//h1")[0].text = FRONT
    rules = STYLES.read_text(encoding="utf-8")
    articles = [page.xpath("//article")[0] for page in pages.values()]
    for number, (path, article) in enumerate(zip(pages, articles, strict=True)):
        settle(path, article)
        connect(path, article, address, set(pages))
        head = json.dumps(words(article.xpath(".//h1")[0]), ensure_ascii=False)
        kind = f"chapter-{number}"  # a path may be no name in CSS
        article.set("style", f"page: {kind}")
        rules += f"@page {kind} {{ @top-left {{ content: {head} }} }}\n"
    table = contents(pages, articles)
    style = os.path.relpath(site / sheet, BOOK.parent)
    book = builder.HTML(
        builder.HEAD(
            builder.META(charset="utf-8"),
            builder.TITLE(words(title.xpath("h1")[0])),
            builder.LINK(rel="stylesheet", href=style),
            builder.STYLE(rules),
        ),
        # Hidden until all is there; laid out in parts, it is another each time.
        builder.BODY({"hidden": ""}, title, table, *articles),
        {"lang": "en", "data-theme": "light"},
    )
    return html.tostring(book, encoding="unicode", doctype="<!doctype html>")


def opened(browser: Browser, book: Path) -> Page:
    """Open the book in a window as wide as the paper without its margins."""
    page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
    # With the styles of a screen: those for print are for a single page.
    page.emulate_media(media="screen", color_scheme="light")
    page.goto(book.resolve().as_uri())
    page.evaluate(SHOW)
    return page


def print_out(page: Page, *, last: bool) -> tuple[bytes, dict[str, int]]:
    """Return a PDF, and on which page each target of its links is.

    The last has what readers need, tags and an outline; without, it is faster.
    """
    pdf = page.pdf(
        format="A4", print_background=True, tagged=last, outline=last
    )
    reader = PdfReader(BytesIO(pdf))
    numbers = {p.indirect_reference: n for n, p in enumerate(reader.pages, 1)}
    return pdf, {
        target.removeprefix("/"): numbers[place.page]
        for target, place in reader.named_destinations.items()
    }


def make(browser: Browser) -> str:
    """Print the book; return what was printed.

    Raises:
        SystemExit: It does not fit on paper, or is too large.
    """
    set_date()
    BOOK.parent.mkdir(parents=True, exist_ok=True)
    BOOK.write_text(join(SITE), encoding="utf-8")
    page = opened(browser, BOOK)
    faults = page.evaluate(CUT, [WIDTH, HEIGHT])
    _, places = print_out(page, last=False)
    page.evaluate(FILL_IN, places)
    pdf, again = print_out(page, last=True)
    page.close()
    moment = time.gmtime(int(os.environ["SOURCE_DATE_EPOCH"]))
    pdf = re.sub(DATE, time.strftime("%Y%m%d%H%M%S", moment).encode(), pdf)
    nodes = sorted(set(re.findall(NODE, pdf)))
    numbers = {node: b"%08d" % n for n, node in enumerate(nodes)}
    pdf = re.sub(NODE, lambda found: numbers[found[0]], pdf)
    count = len(PdfReader(BytesIO(pdf)).pages)
    if places != again:
        faults.append("the page numbers in the contents moved the pages")
    if count > MOST_PAGES or len(pdf) > MOST_BYTES:
        faults.append(f"{count} pages and {len(pdf)} bytes are too many")
    if faults:
        remedy = "make narrower or lower what these lines name"
        sys.exit("\n".join([f"{BOOK} does not fit on paper:", *faults, remedy]))
    PDF.write_bytes(pdf)
    return f"{count} pages, {len(pdf) / 1e6:.1f} MB"


def main() -> None:
    """Print the book and say where it is."""
    try:
        with sync_playwright() as playwright, web.browser(playwright) as opened:
            made = make(opened)
    except RuntimeError as error:  # there is no browser
        sys.exit(str(error))
    print(f"The book as a PDF is {PDF}: {made}")


if __name__ == "__main__":
    main()
