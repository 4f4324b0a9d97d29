"""Who types an error message into the site's search finds its entry.

The lines around a hit are of the article.
"""

import re

import pytest
from bs4 import BeautifulSoup

PAGE = "mistakes.html"
WORD = re.compile(r"[A-Za-z_]{2,}")
SOME = 5  # words, if one types instead of pasting


@pytest.fixture(scope="module")
def messages(site):
    """Every error message and warning of the page's finder."""
    html = (site / PAGE).read_text(encoding="utf-8")
    soup = BeautifulSoup(html, "html.parser")
    found = [
        row.find("td").get_text()
        for table in soup.select("main table")
        if table.find("th").get_text() in {"message", "warning"}
        for row in table.select("tbody tr")
    ]
    assert len(found) > 20
    return found


@pytest.fixture(scope="module")
def search(browser, http):
    """A function that types into the search page and returns what it finds."""
    page = browser.new_page()

    def run(words):
        page.goto(f"{http}/search.html")
        field = page.locator("main input[type=search]")
        field.fill(words)
        field.press("Enter")
        page.locator("#search-results .search-summary").wait_for()
        page.wait_for_function(
            "() => !document.querySelector('#search-results')"
            ".textContent.includes('Searching')"
        )
        links = page.locator("#search-results ul.search a")
        return [link.get_attribute("href") for link in links.all()]

    yield run
    page.close()


def _leads_to_the_page(links):
    return any(link.split("?")[0].split("#")[0] == PAGE for link in links)


@pytest.mark.parametrize(
    "typed",
    [
        lambda message: message,
        lambda message: " ".join(WORD.findall(message)),
        lambda message: " ".join(WORD.findall(message)[1 : SOME + 1]),
    ],
    ids=["pasted", "words without numbers", "five words"],
)
def test_every_message_is_found(messages, search, typed):
    lost = [
        message
        for message in messages
        if not _leads_to_the_page(search(typed(message)))
    ]
    print(f"{len(messages) - len(lost)} of {len(messages)} messages found")
    assert not lost, "\n".join(lost)


def test_words_that_nobody_wrote_lead_nowhere(search):
    assert search("scalar outputs xyzzy") == []


# What stands beside an article: menus, buttons, TeX.
BESIDE = re.compile(r"Copy|\.ipynb|On this page|Verified|\\[a-z]+|©")


@pytest.mark.parametrize(
    "words", ["gradient", "log-likelihood", "samples", "notebook"]
)
def test_the_lines_around_a_hit_are_of_the_article(browser, http, words):
    page = browser.new_page()
    page.goto(f"{http}/search.html?q={words}")
    hits = page.locator("#search-results ul.search > li")
    page.locator("#search-results .context").first.wait_for()
    page.wait_for_load_state("networkidle")
    texts = [hit.inner_text() for hit in hits.all()]
    page.close()
    assert texts
    assert [text for text in texts if BESIDE.search(text)] == []


def test_a_term_and_its_meaning_do_not_run_together(browser, http):
    page = browser.new_page()
    page.goto(f"{http}/search.html?q=curvature")
    hit = page.locator("#search-results li", has_text="Glossary")
    hit.locator(".context").wait_for()
    assert "condition number The ratio" in hit.inner_text()
    page.close()
