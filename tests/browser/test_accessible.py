"""Everyone can read and use every page: axe, the keyboard, zoom, no script."""

import re
from collections import Counter
from functools import partial
from pathlib import Path
from urllib.parse import quote

import pytest

from bookbuild.chapters.quiz import WRONG
from bookbuild.pages import accessibility

WIDE, PHONE, NARROW = 1280, 360, 320
LIMIT = 300_000  # ms, of all rules on the longest page; it takes a tenth
OPEN_ALL = """document.querySelectorAll("details").forEach((box) => {
  box.name = ""; // else one option of a quiz closes the others
  box.open = true; });"""
# axe-core 4.14.1, by "npm pack axe-core": the packages of Python are older.
AXE_SCRIPT = Path(__file__).with_name("axe.min.js").read_text("utf-8")
# axe looks at every element in each run. Most are the coloured words of code:
# all but those whose colours are checked become plain text. And colours are
# checked last, when what has no such word is gone.
# Of all texts with the same classes, six levels up, one is looked at; of all
# that have the same colours, size and weight in both themes, one is checked, on
# the first page that has it.
BEGIN = f"""async () => {{
  {OPEN_ALL}
  // Lay all sections out, as if all were near; the page marks what scrolls.
  document.head.append(Object.assign(document.createElement("style"), {{
    textContent: "article * {{ content-visibility: visible !important }}" }}));
  window.laidOut = async () => {{
    for (let frame = 0; frame < 2; frame += 1)
      await new Promise((done) => requestAnimationFrame(done));
    await new Promise((done) => requestIdleCallback(done));
    dispatchEvent(new Event("resize"));
  }};
  await laidOut();
  window.check = async (context, options) => {{
    const {{ violations }} = await axe.run(context, {{
      resultTypes: ["violations"], elementRef: false, ...options }});
    return violations.map(({{ id, nodes }}) =>
      `${{id}} ${{document.documentElement.dataset.theme}}: ` +
      nodes.map((node) => node.target).join(" | "));
  }};
  window.colours = ["color-contrast", "link-in-text-block"];
  window.paint = (theme) =>
    Object.assign(document.documentElement.dataset, {{ theme, mode: theme }});
}}"""
CHOOSE = """(coloured) => {
  const seen = new Set(JSON.parse(sessionStorage.getItem("seen") ?? "[]"));
  const isNew = (key) => !seen.has(key) && seen.add(key);
  const all = coloured ? [...document.body.querySelectorAll("*")] : [];
  const begin = all.filter((e) => {
    if (![...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim()))
      return false;
    let key = "";
    let up = e.closest("math") ?? e; // the signs of a formula look alike
    for (let level = 0; up && level < 6; level += 1, up = up.parentElement)
      key += `${up.tagName}.${up.className} `;
    return isNew(key) && e.checkVisibility();
  });
  const look = (e) => {
    const found = [e.localName];
    for (const near of [e, e.parentElement]) {
      const { color, fontSize, fontWeight, textDecoration } =
        getComputedStyle(near);
      found.push(color, fontSize, fontWeight, textDecoration);
    }
    for (let up = e; up; up = up.parentElement) {
      const { backgroundColor, backgroundImage, opacity } =
        getComputedStyle(up);
      found.push(backgroundColor, backgroundImage, opacity);
      if (backgroundColor.startsWith("rgb(")) break; // nothing shines through
    }
    return found;
  };
  const looks = ["light", "dark"].map((theme) => {
    paint(theme);
    return begin.map(look);
  });
  window.chosen = new Set(
    begin.filter((_, i) => isNew(looks.map((l) => l[i]).join())));
  sessionStorage.setItem("seen", JSON.stringify([...seen]));
  for (const word of document.querySelectorAll("pre span"))
    if (!chosen.has(word)) word.replaceWith(...word.childNodes);
}"""
OTHERS = """async () => {
  await laidOut();
  return await check(document, { rules: Object.fromEntries(
    colours.map((rule) => [rule, { enabled: false }])) });
}"""
COLOURS = """async () => {
  const parents = new Set();
  for (let e of chosen)
    for (; e && !parents.has(e); e = e.parentElement) parents.add(e);
  for (const e of document.querySelectorAll("section > *, li, tr, dd, math *"))
    if (!parents.has(e)) e.remove();
  const all = [];
  for (const theme of chosen.size ? ["light", "dark"] : []) {
    paint(theme);
    all.push(...await check({ include: [...chosen] }, { runOnly: colours }));
  }
  return all;
}"""
# Boxes that are no tab stops before the script has measured them.
UNREACHED = ":is(pre, .formula, .drawing, .pst-scrollable-table-container"
UNREACHED += ", .text_html):not([tabindex='0'])"
SPILLS = (
    f"() => {{ {OPEN_ALL}"
    """
  const width = document.documentElement.clientWidth;
  const scrolls = (e) => e && (e.scrollWidth > e.clientWidth &&
    ["auto", "scroll"].includes(getComputedStyle(e).overflowX) ||
    scrolls(e.parentElement));
  const spilling = [...document.querySelectorAll("body *")].filter((e) => {
    const box = e.getBoundingClientRect();
    return box.width > 1 && box.height > 1 && box.right > width + 1 &&
      getComputedStyle(e).visibility === "visible" && !scrolls(e);
  });
  const wide = document.scrollingElement.scrollWidth > width;
  return spilling.map((e) => e.outerHTML.slice(0, 90)).concat(
    wide ? [`the page is ${document.scrollingElement.scrollWidth} wide`] : []);
}"""
)
# Signs for private use come from icon fonts, and none is served.
ICONS = """() => [...document.body.querySelectorAll("*")].flatMap((e) =>
  ["::before", "::after"].filter((part) =>
    /\\p{Co}/u.test(getComputedStyle(e, part).content)
  ).map((part) => e.outerHTML.slice(0, 80) + part))"""
