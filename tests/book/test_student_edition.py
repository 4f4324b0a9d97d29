"""The edition for students has none of the book's answers."""

import re
import subprocess
import sys

import pytest

from bookbuild.chapters import exercises

ANSWER = re.compile(
    r"^```\{solution-start\}.*?^```\n(.*?)^```\{solution-end\}",
    re.DOTALL | re.MULTILINE,
)
WORDS = re.compile(r"[^\W\d_]{2,}(?: [^\W\d_]{2,}){3,}")  # four plain words
TEXT = {".html", ".ipynb", ".js", ".md", ".py", ".txt"}


@pytest.fixture(scope="module")
def edition(root):
    """The folder of the edition; its build is what is tested first."""
    command = [sys.executable, "-m", "bookbuild", "html", "--student"]
    done = subprocess.run(
        command, cwd=root, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr  # nothing needs an answer's cell
    return root / "build/student"


def test_no_file_has_the_first_words_of_an_answer(root, edition, tell):
    whole = [path.read_text("utf-8") for path in (root / "book").rglob("*.md")]
    rest = " ".join(exercises.without_answers(text) for text in whole)
    first = [
        phrase
        for text in whole
        for answer in ANSWER.findall(text)
        for phrase in WORDS.findall(answer)[:1]
        if phrase not in rest
    ]
    files = [path for path in edition.rglob("*") if path.suffix in TEXT]
    for path in files:
        text = path.read_text("utf-8")
        assert [words for words in first if words in text] == [], path
    tell(f"students' edition: {len(first)} answers are in none of its files")
    assert len(first) > 1
    assert len(files) > 1


def test_it_has_the_questions(edition, site):
    for path in site.glob("*.html"):
        count = path.read_text("utf-8").count('class="exercise admonition"')
        text = (edition / path.name).read_text("utf-8")
        assert text.count('class="exercise admonition"') == count, path.name
        assert 'class="answer"' not in text, path.name
