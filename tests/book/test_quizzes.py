"""Each chapter asks its reader three to five short questions."""

import pytest
from bs4 import BeautifulSoup

from bookbuild.chapters.quiz import NUMBERED, RIGHT, WRONG


@pytest.fixture(scope="session")
def chapters(tutorial, site):
    """The chapters by name, parsed, in the order of the book."""
    return {
        name: BeautifulSoup(
            (site / f"{name}.html").read_text("utf-8"), "html.parser"
        ).find("main")
        for name in tutorial
    }


def _section(main, title):
    return next(
        (
            heading.parent
            for heading in main.find_all("h2")
            if heading.get_text().startswith(title)
        ),
        None,
    )


def test_every_chapter_asks_three_to_five_questions(chapters):
    counts = {}
    for name, main in chapters.items():
        quizzes = main.select(".quiz")
        if _section(main, "What to remember") is None:
            assert not quizzes, name
            continue
        asked = _section(main, "Ask yourself")
        assert asked is not None, name
        assert asked.select(".quiz") == quizzes, f"{name}: a quiz elsewhere"
        counts[name] = len(quizzes)
        print(f"{name}: {counts[name]} questions")
    print(f"{sum(counts.values())} questions in {len(counts)} chapters")
    assert counts
    assert {n: c for n, c in counts.items() if not 3 <= c <= 5} == {}


def test_one_option_is_right_and_all_have_feedback(chapters):
    places = []
    for name, main in chapters.items():
        for number, quiz in enumerate(main.select(".quiz"), start=1):
            where = f"{name}, {quiz['id']}"
            asks = quiz.select_one(".quiz-question").get_text()
            assert asks.startswith(f"{NUMBERED} {number} "), where
            options = quiz.select("details.option")
            right = ["right" in option["class"] for option in options]
            assert right.count(True) == 1, where
            places.append(right.index(True))
            for option, is_right in zip(options, right, strict=True):
                verdict, rest = RIGHT if is_right else WRONG, ""
                said = option.select_one(".feedback").get_text(" ", strip=True)
                assert said.startswith(verdict), where
                rest = said.removeprefix(verdict).strip()
                assert len(rest) >= 15, f"{where}: {rest!r}"
    share = {place: places.count(place) for place in sorted(set(places))}
    print(f"the right option is number ... of {len(places)}: {share}")
    assert max(share.values()) <= len(places) / 2  # none can be guessed


def test_no_label_of_a_quiz_stands_twice_in_the_book(chapters):
    labels = [q["id"] for m in chapters.values() for q in m.select(".quiz")]
    assert len(labels) == len(set(labels))
