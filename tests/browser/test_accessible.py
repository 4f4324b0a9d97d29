"""Everyone can read and use every page: axe, the keyboard, zoom, no script."""

import re
from contextlib import contextmanager
from functools import partial

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from bs4 import BeautifulSoup

WIDE, PHONE, NARROW = 1280, 360, 320
LIMIT = 300_000  # ms, of all rules on the longest page; it takes a tenth
# Has all sections laid out, as if all were near; then the page says what
# scrolls.
LAY_OUT = """
  document.head.append(Object.assign(document.createElement("style"), {
    textContent: "article * { content-visibility: visible !important }" }));
  for (let frame = 0; frame < 2; frame += 1)
    await new Promise((done) => requestAnimationFrame(done));
  await new Promise((done) => requestIdleCallback(done));
  dispatchEvent(new Event("resize"));
"""
# axe looks at each word of code and each sign of a formula, thousands of
# them. One is looked at of those that have the same classes all the way up,
# and so the same colours; the others count as the text that they are.
START = """
(themes) => {
  document.querySelectorAll("details").forEach((box) => { box.open = true; });
  const seen = new Set();
  const parts = "pre span, p math, li math, td math";
  for (const part of document.querySelectorAll(parts)) {
    let key = "";
    for (let e = part; e; e = e.parentElement) key += e.tagName + e.className;
    part.querySelectorAll("annotation").forEach((tex) => tex.remove());
    if (seen.has(key)) part.replaceWith(part.textContent);
    seen.add(key);
  }
  window.found = null;
  (async () => {
    LAY_OUT
    const all = [];
    for (const theme of themes) {
      Object.assign(document.documentElement.dataset, { theme, mode: theme });
      const { violations } = await axe.run(document, {
        resultTypes: ["violations"], elementRef: false,
      });
      for (const { id, nodes } of violations)
        all.push(`${id} ${theme} ${innerWidth}: ` +
          nodes.map((node) => node.target).join(" | "));
    }
    window.found = all;
  })().catch((error) => { window.found = [String(error)]; });
}
""".replace("LAY_OUT", LAY_OUT)
SPILLS = """() => {
  document.querySelectorAll("details").forEach((box) => { box.open = true; });
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


@contextmanager
def tab_of(browser, **options):
    """A tab of its own, with nothing remembered."""
    context = browser.new_context(**options)
    try:
        yield context.new_page()
    finally:
        context.close()


@pytest.fixture(scope="module")
def chapter(site, pages):
    """The address of a chapter with answers and wide formulas."""
    return max(
        pages,
        key=lambda page: (site / page).read_text("utf-8").count("<details"),
    )


def test_axe_finds_no_violation(browser, site, pages):
    contexts = [
        browser.new_context(
            viewport={"width": width, "height": 800},
            reduced_motion="reduce",  # else it looks at what is on its way
        )
        for width in (WIDE, PHONE)
    ]
    for context in contexts:
        context.add_init_script(AXE_SCRIPT)
    tabs = [context.new_page() for context in contexts]
    violations = {}
    for page in pages:
        for tab in tabs:  # at work side by side
            tab.goto((site / page).as_uri())
            tab.evaluate(START, ["light", "dark"])
        found = [
            line
            for tab in tabs
            for line in tab.wait_for_function(
                "window.found", timeout=LIMIT
            ).json_value()
        ]
        if found:
            violations[page] = found
    for context in contexts:
        context.close()
    print(f"\n{len(pages)} pages, light and dark, {WIDE} and {PHONE} px wide")
    assert not violations


def test_axe_would_find_what_is_wrong(browser, site):
    with tab_of(browser) as tab:
        tab.add_init_script(AXE_SCRIPT)
        tab.goto((site / "index.html").as_uri())
        tab.add_style_tag(content="article li a { color: #bbc !important }")
        tab.evaluate("document.body.append(document.createElement('button'))")
        tab.evaluate(START, ["light"])
        found = tab.wait_for_function("window.found").json_value()
    assert {line.split()[0] for line in found} >= {
        "button-name",
        "color-contrast",
    }


@pytest.mark.parametrize(
    "options",
    [
        {"viewport": {"width": NARROW, "height": 640}},
        # 1280 x 800, zoomed to 200 %
        {"viewport": {"width": 640, "height": 400}, "device_scale_factor": 2},
    ],
    ids=["320px", "zoom"],
)
def test_no_page_scrolls_sideways(browser, site, pages, options):
    with tab_of(browser, **options) as tab:
        spilling = {}
        for page in pages:
            tab.goto((site / page).as_uri())
            if found := tab.evaluate(SPILLS):
                spilling[page] = found
    assert not spilling


def test_zoomed_text_keeps_everything(browser, site, chapter):
    with tab_of(browser, viewport={"width": WIDE, "height": 800}) as tab:
        tab.goto((site / chapter).as_uri())
        tab.add_style_tag(content="html { font-size: 200% !important; }")
        assert tab.evaluate(SPILLS) == []
    with tab_of(
        browser,
        viewport={"width": 640, "height": 400},
        device_scale_factor=2,
    ) as tab:
        tab.goto((site / chapter).as_uri())
        for name in ("All pages", "On this page", "Search", "Dark"):
            assert tab.get_by_role("button", name=name).first.is_visible()
        tab.get_by_role("button", name="All pages").click()
        assert tab.get_by_role("link", name="Glossary").first.is_visible()


def test_what_scrolls_can_be_reached_and_scrolled(browser, site, pages):
    unreachable, boxes = {}, 0
    with tab_of(browser, viewport={"width": PHONE, "height": 640}) as tab:
        for page in pages:
            tab.goto((site / page).as_uri())
            tab.evaluate(
                "document.querySelectorAll('details')"
                ".forEach((box) => { box.open = true; })"
            )
            tab.evaluate(f"async () => {{ {LAY_OUT} }}")
            found = tab.evaluate("""async () => {
              const scrolling = () => [
                ...document.querySelectorAll("article *")
              ].filter((e) => e.scrollWidth > e.clientWidth + 1 &&
                ["auto", "scroll"].includes(getComputedStyle(e).overflowX)
              ).map((e) => [e.tabIndex, e.outerHTML.slice(0, 80)]);
              // Answers open in a while, longer where the machine is busy.
              for (let turn = 0; turn < 50; turn += 1) {
                if (scrolling().every(([index]) => index === 0)) break;
                await new Promise((done) => setTimeout(done, 100));
              }
              return scrolling();
            }""")
            boxes += len(found)
            if missed := [html for index, html in found if index != 0]:
                unreachable[page] = missed
            if found and page.endswith("index.html"):
                box = tab.locator("article pre[tabindex='0']").first
                box.focus()
                tab.keyboard.press("ArrowRight")
                tab.wait_for_function("document.activeElement.scrollLeft > 0")
    print(f"\n{boxes} boxes scroll on a phone")
    assert boxes
    assert not unreachable


def test_no_page_shows_an_icon_of_a_font_that_is_not_there(
    browser, site, pages
):
    """Signs for private use come from icon fonts, and none is served."""
    with tab_of(browser) as tab:
        shown = {}
        for page in pages:
            tab.goto((site / page).as_uri())
            found = tab.evaluate("""() =>
              [...document.body.querySelectorAll("*")].flatMap((e) =>
                ["::before", "::after"].filter((part) =>
                  /\\p{Co}/u.test(getComputedStyle(e, part).content)
                ).map((part) => e.outerHTML.slice(0, 80) + part))
            """)
            if found:
                shown[page] = found
    assert not shown


def test_the_page_for_what_is_missing_is_whole_wherever_it_stands(
    browser, site, http
):
    with tab_of(browser) as tab:
        for address in (f"{http}/no/such/page", (site / "404.html").as_uri()):
            tab.goto(address)
            heading = tab.get_by_role("heading", level=1)
            assert "STIX" in heading.evaluate(
                "heading => getComputedStyle(heading).fontFamily"
            )
            tab.get_by_role("link", name="the start page").click()
            assert "PyTorch" in tab.locator("article").inner_text()


@pytest.mark.parametrize("width", [WIDE, PHONE])
def test_the_keyboard_reaches_everything_in_order(
    browser, site, chapter, width
):
    """Tab goes through the page from top to bottom, and shows where it is."""
    stops = []
    with tab_of(
        browser,
        viewport={"width": width, "height": 800},
        reduced_motion="reduce",  # so that all is where it is going to be
    ) as tab:
        tab.goto((site / chapter).as_uri())
        for _ in range(600):
            tab.keyboard.press("Tab")
            stop = tab.evaluate(FOCUSED)
            if stop is None or (stops and stop == stops[0]):
                break
            stops.append(stop)
    names = [stop["name"] for stop in stops]
    print(f"\n{len(stops)} stops at {width} px")
    assert names[0].startswith("Skip to")
    assert "Dark" in names
    assert [n for n in names if n.startswith("Answer")]
    assert [s for s in stops if not s["outlined"]] == []
    assert [s for s in stops if not s["seen"]] == []
    places = [stop["place"] for stop in stops]
    assert places == sorted(places)


def test_a_link_to_a_section_leads_there(browser, http, chapter):
    """Sections have no layout until they come near, and links find them."""
    with tab_of(browser, viewport={"width": WIDE, "height": 800}) as tab:
        tab.goto(f"{http}/{chapter}")
        targets = tab.locator(".page-toc a").evaluate_all(
            "links => links.map((link) => link.hash)"
        )
        for target in (targets[0], targets[len(targets) // 2], targets[-2]):
            tab.goto("about:blank")
            tab.goto(f"{http}/{chapter}{target}")
            tab.wait_for_timeout(500)
            top = tab.locator(f"{target} > :is(h2, h3)").evaluate(
                "heading => heading.getBoundingClientRect().top"
            )
            assert 40 < top < 200, target


def test_dialogs_open_and_close_by_keyboard(browser, site, chapter):
    with tab_of(browser, viewport={"width": PHONE, "height": 640}) as tab:
        tab.goto((site / chapter).as_uri())
        focused = partial(tab.evaluate, "document.activeElement.ariaLabel")
        for name, inside in (
            ("All pages", "#pst-primary-sidebar-modal a"),
            ("On this page", "#pst-secondary-sidebar-modal a"),
            ("Search", "#pst-search-dialog input"),
        ):
            tab.get_by_role("button", name=name, exact=True).focus()
            tab.keyboard.press("Enter")
            assert tab.locator(inside).first.is_visible(), name
            assert tab.evaluate(
                "Boolean(document.activeElement.closest('dialog'))"
            ), name
            tab.keyboard.press("Escape")
            assert not tab.locator(inside).first.is_visible(), name
            assert focused() == name  # back where one was
        tab.keyboard.press("Control+k")
        assert tab.locator("#pst-search-dialog input").is_visible()


def test_a_dialog_is_gone_the_moment_it_closes(browser, site, chapter):
    """Not only once the list is back in its place, which is a task later."""
    with tab_of(browser, viewport={"width": PHONE, "height": 640}) as tab:
        tab.goto((site / chapter).as_uri())
        for name in ("primary", "secondary"):
            opened, closed = tab.evaluate(
                """(name) => {
                  const id = `pst-${name}-sidebar-modal`;
                  const box = document.getElementById(id);
                  const display = () => getComputedStyle(box).display;
                  document.querySelector(`.${name}-toggle`).click();
                  const opened = display();
                  box.close();
                  return [opened, display()];
                }""",
                name,
            )
            assert opened != "none", name
            assert closed == "none", name


def test_colours_are_said_and_remembered(browser, http):
    with tab_of(browser, color_scheme="dark") as tab:
        tab.goto(f"{http}/index.html")
        theme = partial(tab.evaluate, "document.documentElement.dataset.theme")
        assert theme() == "dark"  # as the system has it
        tab.emulate_media(color_scheme="light")
        tab.wait_for_function(
            "document.documentElement.dataset.theme === 'light'"
        )
        button = tab.get_by_role("button", name="Dark")
        button.click()
        assert theme() == "dark"
        assert button.get_attribute("aria-pressed") == "true"
        tab.goto(f"{http}/tensors.html")
        assert theme() == "dark"


def test_nothing_moves_for_those_who_ask(browser, site, chapter):
    with tab_of(
        browser,
        viewport={"width": PHONE, "height": 640},
        reduced_motion="reduce",
    ) as tab:
        tab.goto((site / chapter).as_uri())
        tab.get_by_role("button", name="All pages").click()
        assert tab.evaluate("document.getAnimations().length") == 0
        moving = tab.evaluate("""() =>
          [...document.querySelectorAll("*")].filter((e) => {
            const look = getComputedStyle(e);
            return look.scrollBehavior === "smooth" ||
              /[1-9]/.test(look.transitionDuration + look.animationDuration);
          }).length""")
        assert moving == 0


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_forced_colours_keep_figures_and_buttons(browser, site, chapter, theme):
    with tab_of(browser, forced_colors="active", color_scheme=theme) as tab:
        tab.goto((site / chapter).as_uri())
        figures = tab.locator("article img.drawn.light")
        assert figures.count()
        for number in range(figures.count()):
            if not figures.nth(number).evaluate("e => e.checkVisibility()"):
                continue  # in a closed answer
            ground = figures.nth(number).evaluate(
                "e => getComputedStyle(e).backgroundColor"
            )
            assert ground == "rgb(255, 255, 255)"  # dark ink on it
        assert tab.locator("article img.drawn.dark").first.is_hidden()
        for button in tab.locator(".top button:visible").all():
            border, icon = button.evaluate("""e => [
              getComputedStyle(e.closest(".colours") || e).borderTopWidth,
              getComputedStyle(e.querySelector(".icon")).stroke,
            ]""")
            assert float(border.removesuffix("px")) >= 1
            assert icon not in {"none", "rgba(0, 0, 0, 0)"}
        question = tab.locator("article .exercise").first.evaluate(
            "e => parseFloat(getComputedStyle(e).borderLeftWidth)"
        )
        assert question >= 1


def test_without_script_every_page_is_readable(browser, http, pages):
    for width, theme in ((WIDE, "light"), (PHONE, "dark")):
        with tab_of(
            browser,
            java_script_enabled=False,
            viewport={"width": width, "height": 800},
            color_scheme=theme,
        ) as tab:
            for page in pages:
                tab.goto(f"{http}/{page}")
                assert tab.locator("h1:visible").count() == 1, page
                assert tab.locator("button:visible").count() == 0, page
                assert tab.locator("nav.bd-links a").first.is_visible(), page
                paper = tab.locator("body").evaluate(
                    "e => getComputedStyle(e).backgroundColor"
                )
                brightness = sum(map(int, re.findall(r"\d+", paper)[:3]))
                assert (brightness > 600) == (theme == "light"), page


def test_without_script_one_can_move_on_and_open_answers(
    browser, site, chapter
):
    with tab_of(browser, java_script_enabled=False) as tab:
        tab.goto((site / chapter).as_uri())
        answer = tab.locator("details.answer").first
        assert not answer.locator(".answer-body").is_visible()
        answer.locator("summary").click()
        assert answer.locator(".answer-body").is_visible()
        figure = tab.locator("section > .cell figure").first
        assert figure.locator("img.drawn.light").is_visible()
        assert figure.locator("img.drawn.dark").is_hidden()
        tab.locator("a.left-prev").first.click()
        assert not tab.url.endswith(chapter)
        tab.goto((site / "search.html").as_uri())
        assert tab.locator("main a", has_text="index").first.is_visible()


@pytest.fixture(scope="module")
def hidden_word(site, pages):
    """A page, and a word that stands nowhere but in one of its answers."""
    words = re.compile(r"\b[a-z]{7,}\b")
    texts, answers = {}, {}
    for page in pages:
        soup = BeautifulSoup((site / page).read_text("utf-8"), "html.parser")
        for annotation in soup.select("annotation, script"):
            annotation.extract()
        for answer in soup.select("details.answer"):
            prose = " ".join(p.get_text() for p in answer.select("p"))
            answers.setdefault(page, set()).update(words.findall(prose))
            answer.extract()
        texts[page] = set(words.findall(soup.get_text().lower()))
    for page, found in sorted(answers.items()):
        elsewhere = (
            set()
            .union(*texts.values())
            .union(
                *(found for other, found in answers.items() if other != page)
            )
        )
        if only := sorted(found - elsewhere, key=len):
            return page, only[-1]
    return pytest.fail("no answer has a word of its own")


def test_search_from_the_disk_opens_the_answer(browser, site, hidden_word):
    page, word = hidden_word
    with tab_of(browser) as tab:
        tab.goto((site / "reference/glossary.html").as_uri())
        tab.keyboard.press("Control+k")
        tab.keyboard.type(word)
        tab.keyboard.press("Enter")
        found = tab.locator(f"#search-results ul.search li a[href*='{page}']")
        found.first.click()
        mark = tab.locator("details[open] .highlighted").first
        mark.wait_for()
        assert mark.is_visible()
        assert word in mark.text_content().lower()


def test_a_link_and_the_finding_of_a_word_open_the_answer(
    browser, http, hidden_word
):
    page, word = hidden_word
    with tab_of(browser) as tab:
        tab.goto(f"{http}/{page}")
        where = tab.locator("details.answer [id]").first.get_attribute("id")
    with tab_of(browser) as tab:
        tab.goto(f"{http}/{page}#{where}")
        tab.locator(f"details[open] [id='{where}']").first.wait_for()
    with tab_of(browser) as tab:
        # The browser's own finding of a text; Ctrl+F goes the same way.
        tab.goto(f"{http}/{page}#:~:text={word}")
        tab.locator("details.answer[open]", has_text=word).first.wait_for()


def test_no_page_complains(browser, http, pages):
    said = []
    with tab_of(browser) as tab:
        tab.on("pageerror", lambda error: said.append((tab.url, str(error))))
        tab.on(
            "console",
            lambda message: (
                message.type in {"error", "warning"}
                and said.append((tab.url, message.text))
            ),
        )
        for page in pages:
            tab.goto(f"{http}/{page}")
    assert not said