FOCUSED = """() => {
  const e = document.activeElement;
  if (e === document.body) return null;
  const box = e.getBoundingClientRect();
  const look = getComputedStyle(e);
  const around = getComputedStyle(e.closest("form, #pst-skip-link") || e);
  const top = document.querySelector(".top").getBoundingClientRect().bottom;
  const inTop = Boolean(e.closest(".top, #pst-skip-link, nav, .bd-sidebar"));
  const everything = [...document.querySelectorAll("*")];
  return {
    name: (e.getAttribute("aria-label") || e.textContent || e.name).trim(),
    outlined: [look, around].some(
      (l) => l.outlineStyle !== "none" && parseFloat(l.outlineWidth) >= 2),
    seen: box.bottom > (inTop ? 0 : top) && box.top < innerHeight &&
      box.right > 0 && box.left < innerWidth,
    place: everything.indexOf(e),
  };
}"""
PAPER = "getComputedStyle(document.body).backgroundColor"
DIALOGS = {
    "All pages": "#pst-primary-sidebar-modal",
    "On this page": "#pst-secondary-sidebar-modal",
    "Search": "#pst-search-dialog",
}


def begin(tab, *, coloured):
    tab.set_default_timeout(LIMIT)
    tab.evaluate(AXE_SCRIPT)
    tab.evaluate(BEGIN)
    tab.evaluate(CHOOSE, coloured)


@pytest.fixture(scope="module")
def kinds(with_answers):
    """A page of each kind."""
    return with_answers, "formula-to-code.html", "mistakes.html"


def test_axe_finds_no_violation(tab_of, http, pages, kinds):
    """In both colours, and on some when the window has become narrow."""
    found = []
    with tab_of() as tab:
        for page in pages:
            tab.goto(f"{http}/{page}")
            begin(tab, coloured=True)
            lines = tab.evaluate(OTHERS)
            # Narrow pages differ in what they show and let scroll.
            if page in kinds:
                tab.set_viewport_size({"width": NARROW, "height": 800})
                lines += tab.evaluate(OTHERS)
                tab.set_viewport_size({"width": WIDE, "height": 800})
            lines += tab.evaluate(COLOURS)
            found += [f"{page}: {line}" for line in lines]
    assert not found, "\n".join(found)


def test_axe_finds_no_violation_without_the_script(
    tab_of, http, pages, kinds, soup
):
    """Nor before it has measured what scrolls."""
    assert [page for page in pages if soup(page).select(UNREACHED)] == []
    found = []
    with tab_of(width=NARROW) as tab:
        tab.route("**/*.js", lambda route: route.abort())
        for page in kinds:
            tab.goto(f"{http}/{page}")
            begin(tab, coloured=False)
            found += [f"{page}: {line}" for line in tab.evaluate(OTHERS)]
    assert not found, "\n".join(found)


def test_axe_would_find_what_is_wrong(tab_of, http):
    with tab_of(f"{http}/index.html") as tab:
        tab.add_style_tag(content="article li a { color: #888 !important }")
        tab.evaluate("document.body.append(document.createElement('button'))")
        begin(tab, coloured=True)
        lines = tab.evaluate(OTHERS) + tab.evaluate(COLOURS)
    found = {line.partition(":")[0] for line in lines}
    assert found & {"button-name light", "button-name dark"}
    assert found & {"color-contrast light", "color-contrast dark"}


def test_no_page_spills(tab_of, http, pages):
    """At 320 pixels, which is also 1280 pixels zoomed to 400 %."""
    wrong = []
    with tab_of(width=NARROW) as tab:
        for page in pages:
            tab.goto(f"{http}/{page}")
            wrong += tab.evaluate(SPILLS) + tab.evaluate(ICONS)
            if page == "index.html":
                tab.locator("article pre[tabindex='0']").first.focus()
                tab.keyboard.press("ArrowRight")
                tab.wait_for_function("document.activeElement.scrollLeft > 0")
    assert not wrong


