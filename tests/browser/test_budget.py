"""Every page is light: what Chromium fetches for it, with an empty cache."""

from urllib.parse import urlsplit

import pytest

from tools import browser as web

MOST_BYTES = 120 * 1024  # compressed, without figures
MOST_REQUESTS = 15  # without figures, which load when one comes near
MOST_FONTS = 10  # of the system: each name, weight and size costs a wait
PHONE = {"width": 412, "height": 823}
FIGURES = "_images"
# Figures are fetched when the reader comes near: go through the whole page.
READ = """async () => {
  for (let y = 0; y < document.body.scrollHeight; y += innerHeight) {
    scrollTo({ top: y, behavior: "instant" });
    await new Promise(requestAnimationFrame);
  }
  const shown = [...document.images].filter((image) => image.checkVisibility());
  await Promise.all(shown.map((image) => image.decode()));
}"""
# The fonts of the system, each in each size, of the text near the first screen.
FONTS = """() => {
  const found = new Set();
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const { data, parentElement: e } = texts.currentNode;
    const shown = e.checkVisibility({ contentVisibilityAuto: true });
    const { fontFamily, fontSize, fontStyle, fontWeight } = getComputedStyle(e);
    if (shown && data.trim() && !fontFamily.startsWith('"STIX'))
      found.add([fontFamily, fontWeight, fontStyle, fontSize].join(" "));
  }
  return [...found].sort();
}"""


@pytest.fixture(scope="module")
def ask(browser, http):
    """A function: what a page fetches, below the site's root or whole."""

    def ask(page, until="load"):
        context = browser.new_context()  # an empty cache
        asked = []
        tab = context.new_page()
        tab.on("request", lambda request: asked.append(request.url))
        tab.goto(f"{http}/{page}", wait_until=until)
        tab.evaluate(READ)
        # A browser without a window shows no icon, and asks for none.
        icon = tab.evaluate("document.querySelector('[rel=icon]').href")
        context.close()
        asked += [icon] if icon not in asked else []
        return [url.removeprefix(f"{http}/") for url in asked]

    return ask


@pytest.fixture(scope="module")
def fetched(ask, pages):
    """What each page fetches."""
    return {page: ask(page) for page in pages}


@pytest.fixture(scope="module")
def weights(fetched, site):
    """The bytes and requests of each page, without its figures."""
    return {page: _weight(site, paths) for page, paths in fetched.items()}


def _weight(site, paths):
    own = [p for p in paths if p and not p.startswith(FIGURES)]
    return sum(_size(site / urlsplit(path).path) for path in own), len(own)


def _size(path):
    content = path.read_bytes()
    if path.suffix in web.TEXT:
        content = web.compressed(content)
    return len(content)


def test_every_page_keeps_to_the_budget(weights, pages, tell):
    tell(f"{'page':36}{'KiB':>6}{'requests':>10}")
    for page, (size, requests) in weights.items():
        tell(f"{page:36}{size / 1024:6.1f}{requests:10}")
    assert list(weights) == pages
    heavy = {
        page: weight
        for page, weight in weights.items()
        if weight[0] > MOST_BYTES or weight[1] > MOST_REQUESTS
    }
    assert not heavy


def test_the_first_screen_needs_few_fonts(browser, http, pages):
    tab = browser.new_page(viewport=PHONE)
    for page in pages:
        tab.goto(f"{http}/{page}")
        fonts = tab.evaluate(FONTS)
        assert 2 <= len(fonts) <= MOST_FONTS, (page, fonts)
    tab.close()


def test_no_page_asks_another_host(fetched):
    abroad = {
        page: others
        for page, paths in fetched.items()
        if (others := [p for p in paths if urlsplit(p).netloc])
    }
    assert not abroad


def test_search_is_fetched_once_there_is_a_question(ask, fetched, site, tell):
    def searches(paths):
        return [p for p in paths if "searchindex" in p or "searchtools" in p]

    assert [page for page, paths in fetched.items() if searches(paths)] == []
    address = "search.html?q=gradient"
    paths = ask(address, "networkidle")
    assert len(searches(paths)) == 2
    # The lines around a hit come from the pages that are found.
    found = [p for p in paths if urlsplit(p).path.endswith(".html")]
    assert len(found) > 1
    own = [p for p in paths if p == address or p not in found]
    size, requests = _weight(site, own)
    tell(f"{address:36}{size / 1024:6.1f}{requests:10}")
    assert size <= MOST_BYTES
    assert requests <= MOST_REQUESTS


def test_each_figure_is_fetched_once_and_in_one_version(fetched):
    for page, paths in fetched.items():
        figures = [p for p in paths if p.startswith(FIGURES)]
        assert len(figures) == len(set(figures)), page
        assert not [p for p in figures if p.endswith("-dark.svg")], page
