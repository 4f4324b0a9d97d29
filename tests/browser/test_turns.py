"""Every slider is turned to every value, and shows what was run with it.

What the page shows then is compared with the outcomes of the build, each of
the program that *Copy runnable* gives; ``tests/book/test_programs.py`` runs
these programs in the bare environment.
"""

import pytest

from bookbuild.execution.executed_chapters import noted
from bookbuild.programs import turned_blocks

RIGHTS = ("clipboard-read", "clipboard-write")
# Opens what holds a block, and waits until its file is here.
NEAR = """async (block) => {
  for (let e = block; e; e = e.parentElement)
    if (e.localName === "details") e.open = true;
  block.scrollIntoView({ behavior: "instant" });
  const bar = block.querySelector(".turn");
  while (!bar.loaded) await new Promise(requestAnimationFrame);
  await bar.loaded;
  window.fetched = performance.getEntriesByType("resource").length;
}"""
# What the block shows, and what its buttons copy.
SHOWN = """async (block) => {
  const all = (css) => [...block.querySelectorAll(css)];
  const text = (css) => all(css).map((e) => e.textContent);
  const images = all("img.drawn");
  const seen = images.filter((image) => image.checkVisibility());
  await Promise.all(seen.map((image) => image.decode()));
  const copied = {};
  for (const button of all(".take button")) {
    button.click();
    await new Promise((done) => setTimeout(done, 20));
    copied[button.textContent] = await navigator.clipboard.readText();
  }
  return {
    code: text("pre")[0],
    text: text(".cell_output pre")[0] ?? "",
    pictures: images.map((i) => decodeURIComponent(i.src.split(",")[1] ?? "")),
    alt: [...new Set(images.map((i) => i.alt))],
    caption: text(".cell_output .run"),
    says: text(".turn output")[0],
    values: all(".turn input").map((slider) => slider.ariaValueText),
    copied,
    requests: performance.getEntriesByType("resource").length - fetched,
  };
}"""

# How each table is displayed, wherever it stands.
TABLES = """() => [...document.querySelectorAll(".turn-table")].map(
  (table) => getComputedStyle(table).display)"""


@pytest.fixture(scope="module")
def turned(environment):
    """The blocks in which a number can be turned, by page."""
    found = noted(environment, "book_turns")
    assert found
    return found


def test_each_value_shows_its_run(tab_of, site, turned, tell):
    count = 0
    for docname, blocks in turned.items():
        address = f"{site.as_uri()}/{docname}.html"
        with tab_of(address, permissions=RIGHTS) as tab:
            for each in blocks:
                count += _turn(tab, each)
    tell(f"{count} settings of sliders, each set by keyboard and compared")


def _turn(tab, each):
    """Set every value of a block; return how many there are."""
    block = tab.locator(f"#block-{each.block.number}")
    block.evaluate(NEAR)
    sliders = block.locator(".turn input")
    back = block.locator(".turn p button")
    assert not back.is_visible()
    # From the first values to the last, as an odometer counts.
    for index in range(sliders.count()):
        sliders.nth(index).focus()
        tab.keyboard.press("End")  # it moves, even if it begins at Home
        tab.keyboard.press("Home")
    before = each.turn.settings[0]
    for setting in each.turn.settings:
        for index, (old, new) in enumerate(zip(before, setting, strict=True)):
            if old != new:
                sliders.nth(index).focus()
                is_first = new == each.turn.numbers[index].values[0]
                tab.keyboard.press("Home" if is_first else "ArrowRight")
        _compare(each, setting, block.evaluate(SHOWN))
        assert back.is_visible() == (setting != each.turn.own)
        before = setting
    # Each step by the buttons; the way back by the last one.
    for index, number in enumerate(each.turn.numbers):
        bar = block.locator(".turn div").nth(index)
        bar.locator("button").first.click()
        texts = number.values[-2], number.values[-1]
        assert bar.locator("code").last.text_content() == texts[0]
        bar.locator("button").last.click()
        assert bar.locator("code").last.text_content() == texts[1]
    if back.is_visible():
        back.click()
    _compare(each, each.turn.own, block.evaluate(SHOWN))
    return len(each.turn.settings)


