"""How the site looks where a reader opens, switches and points at things."""

import re

import pytest

GROUND = "e => getComputedStyle(e).backgroundColor"
PAPER = "getComputedStyle(document.body).backgroundColor"
# How much of an element a change of its state changes, as style.
LOOK = "e => [...getComputedStyle(e)].map(n => getComputedStyle(e)[n]).join()"
SHRUNK = """() => {
  document.querySelectorAll("details").forEach((box) => {
    box.name = "";
    box.open = true; });
  return [...document.querySelectorAll("img.drawn.light")].map((image) => [
    image.getAttribute("src"),
    image.getBoundingClientRect().width / image.getAttribute("width")]);
}"""
# Each box that may scroll: how far it can, and whether its end fades.
FADES = """async () => {
  document.querySelectorAll("details").forEach((box) => { box.open = true; });
  const boxes = [...document.querySelectorAll(
    "pre, .formula, .output, .pst-scrollable-table-container")];
  const found = [];
  for (const end of [false, true]) {
    boxes.forEach((box) => { box.scrollLeft = end ? 1e4 : 0; });
    for (let frame = 0; frame < 2; frame += 1)
      await new Promise((done) => requestAnimationFrame(done));
    found.push(boxes.map((box) => [
      box.scrollWidth - box.clientWidth - box.scrollLeft,
      getComputedStyle(box).maskImage !== "none"]));
  }
  return found;
}"""
BROKEN = """[...document.querySelectorAll("td .pre, p .together")]
  .filter((word) => word.getClientRects().length > 1)
  .map((word) => word.textContent)"""
LETTERS = re.compile(r"scale\(([\d.]+) -")  # a hundredth of the size in points


@pytest.mark.parametrize("name", ["All pages", "On this page"])
def test_the_menus_of_a_phone(tab_of, http, with_answers, name):
    address = f"{http}/{with_answers}"
    with tab_of(address, 360, color_scheme="dark") as tab:
        tab.get_by_role("button", name=name, exact=True).click()
        menu = tab.get_by_role("dialog", name=name)
        assert menu.get_by_role("link").count() > 3
        box = menu.bounding_box()
        assert box["height"] == 800  # from top to bottom
        assert 200 < box["width"] < 360
        assert menu.evaluate(GROUND) == tab.evaluate(PAPER)


def test_cards_stand_in_a_grid(tab_of, http):
    for width, columns in ((1280, 2), (360, 1)):
        with tab_of(f"{http}/index.html", width) as tab:
            cards = tab.locator(".sd-card")
            lefts = {card.bounding_box()["x"] for card in cards.all()}
            assert len(lefts) == columns
            before = cards.first.evaluate(LOOK)
            cards.first.hover()
            assert cards.first.evaluate(LOOK) != before
            # All of a card leads on, not only its title.
            cards.first.click(position={"x": 5, "y": 5})
            assert not tab.url.endswith("index.html")


def test_the_text_of_figures_can_be_read_on_a_phone(tab_of, http, pages, site):
    small = {}
    with tab_of(width=360, color_scheme="light") as tab:
        for page in pages:
            tab.goto(f"{http}/{page}")
            for file, scale in tab.evaluate(SHRUNK):
                svg = (site / page).parent.joinpath(file).read_text("utf-8")
                points = 100 * min(map(float, LETTERS.findall(svg)))
                small[file] = points * 4 / 3 * scale  # pixels
    assert len(small) > 30
    assert {file: size for file, size in small.items() if size < 9} == {}


def test_a_wide_figure_scrolls_by_keyboard(tab_of, http):
    with tab_of(f"{http}/autograd-of-your-own.html", 360) as tab:
        wide = tab.locator("#fig-engine-graph .drawing")
        wide.scroll_into_view_if_needed()
        wide.focus()
        tab.keyboard.press("ArrowRight")
        tab.wait_for_function("document.activeElement.scrollLeft > 0")
        assert wide.get_attribute("role") == "group"


def test_what_scrolls_fades_where_it_goes_on(tab_of, http):
    for page in ("gaussian-mean", "stochastic-gradient-descent"):
        with tab_of(f"{http}/{page}.html", 360) as tab:
            before, after = tab.evaluate(FADES)
            assert len([room for room, _ in before if room]) > 10
            assert [box for box in before if bool(box[0]) != box[1]] == []
            assert [box for box in after if box[1]] == []


def test_no_name_in_a_table_and_no_number_breaks_on_a_phone(tab_of, http):
    for page in ("reference/notation", "gaussian-mean", "mistakes"):
        with tab_of(f"{http}/{page}.html", 360) as tab:
            assert tab.evaluate(BROKEN) == []
