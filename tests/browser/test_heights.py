"""A section or table without layout has about the height that it will have."""

import statistics

import pytest

WIDE, PHONE = 1280, 360
LINE = 27  # px
MEASURE = """() => {
  const all = document.querySelectorAll(
    ".bd-article section :is(section, .pst-scrollable-table-container)," +
    ".bd-article .glossary > dd");
  const sections = [...all].filter((part) => !part.closest("details"));
  const places = sections.map((section) => {
    const { containIntrinsicBlockSize } = getComputedStyle(section);
    const more = section.matches("section:last-child") ? 1.25 : 1;
    return parseFloat(containIntrinsicBlockSize.replace("auto ", "")) / more;
  });
  document.head.append(Object.assign(document.createElement("style"), {
    textContent: "article * { content-visibility: visible !important }" }));
  return sections.map((section, n) =>
    [section.id || `${section.tagName} ${n}`, places[n],
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
    ratios = sorted(
        place / height
        for name, (place, height) in measured.items()
        if "#DD" not in name
    )
    assert 0.95 < statistics.median(ratios) < 1.05
    tenth = len(ratios) // 10
    assert 0.85 < ratios[tenth] < ratios[-tenth] < 1.15


def test_meanings_of_terms_are_right_by_a_line_or_two(measured):
    meanings = [found for name, found in measured.items() if "#DD" in name]
    assert len(meanings) > 50
    lines = [abs(place - height) / LINE for place, height in meanings]
    assert max(lines) < 2.5
    assert statistics.mean(lines) < 0.7
    places, heights = map(sum, zip(*meanings, strict=True))
    assert 0.9 < places / heights < 1.1
