"""Write the walk back as one function, for formulas of any depth."""


# %% stub
def slopes_behind(result):
    """Return the slope of the result by each Vertex behind it, a dict.

    Its keys are the Vertices, with the result itself, and its values
    are floats. A Vertex may be used many times, and thousands of
    operations may follow one another. No grad changes. Vertex is the
    class of this page, and stands in the checker, too.
    """
    ...


# %% check
class Vertex:
    """A number, and what it was made from; it counts who asks for that."""

    asked, limit = 0, 100_000

    def __init__(self, data, links=()):
        self.data = data
        self.pairs = links  # a parent, and the slope by that parent
        self.grad = 0.0

    @property
    def links(self):
        Vertex.asked += 1
        assert Vertex.asked < Vertex.limit, (
            "it follows each of a million paths, or it never ends: hand on "
            "what has arrived once, when all of it has arrived"
        )
        return self.pairs


def multiply(a, b):
    """Return the product, which remembers its factors."""
    return Vertex(a.data * b.data, [(a, b.data), (b, a.data)])


def found_at(leaf, result, limit=100_000):
    """Return the slope by a leaf that is found."""
    Vertex.asked, Vertex.limit = 0, limit
    slopes = slopes_behind(result)
    assert slopes is not None, "it returns None; write its body"
    assert slopes.get(result) == 1, (
        "the result is to be a key, too, and its slope by itself is 1"
    )
    assert leaf in slopes, "a number that the result was made from is no key"
    return slopes[leaf]


def test_a_chain():
    """Is it right for one operation after the other?"""
    z = Vertex(0.5)
    u = Vertex(-1.0, [(z, -2.0)])
    found = found_at(z, Vertex(3.0, [(u, 5.0)]))
    assert found == -10, f"the slopes -2 and 5 make -10, and not {found}"


def test_a_number_used_twice():
    """Is it right where a number is used twice?"""
    z = Vertex(3.0)
    found = found_at(z, multiply(z, z))
    assert found == 6, (
        f"the slope of z * z at 3 is 6, and not {found}: two slopes arrive at "
        "z, and they are added"
    )


def test_a_number_used_early_and_late():
    """Is it right where a number is used early and late?"""
    z = Vertex(1.0)
    a = multiply(z, Vertex(2.0))  # 2z
    late = multiply(a, Vertex(3.0))  # 6z
    for result in (multiply(a, late), multiply(late, a)):  # 12 z squared
        found = found_at(z, result)
        assert found != 12, (
            "of 12 z**2 at 1 the slope is 24, and not 12: 2z has handed on its "
            "slope before the other half arrived; you need an order"
        )
        assert found != 36, (
            "of 12 z**2 at 1 the slope is 24, and not 36: 2z hands on twice, "
            "and the first half is in both; hand on what has just arrived, or "
            "all, once"
        )
        assert found == 24, f"of 12 z**2 at 1 the slope is 24, and not {found}"
        assert z.grad == a.grad == 0, (
            f"z.grad is {z.grad}, and it should stay 0: keep the sums in a "
            "dictionary of your own, or a second call adds to the first"
        )


def test_many_paths():
    """Is it quick where there are many paths?"""
    z = value = Vertex(1.0)
    for _ in range(20):
        value = multiply(value, value)
    found = found_at(z, value)
    assert found == 2**20, f"the slope is {2**20} here, and not {found}"


def test_a_deep_formula():
    """Is it right for 5000 operations in a row?"""
    z = value = Vertex(1.0)
    for _ in range(5000):
        value = Vertex(1.0, [(value, 1.0)])
    try:
        found = found_at(z, value, limit=10**9)  # it may be slow
    except RecursionError:
        found = None
    assert found is not None, (
        "for 5000 operations in a row Python says RecursionError: in place of "
        "a function that calls itself, keep a list of what is still to do"
    )
    assert found == 1, f"5000 slopes of 1 make 1, and not {found}"


# %% solution
def slopes_behind(result):
    """Return the slope of the result by each Vertex behind it, a dict."""
    order, todo = {}, [result]  # a dict keeps its order, and finds at once
    while todo:
        vertex = todo[-1]
        missing = [parent for parent, _ in vertex.links if parent not in order]
        if missing:
            todo += missing  # the parents first
        else:
            order[todo.pop()] = 0.0
    order[result] = 1.0
    for vertex in reversed(order):
        for parent, slope in vertex.links:
            order[parent] += slope * order[vertex]
    return order


# %% right: by counting what is still to arrive
def slopes_behind(result):
    awaited, seen = {result: 0}, [result]
    for vertex in seen:  # the list grows
        for parent, _ in vertex.links:
            if parent not in awaited:
                seen.append(parent)
            awaited[parent] = awaited.get(parent, 0) + 1
    slopes, ready = {**dict.fromkeys(seen, 0.0), result: 1.0}, [result]
    for vertex in ready:
        for parent, slope in vertex.links:
            slopes[parent] += slope * slopes[vertex]
            awaited[parent] -= 1
            if awaited[parent] == 0:
                ready.append(parent)
    return slopes


# %% wrong: and they are added
def slopes_behind(result):
    slopes, todo = {result: 1.0}, [result]
    for vertex in todo:
        for parent, slope in vertex.links:
            slopes[parent] = slope * slopes[vertex]
            todo.append(parent)
    return slopes


# %% wrong: before the other half arrived
def slopes_behind(result):
    slopes, todo = {result: 1.0}, [result]
    while todo:
        vertex = todo.pop()
        for parent, slope in vertex.links:
            if parent not in slopes:
                todo.append(parent)
            slopes[parent] = slopes.get(parent, 0.0) + slope * slopes[vertex]
    return slopes


# %% wrong: the first half is in both
def slopes_behind(result):
    slopes = {result: 1.0}

    def walk(vertex):
        for parent, slope in vertex.links:
            slopes[parent] = slopes.get(parent, 0.0) + slope * slopes[vertex]
            walk(parent)

    walk(result)
    return slopes


# %% wrong: or a second call adds to the first
def slopes_behind(result):
    order = []

    def visit(vertex):
        if vertex not in order:
            for parent, _ in vertex.links:
                visit(parent)
            order.append(vertex)

    visit(result)
    result.grad = 1.0
    for vertex in reversed(order):
        for parent, slope in vertex.links:
            parent.grad += slope * vertex.grad
    return {vertex: vertex.grad for vertex in order}


# %% wrong: it follows each of a million paths
def slopes_behind(result):
    slopes = {}

    def walk(vertex, grad):
        slopes[vertex] = slopes.get(vertex, 0.0) + grad
        for parent, slope in vertex.links:
            walk(parent, slope * grad)

    walk(result, 1.0)
    return slopes


# %% wrong: keep a list of what is still to do
def slopes_behind(result):
    slopes = {}

    def visit(vertex):
        if vertex not in slopes:
            for parent, _ in vertex.links:
                visit(parent)
            slopes[vertex] = 0.0

    visit(result)
    slopes[result] = 1.0
    for vertex in reversed(slopes):
        for parent, slope in vertex.links:
            slopes[parent] += slope * slopes[vertex]
    return slopes