def test_a_wide_table_of_an_object_scrolls_by_keyboard(tab_of, http, site):
    """As ``_repr_html_`` makes one, in a page as the build writes it."""
    output = (
        '<div class="cell_output"><div class="output text_html">{}</div></div>'
    )
    table = "<table><tr>{}</tr></table>".format
    tables = table("<td>1</td>"), table("<td>1234567</td>" * 60)
    context = {"body": "".join(map(output.format, tables))}
    accessibility.reach(None, "", "", context, None)
    html = (site / "index.html").read_text("utf-8")
    html = html.replace("</article>", f"{context['body']}</article>")
    with tab_of() as tab:
        tab.route("**/index.html", lambda route: route.fulfill(body=html))
        tab.goto(f"{http}/index.html")
        box = tab.get_by_role("group", name="Output")
        box.focus()
        tab.keyboard.press("ArrowRight")
        tab.wait_for_function("document.activeElement.scrollLeft > 0")
        assert box.count() == 1  # the small one is none
        assert tab.locator(".text_html[tabindex]").count() == 1


def test_zoomed_text_keeps_everything(tab_of, http, with_answers):
    with tab_of(f"{http}/{with_answers}") as tab:
        tab.add_style_tag(content="html { font-size: 200% !important; }")
        assert tab.evaluate(SPILLS) == []


def test_the_page_for_what_is_missing_is_whole_wherever_it_stands(
    tab_of, site, http
):
    for address in (f"{http}/no/such/page", (site / "404.html").as_uri()):
        with tab_of(address) as tab:
            heading = tab.get_by_role("heading", level=1)
            assert "STIX" in heading.evaluate(
                "heading => getComputedStyle(heading).fontFamily"
            )
            tab.get_by_role("link", name="the start page").click()
            assert "PyTorch" in tab.locator("article").inner_text()


@pytest.mark.parametrize(
    ("width", "colours"), [(WIDE, "none"), (PHONE, "active")]
)
def test_the_keyboard_reaches_everything_in_order(
    tab_of, site, with_answers, width, colours
):
    """Tab goes through the page from top to bottom, and shows where it is."""
    stops = []
    address = (site / with_answers).as_uri()
    with tab_of(address, width, forced_colors=colours) as tab:
        for _ in range(600):
            tab.keyboard.press("Tab")
            stop = tab.evaluate(FOCUSED)
            if stop is None or (stops and stop == stops[0]):
                break
            stops.append(stop)
    names = [stop["name"] for stop in stops]
    assert names[0].startswith("Skip to")
    assert "Dark" in names
    assert [n for n in names if n.startswith("Answer")]
    assert [s for s in stops if not (s["outlined"] and s["seen"])] == []
    places = [stop["place"] for stop in stops]
    assert places == sorted(places)


def test_a_link_to_a_section_leads_there(tab_of, http, with_answers):
    """Sections have no layout until they come near, and links find them."""
    with tab_of(f"{http}/{with_answers}") as tab:
        targets = tab.locator(".page-toc a").evaluate_all(
            "links => links.map((link) => link.hash)"
        )
        for target in targets[:-1]:  # below the last there is little room
            tab.goto("about:blank")
            tab.goto(f"{http}/{with_answers}{target}")
            tab.wait_for_timeout(500)
            heading = tab.locator(f"{target} > :is(h2, h3)")
            assert 40 < heading.bounding_box()["y"] < 200, target


def test_dialogs_open_and_close_by_keyboard(tab_of, site, with_answers):
    with tab_of((site / with_answers).as_uri(), PHONE) as tab:
        for name, box in DIALOGS.items():
            inside = tab.locator(f"{box} :is(a, input)").first
            button = tab.get_by_role("button", name=name, exact=True)
            button.focus()
            tab.keyboard.press("Enter")
            assert inside.is_visible(), name
            assert tab.evaluate(
                "Boolean(document.activeElement.closest('dialog'))"
            ), name
            tab.keyboard.press("Escape")
            assert not inside.is_visible(), name
            # Back where one was.
            assert button.evaluate("e => e === document.activeElement"), name
        tab.keyboard.press("Control+k")
        assert tab.locator("#pst-search-dialog input").is_visible()


def test_colours_are_said_and_remembered(tab_of, http):
    with tab_of(f"{http}/index.html", color_scheme="dark") as tab:
        theme = partial(tab.evaluate, "document.documentElement.dataset.theme")
        assert theme() == "dark"  # as the system has it
        tab.emulate_media(color_scheme="light")
        tab.locator("html[data-theme=light]").wait_for()
        button = tab.get_by_role("button", name="Dark")
        button.click()
        assert theme() == "dark"
        assert button.get_attribute("aria-pressed") == "true"
        dark = tab.evaluate(PAPER)
        tab.goto(f"{http}/tensors.html")
        assert theme() == "dark"
        tab.get_by_role("button", name="Light").click()
        assert tab.evaluate(PAPER) != dark


