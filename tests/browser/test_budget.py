"""Every page is light: what Chromium fetches for it, with an empty cache."""

from urllib.parse import urlsplit

import pytest

from tools import browser as web

MOST_BYTES = 120 * 1024  # compressed, without figures
MOST_REQUESTS = 15  # without figures, which load when one comes near
FIGURES = "_images"
TURNS = "_turns"  # which load as figures do; the build holds their limit
# Figures are fetched when the reader comes near: go through the whole page.
READ = """async () => {
  for (let y = 0; y < document.body.scrollHeight; y += innerHeight) {
    scrollTo({ top: y, behavior: "instant" });
    await new Promise(requestAnimationFrame);
  }
  const shown = [...document.images].filter((image) => image.checkVisibility());
  await Promise.all(shown.map((image) => image.decode()));
  return document.querySelector("[rel=icon]").href;
}"""


@pytest.fixture(scope="module")
def ask(tab_of, http):
    """A function: what a page fetches, below the site's root or whole."""

    def ask(page, until="load"):
        asked = []
        with tab_of() as tab:
            tab.on("request", lambda request: asked.append(request.url))
            tab.goto(f"{http}/{page}", wait_until=until)
            # A browser without a window shows no icon, and asks for none.
            icon = tab.evaluate(READ)
        asked += [icon] if icon not in asked else []
        return [url.removeprefix(f"{http}/") for url in asked]

    return ask


@pytest.fixture(scope="module")
def fetched(ask, pages):
    """What each page fetches."""
    return {page: ask(page) for page in pages}


@pytest.fixture
def weigh(site, tell):
    """A function: whether what a page fetches keeps to the budget."""

    def weigh(page, paths):
        files = [
            site / urlsplit(p).path
            for p in paths
            if not p.startswith((FIGURES, TURNS))
        ]
        size = 0
        for file in files:
            content = file.read_bytes()
            packed = file.suffix in web.TEXT
            size += len(web.compressed(content) if packed else content)
        tell(f"{page:36}{size / 1024:6.1f} KiB{len(files):4} requests")
        return size <= MOST_BYTES and len(files) <= MOST_REQUESTS

    return weigh


def test_every_page_keeps_to_the_budget(fetched, weigh):
    assert [page for page in fetched.items() if not weigh(*page)] == []


def test_no_page_asks_another_host(fetched):
    paths = [path for paths in fetched.values() for path in paths]
    assert not [path for path in paths if urlsplit(path).netloc]


def test_search_is_fetched_once_there_is_a_question(ask, fetched, weigh):
    def searches(paths):
        return [p for p in paths if "searchindex" in p or "searchtools" in p]

    assert [page for page, paths in fetched.items() if searches(paths)] == []
    address = "search.html?q=gradient"
    paths = ask(address, "networkidle")
    assert len(searches(paths)) == 2
    # The lines around a hit come from the pages that are found.
    found = [p for p in paths if urlsplit(p).path.endswith(".html")]
    assert len(found) > 1
    assert weigh(address, [p for p in paths if p == address or p not in found])


def test_each_figure_is_fetched_once_and_in_one_version(fetched):
    for page, paths in fetched.items():
        figures = [p for p in paths if p.startswith(FIGURES)]
        assert len(figures) == len(set(figures)), page
        assert not [p for p in figures if p.endswith("-dark.svg")], page
