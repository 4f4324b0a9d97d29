"""Every quiz of the built site in Chromium: with a script and without one."""

from collections import Counter
from urllib.parse import quote

import pytest

from bookbuild.chapters.quiz import RIGHT, WRONG

FINGER = 44  # CSS pixels
# Opens each option of a quiz by its summary, and tells what can then be read.
OPEN_EACH = """quiz => [...quiz.querySelectorAll("details")].map(option => {
    const hidden = !option.querySelector(".feedback").checkVisibility();
    option.querySelector("summary").click();
    const open = [...quiz.querySelectorAll("details[open]")];
    return [hidden && open.length === 1 && open[0] === option,
            option.querySelector(".feedback").innerText];
})"""
SEEN = "all => all.filter(e => e.checkVisibility()).length"
SIZES = """all => all.map(e => e.getBoundingClientRect())
    .map(box => [box.width, box.height])"""


@pytest.fixture(scope="module")
def with_quizzes(pages, soup):
    """The pages that hold a quiz."""
    found = [page for page in pages if soup(page).select_one(".quiz")]
    assert found
    return found


def test_each_option_opens_alone_and_one_is_right(tab_of, site, with_quizzes):
    right = Counter()
    for name in with_quizzes:
        with tab_of((site / name).as_uri()) as tab:
            # Paper has the options and not the answers.
            tab.emulate_media(media="print")
            summaries = tab.locator(".quiz summary")
            assert summaries.evaluate_all(SEEN) == summaries.count(), name
            assert tab.locator(".quiz .feedback").evaluate_all(SEEN) == 0, name
            tab.emulate_media(media="screen")
            for quiz in tab.locator(".quiz").all():
                label = f"{name}#{quiz.get_attribute('id')}"
                for alone, said in quiz.evaluate(OPEN_EACH):
                    assert alone, label
                    assert said.startswith((RIGHT, WRONG)), label
                    right[label] += said.startswith(RIGHT)
    assert set(right.values()) == {1}
    assert len(right) >= 3 * len(with_quizzes)


@pytest.mark.parametrize(("script", "key"), [(True, "Enter"), (False, "Space")])
def test_options_open_and_close_by_keyboard(
    tab_of, site, with_quizzes, script, key
):
    address = (site / with_quizzes[0]).as_uri()
    with tab_of(address, java_script_enabled=script) as tab:
        options = tab.locator(".quiz").first.locator("details").all()
        options[0].locator("summary").focus()
        for option in options:
            summary, feedback = option.locator("summary"), ".feedback"
            while not summary.evaluate("e => e === document.activeElement"):
                tab.keyboard.press("Tab")
            tab.keyboard.press(key)
            option.locator(feedback).wait_for(state="visible")
        tab.keyboard.press(key)
        option.locator(feedback).wait_for(state="hidden")


def test_each_option_is_large_enough_for_a_finger(tab_of, site, with_quizzes):
    for name in with_quizzes:
        with tab_of((site / name).as_uri(), 320) as tab:
            sizes = tab.locator(".quiz summary").evaluate_all(SIZES)
            assert min(side for size in sizes for side in size) >= FINGER, name
            wide = tab.locator(".quiz").evaluate_all(
                "all => all.filter(e => e.scrollWidth > e.clientWidth).length"
            )
            assert not wide, name


@pytest.mark.parametrize("colours", ["none", "active"])
def test_the_reader_sees_where_the_keyboard_is(
    tab_of, site, with_quizzes, colours
):
    address = (site / with_quizzes[0]).as_uri()
    with tab_of(address, forced_colors=colours) as tab:
        tab.keyboard.press("Tab")  # so that focus is the keyboard's
        summary = tab.locator(".quiz summary").first
        summary.focus()
        style, width = summary.evaluate(
            "e => [getComputedStyle(e).outlineStyle,"
            " parseFloat(getComputedStyle(e).outlineWidth)]"
        )
    assert style != "none"
    assert width >= 2


def test_a_search_hit_in_closed_feedback_opens_it(tab_of, site, with_quizzes):
    # A link to words on a page finds what the browser's own search finds.
    address = (site / with_quizzes[0]).as_uri()
    with tab_of(f"{address}#:~:text={quote(WRONG)}") as tab:
        opened = tab.locator(".quiz details[open]")
        opened.first.wait_for()
        assert opened.count() == 1
        assert WRONG in opened.inner_text()