def test_nothing_moves_for_those_who_ask(tab_of, site, with_answers):
    with tab_of((site / with_answers).as_uri(), PHONE) as tab:
        tab.get_by_role("button", name="All pages").click()
        # What scrolls fades at its end; that moves with the reader's hand.
        moving = tab.evaluate("""document.getAnimations().filter(
          (one) => one.timeline === document.timeline).length""")
        assert moving == 0
        moving = tab.evaluate("""() =>
          [...document.querySelectorAll("*")].filter((e) => {
            const look = getComputedStyle(e);
            return look.scrollBehavior === "smooth" ||
              /[1-9]/.test(look.transitionDuration + look.animationDuration);
          }).length""")
        assert moving == 0


def test_forced_colours_keep_figures_and_buttons(tab_of, site, with_answers):
    address = (site / with_answers).as_uri()
    with tab_of(address, forced_colors="active", color_scheme="dark") as tab:
        figures, buttons = tab.evaluate("""() => {
          const all = (css, look) => [...document.querySelectorAll(css)].filter(
            (e) => e.checkVisibility()).map((e) => look(getComputedStyle(e)));
          return [
            all("article img.drawn", (look) => look.backgroundColor),
            all(".top button .icon", (look) => look.stroke)];
        }""")
    assert set(figures) == {"rgb(255, 255, 255)"}  # dark ink on it
    assert buttons
    assert not {"none", "rgba(0, 0, 0, 0)"} & set(buttons)


@pytest.mark.parametrize(("width", "theme"), [(WIDE, "light"), (PHONE, "dark")])
def test_without_script_every_page_is_readable(
    tab_of, http, pages, with_answers, width, theme
):
    options = {"java_script_enabled": False, "color_scheme": theme}
    with tab_of(width=width, **options) as tab:
        for page in pages:
            tab.goto(f"{http}/{page}")  # with its style sheet
            assert tab.locator("h1:visible").count() == 1, page
            assert tab.locator("button:visible").count() == 0, page
            assert tab.locator("nav.bd-links a").first.is_visible(), page
            colour = re.findall(r"\d+", tab.evaluate(PAPER))[:3]
            brightness = sum(map(int, colour))
            assert (brightness > 600) == (theme == "light"), page
        tab.goto(f"{http}/{with_answers}")
        answer = tab.locator("details.answer").first
        assert not answer.locator(".answer-body").is_visible()
        answer.locator("summary").click()
        assert answer.locator(".answer-body").is_visible()
        figure = tab.locator("section > .cell > .cell_output figure").first
        assert figure.locator("img.drawn.light").is_visible() == (
            theme == "light"
        )
        tab.locator("a.left-prev").first.click()
        assert not tab.url.endswith(with_answers)


@pytest.fixture(scope="module")
def hidden_word(pages, soup, with_answers):
    """A page, and a word that stands nowhere but in one of its answers."""
    words = re.compile(r"\b[a-z]{7,}\b").findall
    texts = (soup(page).find("body").get_text().lower() for page in pages)
    times = Counter(word for text in texts for word in words(text))
    answers = soup(with_answers).select("details.answer p")
    texts = ("".join(p.find_all(string=True, recursive=False)) for p in answers)
    inside = [word for text in texts for word in words(text.lower())]
    return with_answers, max((w for w in inside if times[w] == 1), key=len)


def test_search_from_the_disk_opens_the_answer(tab_of, site, hidden_word):
    page, word = hidden_word
    with tab_of((site / "reference/glossary.html").as_uri()) as tab:
        tab.keyboard.press("Control+k")
        tab.keyboard.type(word)
        tab.keyboard.press("Enter")
        found = tab.locator(f"#search-results ul.search li a[href*='{page}']")
        found.first.click()
        mark = tab.locator("details[open] .highlighted").first
        mark.wait_for()
        assert word in mark.text_content().lower()


def test_a_link_and_the_finding_of_a_word_open_what_is_closed(
    tab_of, http, soup, hidden_word
):
    page, word = hidden_word
    where = soup(page).select_one("details.answer [id]")["id"]
    with tab_of(f"{http}/{page}#{where}") as tab:
        tab.locator(f"details[open] [id='{where}']").first.wait_for()
    # The browser's own finding of a text; Ctrl+F goes the same way.
    for text, css in ((word, ".answer[open]"), (WRONG, ".quiz [open]")):
        with tab_of(f"{http}/{page}#:~:text={quote(text)}") as tab:
            tab.locator(css, has_text=text).first.wait_for()
