"""Every mistake that the book promises is on its page, as it really happens."""

import re

import pytest

ERROR = "An error message"
WRONG = "A wrong number"
NAN = "nan or inf"
SLOW = "Slow, or growing memory"
GROUPS = [ERROR, WRONG, NAN, SLOW]
# Where people ask, and where PyTorch's own notes answer.
ASKED = r"discuss\.pytorch|github\.com/.*/(issues|pull)/|/notes/faq"

# By the entry: its group of symptoms, and what its cells print.
# fmt: off
MISTAKES = {
    "zero-grad": (WRONG,
        r"step  0: mu = 0\.000\nstep  7: mu = 1\.9\d+\nstep 14: mu = 0\.0"),
    "cast": (WRONG,
        r"w is a leaf: False\nNone\n",
        r"ValueError: can't optimize a non-leaf"),
    "keeping-loss": (SLOW,
        r"100 steps, 401 vertices\n200 steps, 801 vertices\n300 steps,"),
    "evaluation": (SLOW,
        r"^100 parts, 505 vertices\n200 parts, 1005", r"^300 parts, None$"),
    "shared": (WRONG, r"array: \[-2\. -1\.  3\.\]", r"array: \[1\. 2\. 6\.\]"),
    "capital": (WRONG,
        r"^shape: torch\.Size\(\[3\]\)$", r"^shape: torch\.Size\(\[\]\)"),
    "broadcast": (WRONG,
        r"loss 5\.0000: y = -?0\.0000 x", r"loss 0\.0000: y = 2\.0000 x"),
    "softmax": (WRONG,
        r"margin 100\.0: p = 1\.0000, loss 0\.3133", r"100\.0: loss 0\.0000"),
    "softmax-ten": (WRONG,
        r"step 300: loss 1\.46\d+, right 100%\nthe floor: +1\.4612$",
        r"step 300: loss 0\.00\d+, right 100%"),
    "pairs": (WRONG,
        r"^loss 1\.09\d+, accuracy 0\.3", r"^loss 0\.1\d+, accuracy 0\.9"),
    "eval": (WRONG,
        r"\A(\S+)\n(?!\1)\S+\n", r"^(\d\.\d+)\n\1\n\1\ntraining: True$"),
    "overflow": (NAN,
        r"1\.3133, +inf", r"0\.7311, +nan", r"1\.3133, 100\.0000"),
    "learning-rate": (NAN,
        r"step  90: loss +inf", r"step 150: loss +nan, mu +nan"),
}
# Those that raise an error print what the finder says.
ERRORS = [
    "second-backward", "in-place", "rebinding", "integers", "vector",
    "no-grad", "numpy", "dtype", "device", "target", "label-dtype", "shapes",
]
# fmt: on


def _words(tag):
    return re.sub(r"[#¶]\s*$", "", tag.get_text()).strip()


@pytest.fixture(scope="module")
def main(soup):
    return soup("mistakes.html").find("main")


@pytest.fixture(scope="module")
def entries(main):
    """The section of each entry by its label, in the order of the page."""
    found = {}
    for section in main.find_all("section"):
        labels = [section.get("id", "")]
        labels += [span["id"] for span in section.select(":scope > span[id]")]
        found |= {
            label.removeprefix("mistake-"): section
            for label in labels
            if label.startswith("mistake-")
        }
    return found


def _group(section):
    return _words(section.find_parent("section").find("h2"))


def _outputs(section):
    cells = section.select(".cell_output")
    return "\n".join(cell.get_text().strip() for cell in cells)


def _finder(main):
    """Yield what each row of the finder shows, and the entry it leads to."""
    for row in main.find("section", id="find-your-symptom").select("tbody tr"):
        link = row.find("td").find("a")
        label = link["href"].removeprefix("#mistake-")
        table = row.find_parent("table").find("th").get_text()
        yield link.get_text(), label, table


@pytest.mark.parametrize("entry", [*MISTAKES, *ERRORS])
def test_the_mistake_happens_on_the_page(entries, entry):
    group, *prints = MISTAKES.get(entry, [ERROR])
    section = entries[entry]
    assert _group(section) == group
    outputs = _outputs(section)
    for pattern in prints:
        assert re.search(pattern, outputs, re.MULTILINE), (pattern, outputs)
    links = [link["href"] for link in section.select("a[href^=http]")]
    assert any(re.search(ASKED, link) for link in links), links


def test_every_entry_has_the_wrong_code_the_reason_and_the_right_code(entries):
    assert len(entries) > len(MISTAKES) + len(ERRORS)
    for label, section in entries.items():
        words = [_words(strong) for strong in section.find_all("strong")]
        order = [w for w in words if w in {"Why.", "Instead"}]
        assert order == ["Why.", "Instead"], label
        is_error = _group(section) == ERROR
        assert is_error or "How to notice." in words, label
        assert len(section.select(".cell_input")) > 1, label
        # One for an error shows it first, and others begin without.
        first = section.select_one(".cell").select_one(".traceback")
        assert is_error == (first is not None), label


def test_the_finder_and_the_entries_name_each_other(main, entries):
    """The finder lists every entry, by words that the run prints."""
    finder = list(_finder(main))
    assert {label for _, label, _ in finder} == set(entries)
    for text, label, table in finder:
        section = entries[label]
        if table == "what you see":
            assert text == _words(section.find("h3"))
            assert _group(section) != ERROR, text
        else:
            assert len(text.split()) < 17, text  # a phone's line has four
            begin = text.removesuffix(" \N{HORIZONTAL ELLIPSIS}")
            assert begin in " ".join(_outputs(section).split())
            assert _group(section) in {"message": {ERROR, WRONG}}.get(
                table, {WRONG}
            ), text
    known = [text for text, _, table in finder if table == "message"]
    known = [text.partition(" \N{HORIZONTAL ELLIPSIS}") for text in known]
    for section in entries.values():
        for error in section.select(".traceback"):
            words = error.get_text().strip()
            assert any(
                words.startswith(begin) if cut else words == begin
                for begin, cut, _ in known
            ), words
    groups = [_group(section) for section in entries.values()]
    assert list(dict.fromkeys(groups)) == GROUPS
