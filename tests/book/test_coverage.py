"""Everything of the source tutorial is on the site.

One row an item: where it stands, and words, formulas or outputs that can only
be there if it is.
"""

import re
from dataclasses import dataclass

import pytest
from bs4 import BeautifulSoup

INSTALL, TENSORS = "installing", "tensors"
GAUSS, LOGISTIC = "gaussian-mean", "logistic-regression"


@dataclass
class Item:
    """One thing of the source tutorial."""

    what: str
    page: str
    has: list[str]


SECTIONS = [
    Item("installing with pip", INSTALL, [r"pip install torch"]),
    Item("the check in the REPL", INSTALL, [r">>> import torch"]),
    Item("what PyTorch is for", TENSORS, [r"by hand", r"chain rule"]),
    Item("tensors by order", TENSORS, [r"order", r"matrix", r"vector"]),
    Item("like NumPy's arrays", TENSORS, [r"from_numpy", r"torch\.tensor"]),
    Item(
        "a + b",
        TENSORS,
        [r">>> a \+ b\s+tensor\(\[5, 7, 9\]\)"],
    ),
    Item("vertices and edges", TENSORS, [r"vert(ex|ices)", r"edge"]),
    Item("the negative log-likelihood", GAUSS, [r"def neg_log_likelihood"]),
    Item("backward", GAUSS, [r"\.backward\(\)"]),
    Item("matrix_norm", GAUSS, [r"torch\.linalg\.matrix_norm"]),
    Item("two weight vectors", LOGISTIC, [r"CrossEntropyLoss"]),
    Item("nn.Linear", LOGISTIC, [r"nn\.Linear\(3, 2\)"]),
    Item("its parameters", LOGISTIC, [r"\.parameters\(\)"]),
]

EQUATIONS = {
    # number: (page, parts of its TeX, spaces removed)
    1: (GAUSS, [r"\prod_{i=1}^n", r"\Sigma^{-1}", r"\log|\Sigma|"]),
    2: (GAUSS, [r"\frac{nd}{2}\log2\pi", r"\frac{1}{2\sigma^2}\sum"]),
    3: (GAUSS, [r"\frac{1}{n}", r"\frac{1}{2\sigma^2}", r"\|x_i-\mu\|^2"]),
    4: (GAUSS, [r"\frac{1}{n}\sum_{i=1}^nx_i"]),
    5: (LOGISTIC, [r"\log", r"\exp(-y_iw^\topx_i)"]),
    6: (LOGISTIC, [r"p(y_i", r"\frac{1}{1+\exp(-y_iw^\topx_i)}"]),
    7: (LOGISTIC, [r"\mathbb{1}_{y_i=1}", r"-\logp(y_i"]),
    8: (LOGISTIC, [r"\mathbb{1}_c", r"\begin{cases}"]),
    9: (LOGISTIC, [r"w_{+1}^", r"w_{-1}^", r"\frac{1}{1+\exp("]),
}

QUESTIONS = {
    # label: (page, what the full answer must contain)
    "q-code-against-math": (GAUSS, [r"matrix_norm", r"for ", r"Frobenius"]),
    "q-nll-graph": (
        GAUSS,
        [r"AccumulateGrad", r"requires? no gradient|not req"],
    ),
    "q-stochastic": (GAUSS, [r"\bNo\b", r"mini-batch"]),
    "q-step-size": (GAUSS, [r"lr"]),
    "q-zero-grad": (GAUSS, [r"zero_grad", r"None", r"swing"]),
    "q-optimum": (GAUSS, [r"0\.8", r"2\.1", r"distance grows"]),
    "q-one-formula": (LOGISTIC, [r"one-hot"]),
    "q-why-zero": (LOGISTIC, [r"1\.52\d*e-08", r"18"]),
    "q-two-weights": (LOGISTIC, [r"difference", r"gradient"]),
    "q-different-each-time": (LOGISTIC, [r"manual_seed", r"random"]),
    "q-parameters": (LOGISTIC, [r"weight", r"bias"]),
    "q-linear-or-affine": (LOGISTIC, [r"[Aa]ffine", r"bias=False"]),
}

