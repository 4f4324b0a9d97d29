"""What a page tells of itself in its head: where it stands, if it is known."""

import pytest
from bs4 import BeautifulSoup

DESCRIBED = """
    ---
    myst:
      html_meta:
        description: In the author's own words.
    ---

    # Chapter

    A first paragraph.
"""
LONG = f"# Chapter\n\n{'Many words of prose, ' * 20}end.\n"
ADDRESS = "https://book.example.org/latest"


@pytest.fixture
def head(make_book, root):
    """A function that builds a chapter and returns its head, parsed."""

    def build(chapter="# Chapter\n\nA first paragraph.\n", address=""):
        book = make_book(chapter)
        conf = book.root / "book/_config/conf.py"
        ours = root / "book/_config"
        conf.write_text(
            conf.read_text(encoding="utf-8")
            + '\nextensions += ["bookbuild.pages.page_metadata"]\n'
            + 'html_theme = "sphinx_book_theme"\n'
            + f"templates_path = [{str(ours / 'templates')!r}]\n"
            + f"html_static_path = [{str(ours / 'static')!r}]\n"
            + 'html_css_files = ["text.css"]\n'
            + 'html_js_files = ["book.js"]\n'
            + f"html_baseurl = {address!r}\n",
            encoding="utf-8",
        )
        built = book.html()
        assert built.status == 0, built.said
        page = BeautifulSoup(built.page("chapter"), "html.parser").head
        return page, built.site

    return build


def content(head, name):
    return [
        tag["content"]
        for tag in head.find_all("meta")
        if name in (tag.get("name"), tag.get("property"))
    ]


def test_without_an_address_none_is_invented(head):
    page, site = head()
    assert content(page, "description") == ["A first paragraph."]
    assert page.find("link", rel="canonical") is None
    assert not [
        tag
        for tag in page.find_all("meta")
        if str(tag.get("property")).startswith("og:")
        or str(tag.get("name")).startswith("twitter:")
    ]
    assert not list(site.glob("_static/card*"))


@pytest.mark.parametrize("slash", ["", "/"])
def test_where_the_address_is_known_it_is_told(head, slash):
    page, site = head(address=ADDRESS + slash)
    here = f"{ADDRESS}/chapter.html"
    [canonical] = page.find_all("link", rel="canonical")
    assert canonical["href"] == here
    assert content(page, "og:url") == [here]
    assert content(page, "og:title") == ["Chapter"]
    assert content(page, "og:description") == ["A first paragraph."]
    assert content(page, "og:site_name") == ["Tiny"]
    [image] = content(page, "og:image")
    assert image.startswith(f"{ADDRESS}/")
    assert (site / image.removeprefix(f"{ADDRESS}/")).exists()
    assert content(page, "og:image:alt")
    assert content(page, "twitter:card") == ["summary_large_image"]


def test_the_authors_own_description_comes_first(head):
    page, _site = head(DESCRIBED, ADDRESS)
    assert content(page, "description") == ["In the author's own words."]
    assert content(page, "og:description") == ["In the author's own words."]


def test_a_long_paragraph_is_cut_between_words(head):
    page, _site = head(LONG)
    [text] = content(page, "description")
    assert len(text) <= 162
    assert text.endswith((" prose …", " words …", " of …", " Many …"))


def test_every_page_of_the_site_describes_itself(site, pages):
    described = {}
    for page in pages:
        soup = BeautifulSoup((site / page).read_text("utf-8"), "html.parser")
        [text] = content(soup.head, "description")
        assert 20 <= len(text) <= 170, page
        described[page] = text
    assert len(set(described.values())) == len(described)
