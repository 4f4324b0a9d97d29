"""Every quiz of the built site in Chromium: with a script and without one."""

from collections import Counter
from urllib.parse import quote

import pytest
from axe_playwright_python.sync_playwright import Axe

from bookbuild.chapters.quiz import RIGHT, WRONG

FINGER = 44  # CSS pixels
SMALLEST = {"width": 320, "height": 640}
OPENED = """options => options.filter(option => option.open)
    .map(option => option.querySelector(".letter").textContent)"""


@pytest.fixture(scope="session")
def with_quizzes(site, pages):
    """The pages that hold a quiz."""
    found = [
        page
        for page in pages
        if 'class="quiz"' in (site / page).read_text("utf-8")
    ]
    assert found
    return found


@pytest.fixture
def visit(browser):
    """A function that opens a page of the site; each has a context."""
    contexts = []

    def open_page(address, **settings):
        context = browser.new_context(**settings)
        contexts.append(context)
        page = context.new_page()
        page.goto(address)
        return page

    yield open_page
    for context in contexts:
        context.close()


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
def test_each_option_opens_by_keyboard_from_the_disk(
    site, with_quizzes, visit, script
):
    right = Counter()
    options = 0
    for name in with_quizzes:
        page = visit((site / name).as_uri(), java_script_enabled=script)
        for quiz in page.locator(".quiz").all():
            label = f"{name}#{quiz.get_attribute('id')}"
            boxes = quiz.locator("details")
            quiz.locator("summary").first.focus()
            for option in boxes.all():
                options += 1
                summary = option.locator("summary")
                while not summary.evaluate("e => e === document.activeElement"):
                    page.keyboard.press("Tab")
                feedback = option.locator(".feedback")
                assert not feedback.is_visible(), label
                page.keyboard.press("Enter" if options % 2 else "Space")
                feedback.wait_for(state="visible")
                said = feedback.inner_text()
                letter = option.locator(".letter").inner_text()
                assert boxes.evaluate_all(OPENED) == [letter], label
                assert said.startswith((RIGHT, WRONG)), label
                right[label] += said.startswith(RIGHT)
            page.keyboard.press("Space")  # and the last one closes again
            assert boxes.evaluate_all(OPENED) == [], label
        page.context.close()
    print(f"{len(right)} quizzes, {options} options, {right.total()} right")
    assert {label: n for label, n in right.items() if n != 1} == {}
    assert len(right) >= 3 * len(with_quizzes)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_all_feedback_open_is_accessible(site, with_quizzes, visit, scheme):
    checked = 0
    for name in with_quizzes:
        page = visit((site / name).as_uri(), color_scheme=scheme)
        # All at once: a name would let the browser close the others.
        checked += page.locator(".quiz details").evaluate_all(
            """options => options.map(option => {
                option.removeAttribute("name");
                option.open = true;
            }).length"""
        )
        found = Axe().run(page, context=".quiz")
        assert found.violations_count == 0, found.generate_report()
        page.context.close()
    print(f"{checked} options")
    assert checked > 0


def test_each_option_is_large_enough_for_a_finger(site, with_quizzes, visit):
    for name in with_quizzes:
        page = visit((site / name).as_uri(), viewport=SMALLEST)
        sizes = page.locator(".quiz summary").evaluate_all(
            "all => all.map(e => e.getBoundingClientRect())"
            ".map(box => [box.width, box.height])"
        )
        assert sizes
        assert min(height for _, height in sizes) >= FINGER, name
        assert min(width for width, _ in sizes) >= FINGER, name
        wide = page.locator(".quiz").evaluate_all(
            "all => all.filter(e => e.scrollWidth > e.clientWidth)"
            ".map(e => e.id)"
        )
        assert wide == [], name
        page.context.close()


def test_the_reader_sees_where_the_keyboard_is(site, with_quizzes, visit):
    for colors in ("none", "active"):
        page = visit((site / with_quizzes[0]).as_uri(), forced_colors=colors)
        summary = page.locator(".quiz summary").first
        page.keyboard.press("Tab")  # so that focus is the keyboard's
        summary.focus()
        style, width = summary.evaluate(
            "e => [getComputedStyle(e).outlineStyle,"
            " getComputedStyle(e).outlineWidth]"
        )
        assert style != "none", colors
        assert float(width.removesuffix("px")) >= 2, colors


def test_a_search_hit_in_closed_feedback_opens_it(site, with_quizzes, visit):
    # A link to words on a page finds what the browser's own search finds.
    words = quote(WRONG)
    for name in with_quizzes:
        page = visit(f"{(site / name).as_uri()}#:~:text={words}")
        opened = page.locator(".quiz details[open]")
        opened.first.wait_for()
        assert opened.count() == 1, name
        assert WRONG in opened.inner_text(), name
        page.context.close()


def test_paper_has_the_options_and_not_the_answers(site, with_quizzes, visit):
    for name in with_quizzes:
        page = visit((site / name).as_uri())
        page.emulate_media(media="print")
        for summary in page.locator(".quiz summary").all():
            assert summary.is_visible(), name
        for feedback in page.locator(".quiz .feedback").all():
            assert not feedback.is_visible(), name
        opened = page.locator(".quiz details").first
        opened.evaluate("option => { option.open = true; }")
        assert opened.locator(".feedback").is_visible()
        page.context.close()
