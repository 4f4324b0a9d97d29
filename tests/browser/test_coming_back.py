"""Who comes back finds open what was open, and the page where one was."""

import pytest

# Once nothing moves: the text below the bar, and where it stands.
PLACE = """async () => {
  for (let still = 0, y = -1; still < 10; still += 1) {
    if (y !== scrollY) still = 0;
    y = scrollY;
    await new Promise((done) => setTimeout(done, 30));
  }
  const seen = [...document.querySelectorAll("article :is(h2, h3, p)")].find(
    (e) => e.checkVisibility({ contentVisibilityAuto: true }) &&
      e.getBoundingClientRect().top > 80);
  return [seen.textContent, seen.getBoundingClientRect().top];
}"""
WAYS = {
    "a reload": lambda tab, _http: tab.reload(),
    "back from a page": lambda tab, http: (
        tab.goto(f"{http}/index.html"),
        tab.evaluate(PLACE),  # the page has noted its own
        tab.go_back(),
    ),
    "back in the page": lambda tab, _http: (
        tab.evaluate("location.hash = document.querySelector('section').id"),
        tab.evaluate(PLACE),
        tab.go_back(),
    ),
}


@pytest.fixture(params=["answer", "entry"])
def addresses(request, soup, with_answers):
    """A page, and the id of what is in an answer or at an entry of mistakes."""
    if request.param == "answer":
        page, css = with_answers, "details.answer [id]"
    else:
        page, css = "mistakes.html", "section section[id]"
    return page, soup(page).select(css)[1]["id"]


def test_who_comes_back_is_where_one_was(tab_of, http, addresses):
    page, where = addresses
    target = f"[id='{where}']"
    with tab_of() as tab:
        for name, come_back in WAYS.items():
            # An address that is asked for anew leads to its place.
            tab.goto("about:blank")
            tab.goto(f"{http}/{page}#{where}")
            tab.evaluate(PLACE)
            assert -1 < tab.locator(target).bounding_box()["y"] < 800, name
            tab.mouse.move(640, 400)
            tab.mouse.wheel(0, 2500)
            text, top = tab.evaluate(PLACE)
            come_back(tab, http)
            tab.wait_for_url(f"**#{where}")
            again, there = tab.evaluate(PLACE)
            assert (text, top) == (again, pytest.approx(there, abs=3)), name
            assert tab.locator(target).is_visible(), name
