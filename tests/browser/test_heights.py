"""A section or table without layout has about the height that it will have."""

import statistics

import pytest

WIDE, PHONE = 1280, 360
MEASURE = """() => {
  const all = document.querySelectorAll(
    ".bd-article section :is(section, .pst-scrollable-table-container)");
  const sections = [...all].filter((part) => !part.closest("details"));
  const places = sections.map((section) => {
    const { containIntrinsicBlockSize } = getComputedStyle(section);
    const more = section.matches("section:last-child") ? 1.25 : 1;
    return parseFloat(containIntrinsicBlockSize.replace("auto ", "")) / more;
  });
  document.head.append(Object.assign(document.createElement("style"), {
    textContent: "article * { content-visibility: visible !important }" }));
  return sections.map((section, n) =>
    [section.id || `table ${n}`, places[n],
     section.getBoundingClientRect().height]);
}"""


@pytest.fixture(scope="module", params=[WIDE, PHONE])
def measured(request, browser, http, pages):
    """The place and the height of each section and table, by page."""
    tab = browser.new_page(viewport={"width": request.param, "height": 800})
    found = {}
    for page in pages:
        tab.goto(f"{http}/{page}")
        for name, place, height in tab.evaluate(MEASURE):
            found[f"{page}#{name}"] = place, height
    tab.close()
    return found


def test_every_place_is_about_right(measured):
    ratios = {name: place / real for name, (place, real) in measured.items()}
    assert len(ratios) > 200
    wrong = {
        name: (ratio, *measured[name])
        for name, ratio in ratios.items()
        if not 0.55 < ratio < 1.45 and abs(ratio - 1) * measured[name][1] > 150
    }
    assert not wrong


def test_most_places_are_nearly_right(measured):
    ratios = sorted(place / height for place, height in measured.values())
    assert 0.95 < statistics.median(ratios) < 1.05
    tenth = len(ratios) // 10
    assert 0.85 < ratios[tenth] < ratios[-tenth] < 1.15
