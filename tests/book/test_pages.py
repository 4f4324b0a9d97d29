"""The built site, page by page: links, pictures, formulas, leftovers."""

import re
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
import tinycss2
from bs4 import BeautifulSoup

RAW_MYST = re.compile(
    r"\{(?:code-cell|quiz|run|ref|numref|eq|term|doc|cite:\w|verified|py:\w+"
    r"|math)\}|^:::|```\{|:label:|:snippet:",
    re.MULTILINE,
)
RAW_TEX = re.compile(
    r"\$[^$\n]*\\[a-z]+[^$\n]*\$|\\(?:frac|sum|begin|mathbb)\b"
)


@pytest.fixture(scope="session")
def soups(site, pages):
    """Every page, parsed."""
    return {
        page: BeautifulSoup((site / page).read_text("utf-8"), "html.parser")
        for page in pages
    }


def _inside(page: str, target: str) -> tuple[str, str] | None:
    """Return the page and anchor that a link leads to; None if outside."""
    parts = urlsplit(target)
    if parts.scheme or parts.netloc:
        return None
    path = unquote(parts.path)
    here = Path("/", page).parent
    there = Path("/", page) if not path else (here / path).resolve()
    return there.as_posix().lstrip("/"), parts.fragment


def test_no_link_inside_the_site_is_broken(site, soups):
    ids = {
        page: {tag["id"] for tag in soup.find_all(id=True)}
        | {tag["name"] for tag in soup.find_all("a", attrs={"name": True})}
        for page, soup in soups.items()
    }
    broken, checked = [], 0
    for page, soup in soups.items():
        for tag in soup.find_all(["a", "link", "img", "script", "source"]):
            target = tag.get("href") or tag.get("src")
            if not target or target.startswith(("data:", "mailto:")):
                continue
            inside = _inside(page, target)
            if inside is None:
                continue
            there, anchor = inside
            checked += 1
            if not (site / there).exists():
                broken.append(f"{page}: {target}")
            elif anchor and there in ids and anchor not in ids[there]:
                broken.append(f"{page}: {target} (no such anchor)")
    print(f"{checked} links checked on {len(soups)} pages")
    assert checked > len(soups)
    assert not broken, "\n".join(broken)


def test_no_page_asks_another_host_for_anything(soups):
    asking = []
    for page, soup in soups.items():
        for tag in soup.find_all(["script", "img", "iframe", "source", "link"]):
            target = tag.get("src") or tag.get("href") or ""
            relation = " ".join(tag.get("rel") or [])
            if tag.name == "link" and relation in ("canonical", "license"):
                continue  # an address that is told, not fetched
            if urlsplit(target).netloc:
                asking.append(f"{page}: {target}")
    assert not asking, "\n".join(asking)


def test_every_image_says_what_it_shows(soups):
    silent, images = [], 0
    for page, soup in soups.items():
        for image in soup.find_all("img"):
            images += 1
            alt = image.get("alt")
            decorative = image.get("role") == "presentation" or (
                alt == "" and image.find_parent("a")
            )
            if not decorative and len(alt or "") < 10:
                silent.append(f"{page}: {image.get('src')} {alt!r}")
        for figure in soup.select("main svg[role=img], figure svg"):
            images += 1
            if not (figure.get("aria-label") or figure.find("title")):
                silent.append(f"{page}: an inline figure")
    print(f"{images} images")
    assert images > 0
    assert not silent, "\n".join(silent)


def test_every_figure_has_a_caption_and_a_number(soups):
    bare = [
        f"{page}: {figure.get('id')}"
        for page, soup in soups.items()
        for figure in soup.select("main figure")
        if not figure.select_one("figcaption .caption-number")
    ]
    assert not bare, "\n".join(bare)


def test_no_raw_myst_and_no_formula_left_unconverted(soups):
    raw = []
    for page, soup in soups.items():
        main = soup.find("main")
        if main is None:
            continue
        for annotation in main.find_all(["annotation", "pre", "code"]):
            annotation.extract()
        text = main.get_text()
        raw += [
            f"{page}: {found[0]!r}"
            for pattern in (RAW_MYST, RAW_TEX)
            for found in pattern.finditer(text)
        ]
    assert not raw, "\n".join(raw)


def test_no_id_stands_twice_on_a_page(soups):
    twice = []
    for page, soup in soups.items():
        ids = [tag["id"] for tag in soup.find_all(id=True)]
        twice += [f"{page}: {i}" for i in sorted(set(ids)) if ids.count(i) > 1]
    assert not twice, "\n".join(twice)


def test_every_page_has_one_title_and_says_its_language(soups):
    for page, soup in soups.items():
        titles = [
            title
            for title in soup.find_all("h1")
            if not title.find_parent(class_="onlyprint")  # for paper only
        ]
        assert len(titles) == 1, page
        assert soup.html["lang"] == "en", page


def test_nothing_of_the_machine_that_built_it_is_in_the_site(site, root):
    words = [str(root), str(Path.home()) + "/"]
    named = [
        f"{path.relative_to(site)}: {word}"
        for path in sorted(site.rglob("*"))
        if path.is_file()
        for word in words
        if len(word) > 2 and word.encode() in path.read_bytes()
    ]
    assert not named, "\n".join(named)


def test_every_chapter_opens_and_closes_alike(soups, tutorial):
    chapters = [f"{name}.html" for name in tutorial]
    assert chapters
    for page in chapters:
        main = soups[page].find("main")
        text = main.get_text()
        assert "What you will do" in text, page
        assert "What you need" in text, page
        assert "What it leads to" in text, page
        titles = [
            re.sub(r"[#¶]\s*$", "", h.get_text()).strip()
            for h in main.find_all("h2")
        ]
        assert titles[-4:] == [
            "What to remember",
            "Ask yourself",
            "On your own",
            "Further reading",
        ], page


def test_no_style_searches_the_page_as_it_arrives(site):
    """At each piece that arrives a browser would style all of it anew."""
    (sheet,) = (site / "_static").glob("book.*.css")
    searching = [
        selector
        for rule in tinycss2.parse_stylesheet(sheet.read_text("utf-8"))
        if rule.type == "qualified-rule"  # on paper it does no harm
        for selector in tinycss2.serialize(rule.prelude).split(",")
        if re.search(r"(body|main|article|section)[\w.#-]*:has\(", selector)
    ]
    assert searching == []