EXPERIMENTS = [
    Item(
        "the data: 500 samples, 100 dimensions",
        GAUSS,
        [r"n, d = 500, 100|\(500, 100\)|\(500, d\)", r"var_ = 1\.0"],
    ),
    Item(
        "a uniform start", GAUSS, [r"torch\.nn\.init\.uniform_|nn\.init\.uni"]
    ),
    Item("SGD with lr 0.2", GAUSS, [r"torch\.optim\.SGD\(\[mu\], lr=0\.2\)"]),
    Item("30 steps", GAUSS, [r"range\(30\)"]),
    Item("cross entropy with x and w", LOGISTIC, [r"\[1\.0, 2\.0, 3\.0\]"]),
    Item("the weights", LOGISTIC, [r"\[4\.0, 5\.0, 6\.0\]"]),
    Item("the loss at y = 1 is 0", LOGISTIC, [r"tensor\(0\."]),
    Item("the loss at y = 0 is 18", LOGISTIC, [r"tensor\(18\."]),
    Item("NumPy's 18.00000001522998", LOGISTIC, [r"18\.0000000152"]),
    Item("NumPy's logits", LOGISTIC, [r"\[32\. 50\.\]"]),
]


@pytest.fixture(scope="module")
def soup(site):
    """Return a function that parses a page."""

    def parse(page):
        html = (site / f"{page}.html").read_text(encoding="utf-8")
        return BeautifulSoup(html, "html.parser")

    return parse


@pytest.mark.parametrize("item", SECTIONS + EXPERIMENTS, ids=lambda i: i.what)
def test_the_item_is_on_its_page(soup, item):
    text = soup(item.page).find("main").get_text()
    for pattern in item.has:
        assert re.search(pattern, text), f"{item.page} lacks {pattern}"


@pytest.mark.parametrize("number", EQUATIONS)
def test_the_equation_has_its_number_and_content(soup, number):
    page, parts = EQUATIONS[number]
    found = [
        block
        for block in soup(page).select("div.math")
        if block.select_one(".eqno")
        and f"({number})" in block.select_one(".eqno").get_text()
    ]
    assert len(found) == 1, f"{page} has {len(found)} equations ({number})"
    assert found[0].find("math") is not None
    tex = re.sub(r"\s", "", found[0].find("annotation").get_text())
    for part in parts:
        assert part in tex, f"equation ({number}) lacks {part}: {tex}"


@pytest.mark.parametrize("label", QUESTIONS)
def test_the_question_is_asked_and_its_answer_is_closed(soup, label):
    page, parts = QUESTIONS[label]
    main = soup(page).find("main")
    question = main.find(id=label)
    assert question is not None, f"{page} does not ask {label}"
    number = re.search(r"Question (\d+)", question.get_text())[1]
    answers = [
        details
        for details in main.select("details.answer")
        if details.find("summary").get_text().split()[-1] == number
    ]
    assert len(answers) == 1, f"question {number} has {len(answers)} answers"
    assert not answers[0].has_attr("open")
    text = answers[0].get_text()
    for part in parts:
        assert re.search(part, text), f"the answer to {label} lacks {part}"


@pytest.mark.parametrize("label", QUESTIONS)
def test_the_evidence_of_the_answer_ran(soup, label):
    page, _ = QUESTIONS[label]
    main = soup(page).find("main")
    number = re.search(r"Question (\d+)", main.find(id=label).get_text())[1]
    answer = next(
        details
        for details in main.select("details.answer")
        if details.find("summary").get_text().split()[-1] == number
    )
    assert answer.select(".cell .cell_input"), f"{label}: no code in the answer"
    assert answer.select(".cell .cell_output"), f"{label}: no output"


def test_what_the_source_says_loosely_is_said_exactly(soup):
    gauss = soup(GAUSS).find("main").get_text()
    tensors = soup(TENSORS).find("main").get_text()
    assert "Only Tensors of floating point and complex dtype can require" in (
        tensors
    )
    assert not re.search(r"estimate is (exactly )?0\b", gauss)
    assert "0.447" in gauss  # the length of the sample mean, not 0
