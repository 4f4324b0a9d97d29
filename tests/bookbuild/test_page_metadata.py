"""What a page tells of itself in its head: where it stands, if it is known."""

import re
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

LONG = f"# Chapter\n\n{'Many words of prose, ' * 20}end.\n"
FIRST = "# Chapter\n\nA first paragraph.\n"
OWN = "In the author's own words."
DESCRIBED = f"---\nmyst:\n  html_meta:\n    description: {OWN}\n---\n\n{FIRST}"
ADDRESS = "https://book.example.org/latest"


@pytest.fixture
def head(make_book, root):
    """A function that builds a chapter and returns its head, parsed."""

    def build(chapter=FIRST, address=""):
        book = make_book(chapter)
        ours = root / "book/_config"
        book.configure(f"""
extensions += ["bookbuild.pages.page_lists", "bookbuild.pages.page_metadata"]
html_theme = "sphinx_book_theme"
templates_path = [{str(ours / "templates")!r}]
html_static_path = [{str(ours / "static")!r}]
html_css_files = ["text.css"]
html_js_files = ["book.js"]
html_baseurl = {address!r}
""")
        built = book.good()
        return built.soup("chapter").head, built.site

    return build


def content(head, name):
    return [
        tag["content"]
        for tag in head.find_all("meta")
        if name in (tag.get("name"), tag.get("property"))
    ]


def test_without_an_address_none_is_invented(head):
    page, site = head(LONG)
    [text] = content(page, "description")
    assert len(text) <= 162  # cut between words
    assert text.endswith((" prose …", " words …", " of …", " Many …"))
    assert page.find("link", rel="canonical") is None
    assert page.select("[property^='og:'], [name^='twitter:']") == []
    assert not list(site.glob("_static/card*"))
    assert [p.name for p in site.glob("*.txt")] == ["llms.txt"]
    assert not (site / "sitemap.xml").exists()


@pytest.mark.parametrize(
    ("chapter", "slash", "description"),
    [(FIRST, "", "A first paragraph."), (DESCRIBED, "/", OWN)],
)
def test_where_the_address_is_known_it_is_told(
    head, chapter, slash, description
):
    page, site = head(chapter, ADDRESS + slash)
    here = f"{ADDRESS}/chapter.html"
    [canonical] = page.find_all("link", rel="canonical")
    assert canonical["href"] == here
    assert content(page, "description") == [description]
    assert content(page, "og:url") == [here]
    assert content(page, "og:title") == ["Chapter"]
    assert content(page, "og:description") == [description]
    assert content(page, "og:site_name") == ["Tiny"]
    [image] = content(page, "og:image")
    assert (site / image.removeprefix(f"{ADDRESS}/")).exists()
    assert content(page, "og:image:alt")
    assert content(page, "twitter:card") == ["summary_large_image"]
    line = f"Sitemap: {ADDRESS}/sitemap.xml"
    assert line in (site / "robots.txt").read_text().splitlines()
    pages = BeautifulSoup((site / "sitemap.xml").read_text(), "xml")
    names = [loc.get_text() for loc in pages.select("urlset > url > loc")]
    assert names == [here, f"{ADDRESS}/index.html"]
    listed = (site / "llms.txt").read_text().splitlines()
    assert listed[0] == "# Tiny"
    assert listed[-1] == f"- [Chapter](chapter.html): {description}"


def test_every_page_of_the_site_describes_itself(soup, pages):
    described = {}
    for page in pages:
        [text] = content(soup(page).head, "description")
        assert 20 <= len(text) <= 170, page
        described[page] = text
    assert len(set(described.values())) == len(described)


def test_the_list_of_chapters_says_what_their_pages_say(soup, site):
    text = (site / "llms.txt").read_text("utf-8")
    [about] = content(soup("index.html").head, "description")
    assert text.startswith(f"# Checked Gradients\n\n> {about}\n\n## ")
    found = re.findall(r"(?m)^- \[(.+)\]\((.+)\): (.+)$", text)
    assert len(found) == text.count("\n- ")
    listed = [a["href"] for a in soup("index.html").select("nav .toctree-l1 a")]
    pages = [Path(p).with_suffix(".html").as_posix() for _, p, _ in found]
    assert pages == [page for page in listed if page != "genindex.html"]
    for title, path, words in found:
        assert (site / path).exists()
        page = soup(Path(path).with_suffix(".html").as_posix())
        assert page.h1.get_text().rstrip("#\xb6 ") == title
        assert content(page.head, "description") == [words]