def _compare(each, setting, shown):
    """Compare what the page shows and copies with what was run."""
    outcome, program = each.outcomes[setting], each.program(setting)
    place = f"block {each.block.number}, {setting}"
    lines = each.turn.cell.source.split("\n")
    for number, value in zip(each.turn.numbers, setting, strict=True):
        lines[number.line] = each.turn.line_of(number, value)
    code = "\n".join(lines)
    assert shown["code"].rstrip("\n") == code, place
    assert shown["copied"].get("Copy", code) == code, place
    assert shown["copied"]["Copy runnable"] == program, place
    assert shown["text"].rstrip("\n") == outcome.text.rstrip("\n"), place
    for light, dark, picture in zip(
        shown["pictures"][::2],
        shown["pictures"][1::2],
        outcome.pictures,
        strict=True,
    ):
        wanted = turned_blocks.rounded(picture)
        assert light == wanted, place
        assert dark != light, place
        assert len(dark.split("\n")) == len(light.split("\n")), place
    assert shown["alt"] == [outcome.alt] * bool(outcome.pictures), place
    assert shown["caption"] == outcome.caption, place
    assert shown["says"] == outcome.says, place
    for value, text in zip(setting, shown["values"], strict=True):
        assert text == (f"{value}: {outcome.says}" if outcome.says else value)
    assert shown["requests"] == 0, place


def test_another_blocks_program_keeps_the_pages_values(tab_of, site, turned):
    """Turning a number changes no program but the block's own."""
    changes = """(number) => {
      const block = document.querySelector(`#block-${number}`);
      block.querySelector("[data-turned]").textContent = "turned";
    }"""
    program = """async (number) => {
      const css = `#block-${number} .take button:last-of-type`;
      document.querySelector(css).click();
      await new Promise((done) => setTimeout(done, 20));
      return navigator.clipboard.readText();
    }"""
    docname, blocks = next(iter(turned.items()))
    number = blocks[0].block.number
    address = f"{site.as_uri()}/{docname}.html"
    with tab_of(address, permissions=RIGHTS) as tab:
        with_buttons = tab.locator("[id^=block-]:has(.take)")
        ids = with_buttons.evaluate_all("all => all.map(({ id }) => id)")
        others = [n for i in ids if (n := int(i[6:])) != number]
        before = [tab.evaluate(program, n) for n in others]
        tab.evaluate(changes, number)
        assert [tab.evaluate(program, n) for n in others] == before
        assert "turned" in tab.evaluate(program, number)


def test_without_javascript_tables_tell_of_other_values(tab_of, site, turned):
    listed = {
        docname: [each for each in blocks if each.turn.listed]
        for docname, blocks in turned.items()
    }
    assert any(listed.values())
    for docname, blocks in listed.items():
        address = f"{site.as_uri()}/{docname}.html"
        with tab_of(address, java_script_enabled=False) as tab:
            tables = tab.locator(".turn-table").all()
            for table, each in zip(tables, blocks, strict=True):
                rows = table.locator("tbody tr").all()
                own = each.turn.own[1:]
                for row, value in zip(rows, each.turn.listed, strict=True):
                    says = each.outcomes[value, *own].says
                    cells = row.locator("td").all_text_contents()
                    assert [text.strip() for text in cells] == [value, says]
            assert tab.locator(".turn:visible").count() == 0
        with tab_of(address) as tab:
            assert set(tab.evaluate(TABLES)) <= {"none"}
            tab.emulate_media(media="print")
            assert tab.evaluate(TABLES) == ["table"] * len(blocks)
            assert tab.locator(".turn:visible").count() == 0
