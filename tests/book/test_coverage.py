"""Everything of the source tutorial is on the site.

A row names a page, and words, formulas or outputs that can only be there if
the thing is.
"""

import re

import pytest

INSTALL, TENSORS = "installing", "tensors"
GAUSS, LOGISTIC = "gaussian-mean", "logistic-regression"
# fmt: off
ITEMS = {
    "installing with pip": (INSTALL, [r"pip install torch"]),
    "the check in the REPL": (INSTALL, [r">>> import torch"]),
    "what PyTorch is for": (TENSORS, [r"by hand", r"chain rule"]),
    "tensors by order": (TENSORS, [r"order", r"matrix", r"vector"]),
    "like NumPy's arrays": (TENSORS, [r"from_numpy", r"torch\.tensor"]),
    "a + b": (TENSORS, [r">>> a \+ b\s+tensor\(\[5, 7, 9\]\)"]),
    "vertices and edges": (TENSORS, [r"vert(ex|ices)", r"edge"]),
    "integers": (TENSORS, ["Only Tensors of floating point and complex dtype"]),
    "the negative log-likelihood": (GAUSS, [r"def neg_log_likelihood"]),
    "backward": (GAUSS, [r"\.backward\(\)"]),
    "matrix_norm": (GAUSS, [r"torch\.linalg\.matrix_norm"]),
    "the data": (GAUSS, [r"n, d = 500, 100|\(500, (100|d)\)", r"var_ = 1\.0"]),
    "a uniform start": (GAUSS, [r"torch\.nn\.init\.uniform_|nn\.init\.uni"]),
    "SGD with lr 0.2": (GAUSS, [r"torch\.optim\.SGD\(\[mu\], lr=0\.2\)"]),
    "30 steps": (GAUSS, [r"range\(30\)"]),
    "the sample mean is not 0": (GAUSS, [r"0\.447"]),
    "two weight vectors": (LOGISTIC, [r"CrossEntropyLoss"]),
    "nn.Linear": (LOGISTIC, [r"nn\.Linear\(3, 2\)"]),
    "its parameters": (LOGISTIC, [r"\.parameters\(\)"]),
    "cross entropy": (LOGISTIC, [r"\[1\.0, 2\.0, 3", r"\[4\.0, 5\.0, 6"]),
    "the loss at y = 1 is 0": (LOGISTIC, [r"tensor\(0\."]),
    "the loss at y = 0 is 18": (LOGISTIC, [r"tensor\(18\."]),
    "NumPy's numbers": (LOGISTIC, [r"18\.0000000152", r"\[32\. 50\.\]"]),
}
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
    "q-nll-graph": (GAUSS, [r"AccumulateGrad", r"requires? no grad|not req"]),
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
# fmt: on


@pytest.fixture(scope="module")
def main(soup):
    """A function: the main part of a page."""
    return lambda page: soup(f"{page}.html").find("main")


@pytest.mark.parametrize("what", ITEMS)
def test_the_item_is_on_its_page(main, what):
    page, parts = ITEMS[what]
    text = main(page).get_text()
    assert [part for part in parts if not re.search(part, text)] == []


@pytest.mark.parametrize("number", EQUATIONS)
def test_the_equation_has_its_number_and_content(main, number):
    page, parts = EQUATIONS[number]
    [block] = (
        block
        for block in main(page).select("div.math")
        if (found := block.select_one(".eqno"))
        and f"({number})" in found.get_text()
    )
    assert block.find("math") is not None
    tex = re.sub(r"\s", "", block.find("annotation").get_text())
    assert [part for part in parts if part not in tex] == []


@pytest.mark.parametrize("label", QUESTIONS)
def test_the_question_has_one_closed_answer_with_evidence(main, label):
    page, parts = QUESTIONS[label]
    question = main(page).find(id=label)
    number = re.search(r"Question (\d+)", question.get_text())[1]
    [answer] = (
        answer
        for answer in main(page).select("details.answer")
        if answer.find("summary").get_text().split()[-1] == number
    )
    assert not answer.has_attr("open")
    text = answer.get_text()
    assert [part for part in parts if not re.search(part, text)] == []
    assert answer.select(".cell .cell_input"), "no code in the answer"
    assert answer.select(".cell .cell_output"), "no output"


def test_no_estimate_is_said_to_be_exactly_0(main):
    assert not re.search(r"estimate is (exactly )?0\b", main(GAUSS).get_text())
