"""Find the bugs in an accuracy that is computed part by part."""

# %% stub
import torch


def accuracy_in_parts(model, x, y, size):
    """Return the share of points whose label is predicted, a float.

    model(x) gives logits of shape (n, 1); y, of shape (n,), holds 0 and
    1.  The model gets size points at a time, at the end what is left.
    """
    shares = []
    for start in range(0, len(x), size):
        part = slice(start, start + size)
        with torch.no_grad():
            right = (model(x[part]) > 0) == y[part]
        shares.append(right.float().mean().item())
    return sum(shares) / len(shares)


# %% check
import torch


def accuracy(logits, labels):
    """Return the accuracy of a model that gives these logits, four a part."""

    def model(x):
        assert len(x) <= 4, f"the model gets {len(x)} points at once, not 4"
        return x

    x = torch.tensor(logits).unsqueeze(1)
    found = accuracy_in_parts(model, x, torch.tensor(labels), 4)
    assert isinstance(found, float), f"a float is asked for, not {found!r:.80}"
    return round(found, 6)


def test_a_perfect_classifier():
    """Is the accuracy of a perfect classifier 1?"""
    found = accuracy([-1.0, 2.0, -3.0, -4.0], [0, 1, 0, 0])
    assert found <= 1, f"{found} is no share: some points count more than once"
    assert found != 0.75, (
        "it is 0.75, the share of class 0: argmax over a single column is 0, "
        "whatever the logit"
    )
    assert found != 10 / 16, (
        f"it is {found}: how many entries does the comparison have? Look at "
        "the shapes on both sides"
    )
    assert found == 1, (
        "for the logits -1, 2, -3, -4 and the labels 0, 1, 0, 0 it is "
        f"{found}: the label 1 is predicted where the logit is above 0"
    )


def test_logits_near_0():
    """Is it right for logits near 0?"""
    found = accuracy([0.3, 0.4, -0.3, -0.4], [1, 1, 0, 0])
    assert found == 1, (
        f"for the logits 0.3, 0.4, -0.3, -0.4 and the labels 1, 1, 0, 0 it is "
        f"{found}: a probability above 0.5 is a logit above 0"
    )


def test_a_smaller_last_part():
    """Is it right if the last part is smaller?"""
    found = accuracy([1.0, 2.0, 3.0, 4.0, 5.0, 6.0], [1, 1, 1, 1, 1, 0])
    assert found != (1 + 1 / 2) / 2, (
        "5 of 6 points are right and it is 0.75, the mean of 4/4 and 1/2: "
        "a point of a small part counts more than others"
    )
    assert found != 5 / 8, (
        "5 of 6 points are right and it is 5/8: the last part has 2 points, "
        "not 4"
    )
    assert found == round(5 / 6, 6), (
        f"5 of 6 points are right, and it is {found}"
    )


# %% solution
import torch


def accuracy_in_parts(model, x, y, size):
    """Return the share of points whose label is predicted, a float."""
    right = 0
    for start in range(0, len(x), size):
        part = slice(start, start + size)
        with torch.no_grad():
            logits = model(x[part]).squeeze(1)  # (n, 1) -> (n,)
        right += ((logits > 0) == y[part]).sum().item()
    return right / len(x)


# %% right: from the probabilities of all parts
import torch


@torch.no_grad()
def accuracy_in_parts(model, x, y, size):
    p = torch.cat([torch.sigmoid(model(part)) for part in x.split(size)])
    return torch.eq(p.round(), y[:, None]).double().mean().item()


# %% wrong: some points count more than once
def accuracy_in_parts(model, x, y, size):
    right = 0
    for start in range(0, len(x), size):
        part = slice(start, start + size)
        right += ((model(x[part]) > 0) == y[part]).sum().item()
    return right / len(x)


# %% wrong: argmax over a single column is 0
def accuracy_in_parts(model, x, y, size):
    right = 0
    for start in range(0, len(x), size):
        part = slice(start, start + size)
        right += (model(x[part]).argmax(dim=1) == y[part]).sum().item()
    return right / len(x)


# %% wrong: a probability above 0.5 is a logit above 0
def accuracy_in_parts(model, x, y, size):
    right = 0
    for start in range(0, len(x), size):
        part = slice(start, start + size)
        right += ((model(x[part])[:, 0] > 0.5) == y[part]).sum().item()
    return right / len(x)


# %% wrong: a point of a small part counts more than others
def accuracy_in_parts(model, x, y, size):
    shares = []
    for start in range(0, len(x), size):
        part = slice(start, start + size)
        right = (model(x[part]).squeeze(1) > 0) == y[part]
        shares.append(right.float().mean().item())
    return sum(shares) / len(shares)


# %% wrong: the last part has 2 points, not 4
def accuracy_in_parts(model, x, y, size):
    shares = []
    for start in range(0, len(x), size):
        part = slice(start, start + size)
        right = (model(x[part]).squeeze(1) > 0) == y[part]
        shares.append(right.sum().item() / size)
    return sum(shares) / len(shares)


# %% wrong: the label 1 is predicted where the logit is above 0
def accuracy_in_parts(model, x, y, size):
    right = 0
    for start in range(0, len(x), size):
        part = slice(start, start + size)
        p = model(x[part]).squeeze(1).sigmoid()
        right += ((p > 0) == y[part]).sum().item()
    return right / len(x)
