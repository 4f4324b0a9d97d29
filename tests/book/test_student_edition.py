"""The edition for students has none of the book's answers, and builds.

``tests/bookbuild/test_student_edition.py`` builds the edition of a tiny book;
what could go wrong with this one is that something outside the answers needs
something in them.
"""

import re

import pytest

from bookbuild.chapters import exercises

ANSWER = re.compile(
    r"^```\{solution-start\}.*?^```\n(.*?)^```\{solution-end\}",
    re.DOTALL | re.MULTILINE,
)
NAMED = re.compile(r"^\s*:?(?:label|name): *(\S+)|^\(([\w-]+)\)=$", re.MULTILINE)
SHORT = 25  # letters: other lines may be anywhere
REFERENCE = re.compile(r"\{(?:ref|numref|eq)\}`(?:[^`<]*<)?([\w-]+)>?`")


@pytest.fixture(scope="module")
def chapters(root):
    """The text of each chapter, by its name."""
    paths = (root / "book").rglob("*.md")
    return {path.stem: path.read_text("utf-8") for path in paths}


def test_the_first_words_of_no_answer_are_left(chapters):
    found = 0
    for name, text in chapters.items():
        left = exercises.without_answers(text)
        for answer in ANSWER.findall(text):
            lines = [line for line in answer.split("\n") if len(line) > SHORT]
            assert not lines or lines[0] not in left, name
            found += bool(lines)
    assert found


def test_nothing_refers_to_a_place_in_an_answer(chapters):
    inside = {
        "".join(label)
        for text in chapters.values()
        for answer in ANSWER.findall(text)
        for label in NAMED.findall(answer)
    }
    assert inside
    for name, text in chapters.items():
        left = exercises.without_answers(text)
        assert not inside.intersection(REFERENCE.findall(left)), name


def test_no_block_needs_a_block_of_an_answer(programs, soup):
    needed, blocks = [], 0
    for name, page in programs.items():
        inside = {
            int(block["id"].removeprefix("block-"))
            for block in soup(f"{name}.html").select(".answer [id^=block-]")
        }
        blocks += len(inside)
        packed = page.packed()
        for number, parts in enumerate(packed["programs"], start=1):
            places = [
                packed["pieces"][piece][0] + 1
                for part in parts[:-1]
                for piece in part
                if isinstance(packed["pieces"][piece], list)
            ]
            if number not in inside and inside.intersection(places):
                needed.append((name, number, inside.intersection(places)))
    assert blocks
    assert needed == []
