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
GROUND = "e => getComputedStyle(e).backgroundColor"
PAPER = "getComputedStyle(document.body).backgroundColor"


@pytest.fixture(scope="module")
def whole(site, root):
    """All the rules: what the style sheet was before it was cut."""
    assert site
    return (root / "build/finished/whole.css").read_text("utf-8")


@pytest.fixture(scope="module")
def same(whole):
    """A function that fails where something looks different with all rules."""

    def check(tab, css="html, body, body *"):
        tab.evaluate("document.fonts.ready")
        kinds, differences = tab.evaluate(COMPARE, [whole, css])
        assert kinds
        assert differences == []
        return kinds

    return check


@pytest.fixture
def open_tab(browser, http):
    """A function that opens a page, so wide, in one of the two themes."""
    contexts = []

    def open_(page, theme="light", width=1280):
        context = browser.new_context(
            viewport={"width": width, "height": 800},
            color_scheme=theme,
            reduced_motion="reduce",  # so that all is what it is going to be
        )
        contexts.append(context)
        tab = context.new_page()
        tab.goto(f"{http}/{page}")
        return tab

    yield open_
    for context in contexts:
        context.close()


@pytest.fixture(scope="module")
def chapter(site, pages):
    """A chapter with answers."""
    return max(
        pages,
        key=lambda page: (site / page).read_text("utf-8").count("<details"),
    )


@pytest.fixture(scope="module")
def kinds_of_pages(chapter, pages):
    """One page of each kind."""
    reference = [page for page in pages if page.startswith("reference/")]
    others = ["index.html", "genindex.html", "search.html", "404.html"]
    return [chapter, *reference, *others]


def test_the_comparison_sees_a_missing_rule(open_tab, whole):
    tab = open_tab("index.html")
    longer = f"{whole} .bd-article p {{ letter-spacing: 1px }}"
    _kinds, differences = tab.evaluate(COMPARE, [longer, "body *"])
    assert any("letter-spacing" in text for text in differences)


@pytest.mark.parametrize(
    ("theme", "width"), [("light", 1280), ("dark", 800), ("dark", 360)]
)
def test_pages_of_each_kind(open_tab, kinds_of_pages, same, theme, width):
    tab = open_tab("index.html", theme, width)
    kinds = 0
    for page in kinds_of_pages:
        tab.goto(tab.url.replace(tab.url.split("/", 3)[3], page))
        tab.evaluate(
            "document.querySelectorAll('details')"
            ".forEach((box) => { box.open = true; })"
        )
        kinds += same(tab)
    print(f"\n{kinds} kinds of elements compared")
    assert kinds > 500


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_search_dialog(open_tab, same, theme):
    tab = open_tab("index.html", theme)
    tab.keyboard.press("Control+k")
    same(tab, "#pst-search-dialog, #pst-search-dialog *")
    dialog = tab.locator("#pst-search-dialog")
    assert dialog.evaluate(GROUND) == tab.evaluate(PAPER)
    look = dialog.evaluate("e => ({ ...getComputedStyle(e) })")
    assert look["borderTopWidth"] == "1px"
    box = dialog.bounding_box()
    assert abs(2 * box["x"] + box["width"] - 1280) < 2  # in the middle
    assert 50 < box["y"] < 200


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("name", ["All pages", "On this page"])
def test_the_menus_of_a_phone(open_tab, chapter, same, name, theme):
    tab = open_tab(chapter, theme, 360)
    tab.get_by_role("button", name=name, exact=True).click()
    same(tab, "dialog, dialog *")
    menu = tab.get_by_role("dialog", name=name)
    assert menu.get_by_role("link").count() > 3
    box = menu.bounding_box()
    assert box["height"] == 800  # from top to bottom
    assert 200 < box["width"] < 360
    assert menu.evaluate(GROUND) == tab.evaluate(PAPER)


def test_the_list_of_pages_put_away(open_tab, chapter, same):
    tab = open_tab(chapter)
    tab.get_by_role("button", name="All pages", exact=True).click()
    tab.locator("#pst-primary-sidebar").wait_for(state="hidden")
    same(tab, ".bd-container, .bd-container > *, .bd-sidebar-primary")


def test_switched_colours(open_tab, chapter, same):
    tab = open_tab(chapter)
    for name, paper in (
        ("Dark", "rgb(20, 24, 29)"),
        ("Light", "rgb(253, 253, 251)"),
    ):
        button = tab.get_by_role("button", name=name)
        button.click()
        same(tab, ".top, .top *, article h2, article pre, article pre *")
        other = tab.get_by_role("button", name="As the system")
        assert button.evaluate(GROUND) != other.evaluate(GROUND)
        assert tab.evaluate(PAPER) == paper


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_search_results_and_marked_words(open_tab, same, theme):
    tab = open_tab("search.html?q=gradient", theme)
    results = tab.locator("#search-results ul.search li")
    results.locator("p.context").first.wait_for()
    tab.wait_for_load_state("networkidle")  # it reads the pages it found
    same(tab, "article, article *")
    look = results.first.evaluate("e => ({ ...getComputedStyle(e) })")
    assert look["listStyleType"] == "none"
    assert look["borderTopWidth"] == "1px"
    results.locator("a", has_text="Glossary").first.click()
    mark = tab.locator("article .highlighted").first
    mark.wait_for()
    same(tab, ".highlighted, #searchbox *")
    assert mark.evaluate(GROUND) not in {
        "rgba(0, 0, 0, 0)",
        tab.evaluate(PAPER),
    }


def test_a_block_that_was_copied(open_tab, chapter, same):
    tab = open_tab(chapter)
    tab.get_by_role("button", name="Copy").first.click()
    tab.locator(".take [role=status]", has_text="opied").first.wait_for()
    same(tab, ".take, .take *")


def test_what_the_mouse_or_the_keyboard_is_at(open_tab, chapter, same):
    tab = open_tab(chapter)
    tab.keyboard.press("Tab")  # from now on focus shows
    tab.keyboard.press("Tab")  # and the link that skips is out of the way
    for css in (
        ".wordmark",
        ".search-button-field",
        ".theme-change-button",
        "nav.bd-links a",
        ".page-toc a",
        "article p a",
        "article summary",
        ".prev-next-area a",
    ):
        element = tab.locator(css).first
        element.hover()
        same(tab, f"{css}, {css} *")
        element.focus()
        same(tab, f"{css}, {css} *")
    tab = open_tab("index.html")
    tab.locator(".sd-card").first.hover()
    same(tab, ".sd-card, .sd-card *")


@pytest.mark.parametrize(
    "media",
    [{"media": "print"}, {"forced_colors": "active"}, {"contrast": "more"}],
    ids=lambda media: "-".join(media.values()),
)
def test_on_paper_and_with_the_systems_colours(open_tab, chapter, same, media):
    tab = open_tab(chapter, "dark")
    tab.emulate_media(**media)
    same(tab)
