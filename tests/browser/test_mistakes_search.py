"""Who types an error message into the site's search finds its entry."""

import re

import pytest

PAGE = "mistakes.html"
WORD = re.compile(r"[A-Za-z_]{2,}")
# What stands beside an article and must not be around a hit.
BESIDE = re.compile(r"Copy|\.ipynb|On this page|Verified|\\[a-z]+|©")


@pytest.fixture(scope="module")
def search(tab_of, http):
    """A function: the links of the search page for some words."""
    with tab_of(f"{http}/search.html") as tab:

        def search(words):
            # A new search in the same page: its index is there already.
            tab.evaluate(
                """(words) => {
                  document.querySelector("#search-results").textContent = "";
                  Search.performSearch(words);
                }""",
                words,
            )
            summary = tab.locator("#search-results .search-summary")
            summary.filter(has_not_text="Searching").wait_for()
            tab.wait_for_function(
                "() => !document.querySelector('#search-results')"
                ".textContent.includes('Searching')"
            )
            return tab.locator("#search-results ul.search a").evaluate_all(
                "links => links.map((link) => link.getAttribute('href'))"
            )

        tab.goto(f"{http}/search.html?q=gradient")
        tab.locator("#search-results .search-summary").wait_for()
        yield search


def test_every_message_is_found(soup, search):
    """Pasted, without its numbers, and by five of its words."""
    messages = [
        row.find("td").get_text()
        for table in soup(PAGE).select("main table")
        if table.find("th").get_text() in {"message", "warning"}
        for row in table.select("tbody tr")
    ]
    assert len(messages) > 20
    for message in messages:
        words = WORD.findall(message)
        for typed in (message, " ".join(words), " ".join(words[1:6])):
            links = {re.split("[?#]", link)[0] for link in search(typed)}
            assert PAGE in links, typed
    assert search("scalar outputs xyzzy") == []


def test_the_lines_around_a_hit_are_of_the_article(tab_of, http):
    texts = []
    for words in ("gradient", "log-likelihood", "notebook", "curvature"):
        with tab_of(f"{http}/search.html?q={words}") as tab:
            tab.locator("#search-results .context").first.wait_for()
            tab.wait_for_load_state("networkidle")
            hits = tab.locator("#search-results ul.search > li").all()
            texts += [hit.inner_text() for hit in hits]
    assert [text for text in texts if BESIDE.search(text)] == []
    # A heading and what follows it are not run together.
    assert any("condition number The ratio" in text for text in texts)
