"""Each chapter asks its reader three to five short questions."""

from bookbuild.chapters.quiz import WRONG


def test_every_chapter_asks_three_to_five_questions(tutorial, soup, tell):
    places, labels, chapters = [], [], 0
    for name in tutorial:
        main = soup(f"{name}.html").find("main")
        sections = {
            h.get_text().rstrip("#"): h.parent for h in main.find_all("h2")
        }
        quizzes = main.select(".quiz")
        if "What to remember" not in sections:
            assert not quizzes, name
            continue
        chapters += 1
        assert 3 <= len(quizzes) <= 5, name
        assert sections["Ask yourself"].select(".quiz") == quizzes, name
        for quiz in quizzes:
            labels.append(quiz["id"])
            options = quiz.select("details.option")
            right = ["right" in option["class"] for option in options]
            places.append(right.index(True))
            for option in options:
                said = option.select_one(".feedback").get_text(" ", strip=True)
                assert len(said) >= len(WRONG) + 15, quiz["id"]
    assert len(labels) == len(set(labels))
    # No place of the right option can be guessed.
    assert max(map(places.count, places)) <= len(places) / 2
    tell(f"{len(labels)} quizzes in {chapters} chapters")
