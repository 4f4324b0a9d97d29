"""Every quiz of the built site in Chromium: with a script and without one."""

import pytest

from bookbuild.chapters.quiz import RIGHT, WRONG

# Opens each option of a quiz by its summary, and tells what can then be read.
OPEN_EACH = """quiz => [...quiz.querySelectorAll("details")].map(option => {
    const hidden = !option.querySelector(".feedback").checkVisibility();
    option.querySelector("summary").click();
    const open = [...quiz.querySelectorAll("details[open]")];
    return [hidden && open.length === 1 && open[0] === option,
            option.querySelector(".feedback").innerText];
})"""
SEEN = "all => all.filter(e => e.checkVisibility()).length"
SMALL = """all => all.filter(e => e.getBoundingClientRect().height < 44)
    .length"""  # pixels, for a finger


@pytest.fixture(scope="module")
def with_quizzes(pages, soup):
    """The pages that hold a quiz."""
    found = [page for page in pages if soup(page).select_one(".quiz")]
    assert found
    return found


def test_each_option_opens_alone(tab_of, site, with_quizzes):
    for name in with_quizzes:
        with tab_of((site / name).as_uri(), 320) as tab:
            # Paper has the options and not the answers.
            tab.emulate_media(media="print")
            summaries = tab.locator(".quiz summary")
            assert summaries.evaluate_all(SEEN) == summaries.count(), name
            assert tab.locator(".quiz .feedback").evaluate_all(SEEN) == 0, name
            tab.emulate_media(media="screen")
            assert summaries.evaluate_all(SMALL) == 0, name
            for quiz in tab.locator(".quiz").all():
                for alone, said in quiz.evaluate(OPEN_EACH):
                    assert alone, name
                    assert said.startswith((RIGHT, WRONG)), name


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
