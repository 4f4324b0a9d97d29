"""What the chapters on training find, against scikit-learn.

Blocks are taken away from the page, as a reader would, and run with all that
they need; what they computed is compared with scikit-learn's solution for the
same data.  ``C=np.inf`` is scikit-learn's way to say: no penalty.
"""

import json

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, log_loss
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

TRAINING = "training-logistic-regression"
PENGUINS = "two-species-of-penguins"
# By name: the chapter, some text of the block, and the expressions to evaluate
# after it.
BLOCKS = {
    "three fits": (
        TRAINING,
        'print("              w_1',
        "x=x_train, y=t_train, fits=[b for _, b in fits.values()]",
    ),
    "weakly parted": (
        TRAINING,
        "def descend(x, t, lr, steps):",
        """lengths=[numpy.linalg.norm(descend(numpy.array(
        [[-1, 0], [0, 1], [0, -1], [1, 0], [0, 1], [0, -1]]),
        numpy.array([0, 0, 0, 1, 1, 1]), 1.0, steps)[0])
        for steps in (100, 1000, 10_000)]""",
    ),
    "penguins": (
        PENGUINS,
        "steps = 1000",
        """raw=bills_train, raw_test=bills_test, scaled=scaled_test,
        y=species_test, w=model.weight[0].tolist(), b=model.bias.item(),
        given=[loss, accuracy]""",
    ),
    "long run": (
        PENGUINS, "3000, 10_000", "x=scaled, y=t, w=w, b=b, loss=loss"),
    "rare class": (
        TRAINING,
        "rare_x, rare_t =",
        "x=rare_x, y=rare_t, w=rare_w, b=rare_b"),
    "maximum margin": (
        PENGUINS,
        "smallest.argmax()",
        "x=x_few, y=y_few, best=best, gamma=gamma"),
    "weight decay": (
        PENGUINS,
        "weight_decay=0.01",
        "x=inputs, y=targets, w=decayed.weight.tolist()"),
}  # fmt: skip
TELL = """
import json, numpy
print("asked: " + json.dumps({{name: numpy.asarray(value).tolist()
      for name, value in dict({asked}).items()}}))
"""


@pytest.fixture(scope="module")
def found(programs, run_bare):
    """The values of each block's expressions, by its name."""
    jobs = []
    for chapter, holds, asked in BLOCKS.values():
        (text,) = (
            block.program
            for block in programs[chapter].blocks
            if holds in block.source
        )
        jobs.append(text + TELL.format(asked=asked))
    told = {}
    for name, result in zip(BLOCKS, run_bare("training", jobs), strict=True):
        assert not result["error"], f"{name}: {result['error']}"
        line = result["out"].partition("asked: ")[2].splitlines()[0]
        told[name] = {k: np.array(v) for k, v in json.loads(line).items()}
    return told


def unpenalized(here):
    """Scikit-learn's logistic regression without a penalty, to the end."""
    model = LogisticRegression(C=np.inf, tol=1e-10, max_iter=10_000)
    return model.fit(here["x"], here["y"])


def test_the_three_fits_are_scikit_learns(found):
    here = found["three fits"]
    model = unpenalized(here)
    expected = [*model.coef_[0], *model.intercept_]
    assert len(here["fits"]) == 3
    for fit in here["fits"]:
        np.testing.assert_allclose(fit, expected, rtol=1e-4)


def test_to_touch_is_not_to_overlap(found):
    """The weights grow where each class has the line's points in common."""
    growth = np.diff(found["weakly parted"]["lengths"])
    assert (growth > 2).all()  # log(10) for each factor 10, in the limit


def test_the_columns_are_standardized_by_the_training_data(found):
    here = found["penguins"]
    n = len(here["raw"])  # PyTorch divides by n - 1, scikit-learn by n
    scaled = StandardScaler().fit(here["raw"]).transform(here["raw_test"])
    expected = scaled * np.sqrt((n - 1) / n)
    np.testing.assert_allclose(expected, here["scaled"], rtol=1e-4, atol=1e-5)


def test_loss_and_accuracy_are_scikit_learns(found):
    here = found["penguins"]
    score = here["scaled"] @ here["w"] + here["b"]
    loss = log_loss(here["y"], 1 / (1 + np.exp(-score)))
    accuracy = accuracy_score(here["y"], score > 0)
    assert here["given"] == pytest.approx([loss, accuracy], rel=1e-4)


@pytest.mark.parametrize("name", ["long run", "rare class"])
def test_long_runs_arrive(found, name):
    here = found[name]
    model = unpenalized(here)
    np.testing.assert_allclose(here["w"], model.coef_[0], rtol=0.01)
    np.testing.assert_allclose(here["b"], model.intercept_[0], rtol=0.01)
    best = log_loss(here["y"], model.predict_proba(here["x"])[:, 1])
    if "loss" in here:
        assert best <= here["loss"] <= best * 1.001


def test_maximum_margin_is_that_of_a_support_vector_machine(found):
    here = found["maximum margin"]
    # With each point's opposite, the machine finds that it needs no bias.
    x = np.concatenate([here["x"], -here["x"]])
    y = np.concatenate([here["y"], -here["y"]])
    w = SVC(kernel="linear", C=1e8, tol=1e-10).fit(x, y).coef_[0]
    length = np.linalg.norm(w)
    np.testing.assert_allclose(here["best"], w / length, atol=1e-3)
    assert here["gamma"] == pytest.approx(1 / length, rel=1e-3)


def test_weights_decay_to_the_penalized_solution(found):
    here = found["weight decay"]
    n = len(here["x"])  # C weighs the sum of the losses, decay their mean
    model = LogisticRegression(
        C=1 / (n * 0.01), fit_intercept=False, tol=1e-10
    ).fit(here["x"], here["y"])
    np.testing.assert_allclose(here["w"], model.coef_, rtol=1e-3)
