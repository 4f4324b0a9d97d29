"""The built site, page by page: links, pictures, formulas, leftovers."""

import re
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

RAW_MYST = re.compile(
    r"\{(?:code-cell|quiz|run|ref|numref|eq|term|doc|cite:\w|verified|py:\w+"
    r"|math)\}|^:::|```\{|:label:|:snippet:",
    re.MULTILINE,
)
RAW_TEX = re.compile(
    r"\$[^$\n]*\\[a-z]+[^$\n]*\$|\\(?:frac|sum|begin|mathbb)\b"
)


@pytest.fixture(scope="module")
def each(pages, soup):
    """A function: each element of any page that CSS selects, with its page."""
    return lambda css: [(p, tag) for p in pages for tag in soup(p).select(css)]


def test_no_link_inside_the_site_is_broken(site, pages, each, tell):
    ids = {page: set() for page in pages}
    for page, tag in each("[id], a[name]"):
        ids[page].add(tag.get("id") or tag["name"])
    broken, checked = [], 0
    for page, tag in each("a, link, img, script, source"):
        target = tag.get("href") or tag.get("src") or ""
        parts = urlsplit(target)
        if not target or parts.scheme or parts.netloc:
            continue
        checked += 1
        here, path = Path("/", page), unquote(parts.path)
        there = (here.parent / path).resolve() if path else here
        name, anchor = there.as_posix().lstrip("/"), parts.fragment
        if not (site / name).exists():
            broken.append(f"{page}: {target}")
        elif anchor and anchor not in ids.get(name, {anchor}):
            broken.append(f"{page}: {target} (no such anchor)")
    tell(f"pages: {checked} links on {len(pages)} pages")
    assert checked > len(pages)
    assert not broken, "\n".join(broken)


def test_every_image_says_what_it_shows(each):
    images = each("img:not([role=presentation])")
    silent = [
        image
        for image in images
        if len(image[1].get("alt", "")) < 10
        and not (image[1].get("alt") == "" and image[1].find_parent("a"))
    ]
    silent += each("main svg[role=img]:not([aria-label], :has(title))")
    silent += each("figure svg:not([aria-label], :has(title))")
    assert images
    assert not silent


def test_every_figure_has_a_caption_and_a_number(each):
    numbered = "figcaption .caption-number"
    figures = [figure for _, figure in each("main figure")]
    assert figures
    assert [f for f in figures if not f.select_one(numbered)] == []


def test_no_raw_myst_and_no_formula_left_unconverted(each):
    raw = []
    for page, main in each("main"):
        text = "".join(
            string
            for string in main.find_all(string=True)
            if not string.find_parent(["annotation", "pre", "code"])
        )
        for pattern in (RAW_MYST, RAW_TEX):
            raw += [f"{page}: {hit[0]!r}" for hit in pattern.finditer(text)]
    assert not raw, "\n".join(raw)


def test_code_fits_its_columns(pages, soup):
    for page in pages:
        for code in soup(page).select(".cell_input pre"):
            lines = code.get_text().splitlines()
            widest = max(lines, key=len, default="")
            assert len(widest) <= 80, f"{page}: {widest}"


def test_every_page_has_one_title_a_language_and_no_id_twice(pages, soup):
    for page in pages:
        # Some titles are for paper only.
        assert len(soup(page).select("h1:not(.onlyprint *)")) == 1, page
        assert soup(page).html["lang"] == "en", page
        ids = [tag["id"] for tag in soup(page).find_all(id=True)]
        assert len(ids) == len(set(ids)), page


def test_every_chapter_opens_and_closes_alike(soup, tutorial):
    for name in tutorial:
        main = soup(f"{name}.html").find("main")
        text = main.get_text()
        for opens in ("What you will do", "What you need", "What it leads to"):
            assert opens in text, name
        titles = [h.get_text().rstrip("#¶ ") for h in main.find_all("h2")]
        assert titles[-4:] == [
            "What to remember",
            "Ask yourself",
            "On your own",
            "Further reading",
        ], name
