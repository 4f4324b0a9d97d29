"""Every mistake that the book promises is on its page, as it really happens.

One row a mistake: its entry, the group of symptoms that it stands in, what
its cells print, and the threads where people ask.
"""

import re
from dataclasses import dataclass

import pytest
from bs4 import BeautifulSoup

ERROR = "An error message"
WRONG = "A wrong number"
NAN = "nan or inf"
SLOW = "Slow, or growing memory"
GROUPS = [ERROR, WRONG, NAN, SLOW]

FORUM = "https://discuss.pytorch.org/t/"
GITHUB = "https://github.com/"
PYTORCH = GITHUB + "pytorch/pytorch/issues/"
BOURKE = GITHUB + "mrdbourke/pytorch-deep-learning/issues/"


@dataclass
class Mistake:
    """One row of the list of mistakes that the page must have."""

    what: str
    entry: str
    group: str
    prints: list[str]
    threads: list[str]


MISTAKES = [
    Mistake(
        "no zero_grad()",
        "zero-grad",
        WRONG,
        [r"step  0: mu = 0\.000\nstep  7: mu = 1\.9\d+\nstep 14: mu = 0\.0"],
        [GITHUB + "pytorch/tutorials/issues/156"],
    ),
    Mistake(
        "backward() twice",
        "second-backward",
        ERROR,
        [r"RuntimeError: Trying to backward through the graph a second time"],
        [FORUM + "6795"],
    ),
    Mistake(
        "in-place update of a leaf outside no_grad",
        "in-place",
        ERROR,
        [
            (
                r"RuntimeError: a leaf Variable that requires grad is being "
                r"used in an in-place operation\."
            )
        ],
        [FORUM + "308"],
    ),
    Mistake(
        "casting a leaf",
        "cast",
        WRONG,
        [
            r"w is a leaf: False\nNone\n",
            r"ValueError: can't optimize a non-leaf",
        ],
        [PYTORCH + "10065", GITHUB + "pytorch/pytorch/pull/30531"],
    ),
    Mistake(
        "rebinding a leaf",
        "rebinding",
        ERROR,
        [r"TypeError: unsupported operand type\(s\) for \*"],
        [GITHUB + "pytorch/pytorch/pull/30531"],
    ),
    Mistake(
        "integers that require a gradient",
        "integers",
        ERROR,
        [
            (
                r"RuntimeError: Only Tensors of floating point and complex "
                r"dtype can require gradients"
            )
        ],
        [PYTORCH + "3226"],
    ),
    Mistake(
        "backward on a vector",
        "vector",
        ERROR,
        [
            (
                r"RuntimeError: grad can be implicitly created only for scalar "
                r"outputs"
            )
        ],
        [GITHUB + "Animadversio/GAN-Geometry/issues/4"],
    ),
    Mistake(
        "nothing requires a gradient",
        "no-grad",
        ERROR,
        [
            (
                r"RuntimeError: element 0 of tensors does not require grad and "
                r"does not have a grad_fn"
            )
        ],
        [PYTORCH + "19806"],
    ),
    Mistake(
        ".numpy() on a parameter",
        "numpy",
        ERROR,
        [r"RuntimeError: Can't call numpy\(\) on Tensor that requires grad"],
        [GITHUB + "fastai/course-v3/issues/455"],
    ),
    Mistake(
        "keeping the loss tensor instead of .item()",
        "keeping-loss",
        SLOW,
        [r"100 steps, 401 vertices\n200 steps, 801 vertices\n300 steps, 1201"],
        ["https://docs.pytorch.org/docs/stable/notes/faq.html"],
    ),
    Mistake(
        "float64 data into a float32 layer",
        "dtype",
        ERROR,
        [
            (
                r"RuntimeError: mat1 and mat2 must have the same dtype, but "
                r"got Double and Float"
            )
        ],
        [PYTORCH + "105243"],
    ),
    Mistake(
        "from_numpy shares memory, torch.tensor copies",
        "shared",
        WRONG,
        [r"array: \[-2\. -1\.  3\.\]", r"array: \[1\. 2\. 6\.\]"],
        [BOURKE + "83", BOURKE + "286", BOURKE + "926"],
    ),
    Mistake(
        "torch.Tensor(3) for torch.tensor(3)",
        "capital",
        WRONG,
        [r"^shape: torch\.Size\(\[3\]\)$", r"^shape: torch\.Size\(\[\]\)"],
        [PYTORCH + "28867"],
    ),
    Mistake(
        "(n, 1) minus (n,)",
        "broadcast",
        WRONG,
        [r"loss 5\.0000: y = -?0\.0000 x", r"loss 0\.0000: y = 2\.0000 x"],
        [PYTORCH + "16413"],
    ),
    Mistake(
        "softmax before CrossEntropyLoss",
        "softmax",
        WRONG,
        [r"margin 100\.0: p = 1\.0000, loss 0\.3133", r"100\.0: loss 0\.0000"],
        [GITHUB + "Lightning-Universe/lightning-bolts/issues/654"],
    ),
    Mistake(
        "labels out of range",
        "target",
        ERROR,
        [
            r"IndexError: Target 5 is out of bounds\.",
            r"IndexError: Target -1 is out of bounds\.",
        ],
        [PYTORCH + "39769"],
    ),
    Mistake(
        "labels of the wrong type",
        "label-dtype",
        ERROR,
        [
            (
                r"RuntimeError: expected target dtype to be Long or Byte, but "
                r"got Float"
            )
        ],
        [PYTORCH + "103813"],
    ),
    Mistake(
        "log(1 + exp(z)) for large z",
        "overflow",
        NAN,
        [r"1\.3133, +inf", r"0\.7311, +nan", r"1\.3133, 100\.0000"],
        [PYTORCH + "751", PYTORCH + "39435"],
    ),
    Mistake(
        "learning rate above the limit",
        "learning-rate",
        NAN,
        [r"step  90: loss +inf", r"step 150: loss +nan, mu +nan"],
        [FORUM + "208572"],
    ),
    Mistake(
        "w @ x against nn.Linear's (out, in)",
        "shapes",
        ERROR,
        [
            (
                r"RuntimeError: mat1 and mat2 shapes cannot be multiplied "
                r"\(4x3 and 2x3\)"
            )
        ],
        [FORUM + "6277"],
    ),
]


