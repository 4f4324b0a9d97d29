"""Who types an error message into the site's search finds its entry."""

import re

PAGE = "mistakes.html"
WORD = re.compile(r"[A-Za-z_]{2,}")
# What stands beside an article and must not be around a hit.
BESIDE = re.compile(r"Copy|\.ipynb|On this page|Verified|\\[a-z]+|©")


# Searches in one page, where the index is already; without the lines around
# the hits, which are fetched page by page. Tells the links for each text.
SEARCH = """async (texts) => {
  DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false;
  const results = document.querySelector("#search-results");
  const found = [];
  for (const text of texts) {
    results.textContent = "";
    Search.performSearch(text);
    do await new Promise((done) => setTimeout(done));
    while (!results.querySelector(".search-summary") ||
      results.textContent.includes("Searching"));
    const links = [...results.querySelectorAll("ul.search a")];
    found.push(links.map((link) => link.getAttribute("href")));
  }
  return found;
}"""


def test_every_message_is_found(tab_of, http, soup):
    """Pasted, without its numbers, and by five of its words."""
    shown = soup(PAGE).select("main :is(.traceback, .stderr) pre")
    messages = {" ".join(output.get_text().split()) for output in shown}
    assert len(messages) > 20
    texts = []
    for message in messages:
        words = WORD.findall(message)
        texts += [message, " ".join(words), " ".join(words[1:6])]
    with tab_of(f"{http}/search.html?q=gradient") as tab:
        tab.locator("#search-results .search-summary").wait_for()
        *found, none = tab.evaluate(SEARCH, [*texts, "scalar outputs xyzzy"])
    for text, links in zip(texts, found, strict=True):
        assert PAGE in {re.split("[?#]", link)[0] for link in links}, text
    assert none == []


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
