"""Leaving out style rules that no page can match changes no page's looks.

Each page is brought into the states that readers see: menus and dialogs open,
colours switched, search results, words marked, on paper.  There every kind of
element must look the same with all the rules of all the style sheets.
"""

import pytest

# How each kind of element looks, and what stands before and after it, with
# the style sheet of the page and with all rules. A kind is a tag with its
# classes, in its surroundings.
COMPARE = """async ([whole, css]) => {
  await document.fonts.ready;
  const all = new CSSStyleSheet();
  all.replaceSync(whole);
  const names = new Set();
  const collect = (rules) => {
    for (const rule of rules) {
      for (const name of rule.style ?? [])
        if (!name.startsWith("--")) names.add(name); // those only name values
      if (rule.cssRules) collect(rule.cssRules);
    }
  };
  collect(all.cssRules);
  // What is closed has no size until somebody asks.
  const apart = "head, math *, details:not([open]) > :not(summary)";
  const looks = () => {
    const found = new Map();
    for (const element of document.querySelectorAll(css)) {
      let kind = "";
      for (let e = element, level = 0; e && level < 5; level++) {
        kind = `${e.localName}.${e.getAttribute("class") ?? ""} ${kind}`;
        e = e.parentElement;
      }
      if (found.has(kind) || element.closest(apart)) continue;
      for (const part of ["", "::before", "::after", "::backdrop"]) {
        const look = getComputedStyle(element, part || null);
        if (part && look.content === "none") continue;
        found.set(kind + part, [...names].map((name) =>
          `${name}: ${look.getPropertyValue(name)}`));
      }
    }
    return found;
  };
  const pruned = looks();
  const cut = document.querySelector("link[rel=stylesheet]");
  const style = document.createElement("style");
  style.textContent = whole;
  cut.after(style); // none is taken away: the page is never without styles,
  cut.sheet.disabled = true; // and what the mouse is at stays
  document.body.getBoundingClientRect(); // now it asks for its fonts
  await document.fonts.ready;
  const expected = looks();
  cut.sheet.disabled = false;
  style.remove();
  const differences = [];
  for (const [kind, look] of pruned) {
    const other = expected.get(kind) ?? [];
    const changed = look.filter((line, place) => line !== other[place]);
    if (changed.length)
      differences.push(`${kind}: ${changed.slice(0, 5).join("; ")}`);
  }
  return [pruned.size, differences];
}"""
ALL = "html, body, body *"
OPEN_ALL = """document.querySelectorAll("details").forEach((box) => {
  box.open = true; })"""
GROUND = "e => getComputedStyle(e).backgroundColor"
PAPER = "getComputedStyle(document.body).backgroundColor"


@pytest.fixture(scope="module")
def same(root):
    """A function that fails where something looks different with all rules."""
    whole = (root / "build/finished/whole.css").read_text("utf-8")

    def check(tab, css=ALL, more=""):
        kinds, differences = tab.evaluate(COMPARE, [whole + more, css])
        assert kinds
        assert not differences, "\n".join(differences)

    return check


@pytest.fixture(scope="module")
def kinds_of_pages(with_answers, pages):
    """One page of each kind."""
    reference = [page for page in pages if page.startswith("reference/")]
    others = ["index.html", "genindex.html", "search.html", "404.html"]
    return [with_answers, *reference, *others]


def test_the_comparison_sees_a_missing_rule(tab_of, http, same):
    rule = ".bd-article p { letter-spacing: 1px }"
    with (
        tab_of(f"{http}/index.html") as tab,
        pytest.raises(AssertionError, match="letter-spacing"),
    ):
        same(tab, more=rule)


@pytest.mark.parametrize(("theme", "width"), [("light", 1280), ("dark", 360)])
def test_pages_of_each_kind(tab_of, http, kinds_of_pages, same, theme, width):
    with tab_of(width=width, color_scheme=theme) as tab:
        for page in kinds_of_pages:
            tab.goto(f"{http}/{page}")
            tab.evaluate(OPEN_ALL)
            same(tab)