def _words(tag):
    return re.sub(r"[#¶]\s*$", "", tag.get_text()).strip()


@pytest.fixture(scope="module")
def main(site):
    html = (site / "mistakes.html").read_text(encoding="utf-8")
    return BeautifulSoup(html, "html.parser").find("main")


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


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda m: m.what)
def test_the_mistake_happens_on_the_page(entries, mistake):
    section = entries[mistake.entry]
    assert _group(section) == mistake.group
    outputs = _outputs(section)
    for pattern in mistake.prints:
        assert re.search(pattern, outputs, re.MULTILINE), (pattern, outputs)
    links = {link["href"] for link in section.find_all("a", href=True)}
    assert set(mistake.threads) <= links


def test_every_entry_has_the_wrong_code_the_reason_and_the_right_code(entries):
    assert len(entries) > len(MISTAKES)
    for label, section in entries.items():
        words = [_words(strong) for strong in section.find_all("strong")]
        order = [w for w in words if w in {"Why.", "Instead"}]
        assert order == ["Why.", "Instead"], label
        if _group(section) != ERROR:
            assert "How to notice." in words, label
        assert len(section.select(".cell_input")) > 1, label


def test_an_entry_for_an_error_shows_one_and_others_begin_without(entries):
    for label, section in entries.items():
        first = section.select_one(".cell")
        is_error = first.select_one(".traceback") is not None
        assert is_error == (_group(section) == ERROR), label


def test_the_finder_names_every_entry_in_the_order_of_the_page(main, entries):
    named = list(dict.fromkeys(label for _, label, _ in _finder(main)))
    assert sorted(named) == sorted(entries)
    kinds = {"message": [ERROR, WRONG], "warning": [WRONG]}
    for text, label, table in _finder(main):
        groups = kinds.get(table, [WRONG, NAN, SLOW])
        assert _group(entries[label]) in groups, text
    groups = [_group(section) for section in entries.values()]
    assert list(dict.fromkeys(groups)) == GROUPS


def test_every_message_of_the_finder_is_what_the_run_prints(main, entries):
    wrong = []
    for text, label, table in _finder(main):
        if table in {"message", "warning"}:
            printed = " ".join(_outputs(entries[label]).split())
            if text not in printed:
                wrong.append(text)
    assert not wrong, "\n".join(wrong)


def test_the_other_symptoms_of_the_finder_are_headings(main, entries):
    for text, label, table in _finder(main):
        if table == "what you see":
            assert text == _words(entries[label].find("h3"))


def test_every_error_of_the_entries_is_in_the_finder(main, entries):
    known = {text for text, _, table in _finder(main) if table == "message"}
    for section in entries.values():
        for error in section.select(".traceback"):
            assert error.get_text().strip() in known


def test_a_traceback_is_read_from_the_bottom(main):
    section = main.find("section", id="how-to-read-an-error-message")
    *calls, message = _outputs(section).splitlines()
    own = [call for call in calls if call.startswith("your code:")]
    assert calls[: len(own)] == own
    assert len(own) < len(calls)
    assert own[-1].endswith("predict")
    assert message.startswith("RuntimeError: mat1 and mat2 shapes cannot be")
