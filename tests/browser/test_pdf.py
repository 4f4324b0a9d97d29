"""The book as a PDF, page by page: ``nox -s pdf``."""

import re

import pytest
from lxml import html
from pypdf import PdfReader

from tools import pdf

SPACE = re.compile(r"\s")
MADE_UP = """<!doctype html><body style="margin: 0">
<pre id="long">{line}</pre>
<p id="high"><img alt="a tower" width="9" height="{tall}" src="{picture}"></p>
<p id="lost"><img alt="a map" src="nowhere.svg"></p>
<div id="wide"><table><td style="min-width: {wide}px">a column</table></div>
<pre id="closed" style="height: 1em; overflow: hidden">one\ntwo\nthree</pre>
<p id="right">What fits.</p>"""
DOT = "data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg'/>"


@pytest.fixture(scope="module")
def reader(browser, site):
    assert site
    assert pdf.make(browser)  # it stops where something is cut or too large
    return PdfReader(pdf.PDF)


@pytest.fixture(scope="module")
def texts(reader):
    return [page.extract_text() for page in reader.pages]


@pytest.fixture(scope="module")
def book(reader):
    assert reader
    return html.document_fromstring(pdf.BOOK.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def chapters(reader, book):
    """The page on which each chapter begins, by its title."""
    found = [n for n in reader.outline if not isinstance(n, list)]
    number = reader.get_destination_page_number
    begun = {place.title: number(place) + 1 for place in found}
    titles = [pdf.words(h) for h in book.xpath("//article//h1")]
    assert list(begun) == ["Checked Gradients", "Contents", *titles]
    return {title: begun[title] for title in titles}


def test_it_is_dated(reader, tell):
    date = re.search(r"ed (\S+) with Python", reader.pages[0].extract_text())
    assert f"{reader.metadata.creation_date:%Y-%m-%d}" == date[1]
    tell(f"the PDF has {len(reader.pages)} pages")


def test_the_contents_name_the_page_of_every_chapter(chapters, texts):
    assert len(chapters) == len(pdf.read(pdf.SITE)) > 15
    last = min(chapters.values()) - 1
    contents = "\n".join(texts[1:last]).splitlines()
    for title, page in chapters.items():
        assert f"{title} {page}" in contents
        head, _, text = texts[page - 1].partition("\n")
        assert head == f"{title} {page}"
        assert text.startswith(title)


def test_each_page_has_its_chapter_in_the_margin_and_is_not_empty(
    chapters, texts
):
    begun = {page: title for title, page in chapters.items()}
    title = "Contents"
    for number, text in enumerate(texts[1:], 2):
        title = begun.get(number, title)
        head, *lines = text.splitlines()
        assert head == f"{title} {number}"
        assert lines, number


def test_every_link_leads_somewhere(reader, book):
    known, inside = reader.named_destinations, set()
    for page in reader.pages:
        for link in page.get("/Annots", []):
            target = link.get_object().get("/Dest")
            inside.add(target)
            address = link.get_object().get("/A", {}).get("/URI", "https:")
            assert target is None or target in known
            assert address.startswith(("https:", "http:", "mailto:"))
    shown = "//a[starts-with(@href, '#') and not(@class='headerlink')]/@href"
    wanted = set(book.xpath(shown))
    assert len(wanted) > 400
    assert {f"#{target[1:]}" for target in inside if target} == wanted


def test_every_line_of_code_and_every_answer_is_printed(book, texts):
    printed = SPACE.sub("", "".join(texts))
    lines = [
        line
        for block in book.xpath(
            "//pre | //details[contains(@class, 'answer')]/summary"
        )
        for line in block.text_content().splitlines()
    ]
    assert len(lines) > 5000
    assert [x for x in lines if SPACE.sub("", x) not in printed] == []
    right = book.xpath("//*[contains(@class, 'verdict') and .='Right.']")
    assert "\n".join(texts).count("Right. ") >= len(right) > 30


def test_no_heading_is_the_last_line_of_a_page(book, texts):
    found = {pdf.words(h) for h in book.xpath("//h1 | //h2 | //h3")}
    headings = {heading for heading in found if " " in heading}
    lasts = [" ".join(text.splitlines()[-1].split()) for text in texts]
    assert headings.isdisjoint(lasts)


def test_what_would_be_cut_is_found(browser, tmp_path):
    made_up = tmp_path / "book.html"
    made_up.write_text(
        MADE_UP.format(
            line="x" * 200, tall=pdf.HEIGHT + 9, wide=pdf.WIDTH + 9, picture=DOT
        )
    )
    page = pdf.opened(browser, made_up)
    found = page.evaluate(pdf.CUT, [pdf.WIDTH, pdf.HEIGHT])
    page.close()
    places = dict.fromkeys(fault.partition(":")[0] for fault in found)
    assert list(places) == ["long", "high", "lost", "wide", "closed"]