def test_the_search_dialog(tab_of, http, same):
    with tab_of(f"{http}/index.html") as tab:
        tab.keyboard.press("Control+k")
        same(tab, "#pst-search-dialog, #pst-search-dialog *")
        dialog = tab.locator("#pst-search-dialog")
        assert dialog.evaluate(GROUND) == tab.evaluate(PAPER)
        box = dialog.bounding_box()
    assert abs(2 * box["x"] + box["width"] - 1280) < 2  # in the middle
    assert 50 < box["y"] < 200


@pytest.mark.parametrize("name", ["All pages", "On this page"])
def test_the_menus_of_a_phone(tab_of, http, with_answers, same, name):
    address = f"{http}/{with_answers}"
    with tab_of(address, 360, color_scheme="dark") as tab:
        tab.get_by_role("button", name=name, exact=True).click()
        same(tab, "dialog, dialog *")
        menu = tab.get_by_role("dialog", name=name)
        assert menu.get_by_role("link").count() > 3
        box = menu.bounding_box()
        assert box["height"] == 800  # from top to bottom
        assert 200 < box["width"] < 360
        assert menu.evaluate(GROUND) == tab.evaluate(PAPER)


def test_search_results_and_marked_words(tab_of, http, same):
    with tab_of(f"{http}/search.html?q=gradient") as tab:
        results = tab.locator("#search-results ul.search li")
        results.locator("p.context").first.wait_for()
        tab.wait_for_load_state("networkidle")  # it reads the pages it found
        same(tab, "article, article *")
        results.locator("a", has_text="Glossary").first.click()
        mark = tab.locator("article .highlighted").first
        mark.wait_for()
        same(tab, ".highlighted, #searchbox *")
        transparent = "rgba(0, 0, 0, 0)"
        assert mark.evaluate(GROUND) not in {transparent, tab.evaluate(PAPER)}


def test_what_a_reader_does(tab_of, http, with_answers, same):
    """Copies, switches the colours, puts the list away, points at things."""
    with tab_of(f"{http}/{with_answers}") as tab:
        tab.get_by_role("button", name="Copy").first.click()
        tab.locator(".take [role=status]", has_text="opied").first.wait_for()
        same(tab, ".take, .take *")
        papers = set()
        for name in ("Dark", "Light"):
            button = tab.get_by_role("button", name=name)
            button.click()
            same(tab, ".top, .top *, article h2, article pre, article pre *")
            other = tab.get_by_role("button", name="As the system")
            assert button.evaluate(GROUND) != other.evaluate(GROUND)
            papers.add(tab.evaluate(PAPER))
        assert len(papers) == 2
        tab.keyboard.press("Tab")  # from now on focus shows
        for css in (
            *(".search-button-field", ".theme-change-button", ".page-toc a"),
            *("nav.bd-links a", "section > p a", "article summary"),
            ".prev-next-area a",
        ):
            element = tab.locator(css).first
            for reach, state in (
                (element.hover, "hover"),
                (element.focus, "focus"),
            ):
                reach()
                same(tab, f"{css}:{state}, {css}:{state} *")
        tab.get_by_role("button", name="All pages", exact=True).click()
        tab.locator("#pst-primary-sidebar").wait_for(state="hidden")
        same(tab, ".bd-container, .bd-container > *, .bd-sidebar-primary")
        tab.goto(f"{http}/index.html")
        tab.locator(".sd-card").first.hover()
        same(tab, ".sd-card, .sd-card *")


def test_on_paper_and_with_the_systems_colours(
    tab_of, http, with_answers, same
):
    with tab_of(f"{http}/{with_answers}", color_scheme="dark") as tab:
        for media in ({"media": "print"}, {"forced_colors": "active"}):
            tab.emulate_media(**media)
            same(tab)
