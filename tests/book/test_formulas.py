"""From the formula to the code: each row is compared, and would be noticed."""

import ast
import copy
import re
from typing import NamedTuple

import numpy as np
import pytest

PAGE = "formula-to-code"
# No slip: softmax does not see what is added to all scores.
AS_RIGHT = "soft_np = np.exp(s_np + top)"


class Row(NamedTuple):
    """A formula: its title, and the code of its two columns."""

    title: str
    pytorch: str
    numpy: str


@pytest.fixture(scope="module")
def code(chapters):
    """The code of all cells, in order, with the tag that names its column."""
    chapter = chapters[PAGE]
    return [
        ([*cell.metadata.get("tags", []), ""][0], cell.source)
        for cell in chapter.code_cells
    ]


@pytest.fixture(scope="module")
def rows(soup):
    """The rows as the page shows them."""
    found = []
    for section in soup(f"{PAGE}.html").select(
        "section:has(> .cell.tag_numpy)"
    ):
        title = section.find("h3").get_text().rstrip("#")
        assert len(section.select(":scope > .math math")) == 1, title
        columns = section.select(
            ":scope > .cell:is(.tag_pytorch, .tag_numpy) pre"
        )
        texts = [column.get_text().rstrip("\n") for column in columns]
        found.append(Row(title, *texts))
    return found


def _bound(source):
    """Return the names that a cell binds."""
    return {
        getattr(node, "id", "") or getattr(node, "name", "")
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.FunctionDef)
        or isinstance(getattr(node, "ctx", None), ast.Store)
    }


def test_the_page_shows_the_code_that_ran(rows, code):
    ran = [(tag, text) for tag, text in code if tag]
    assert ran == [
        (name, getattr(row, name))
        for row in rows
        for name in ("pytorch", "numpy")
    ]


def test_each_row_is_compared_by_what_its_own_cells_made(rows, code):
    pairs = ast.parse(code[-1][1]).body[0].value
    assert [key.value for key in pairs.keys] == [row.title for row in rows]
    for row, pair in zip(rows, pairs.values, strict=True):
        by_torch, by_numpy = (ast.unparse(side) for side in pair.elts)
        first, second = (
            re.match(r"\w+", side)[0] for side in (by_torch, by_numpy)
        )
        made = first in _bound(row.pytorch) or (
            by_torch.endswith(".grad") and ".backward()" in row.pytorch
        )
        assert made, f"{row.title}: {by_torch} is made elsewhere"
        assert second in _bound(row.numpy), f"{row.title}: {by_numpy}"


def test_every_numbered_equation_of_the_book_is_on_it(soup, site):
    links = {
        link["href"].partition("#")[2]
        for link in soup(f"{PAGE}.html").select(
            "section > p a[href*='#equation-']"
        )
    }
    numbered = {
        name
        for chapter in site.glob("*.html")
        for name in re.findall(
            r'id="(equation-eq-[\w-]+)"', chapter.read_text("utf-8")
        )
    }
    assert numbered
    assert numbered == links


class Slip(ast.NodeTransformer):
    """Makes one slip: another operator, a lost sign, another number."""

    def __init__(self, place):
        """Make it at this place; count the places."""
        self.place, self.places = place, 0

    def _is_here(self):
        self.places += 1
        return self.places - 1 == self.place

    def visit(self, node):
        """Visit what is inside, then perhaps slip here."""
        self.generic_visit(node)
        match node:
            case ast.BinOp() if type(node.op) in OTHER and self._is_here():
                node.op = OTHER[type(node.op)]()
            case ast.AugAssign() if self._is_here():
                node.op = OTHER[type(node.op)]()
            case ast.UnaryOp() if self._is_here():
                return node.operand
            case ast.Constant(value=bool()):
                pass
            case ast.Constant(value=int() | float()) if self._is_here():
                node.value += 1
        return node


OTHER = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Add,
    ast.Div: ast.Mult,
    ast.Pow: ast.Mult,
    ast.MatMult: ast.Mult,
}


def _slips(source):
    """Return the code with one slip, for each place where one can be."""
    counter = Slip(None)
    counter.visit(ast.parse(source))
    return [
        ast.unparse(Slip(place).visit(ast.parse(source)))
        for place in range(counter.places)
    ]


def _copies(names):
    """Return names of which a slip may change the arrays and generators."""
    return {
        name: copy.deepcopy(value)
        if isinstance(value, np.ndarray | np.random.Generator)
        else value
        for name, value in names.items()
    }


def _stops(source, names):
    try:
        exec(compile(source, "cell", "exec"), names)  # noqa: S102 (our page)
    except Exception:  # noqa: BLE001 (any stops the build)
        return True
    return False


def test_one_slip_in_a_row_stops_the_build(rows, code, tell):
    names, before = {}, {}
    for _, source in code:
        before[source] = _copies(names)
        assert not _stops(source, names)  # the page as it is passes its check
    check = code[-1][1]
    unseen, tried = [], 0
    for row in rows:
        for wrong in (row.numpy, *_slips(row.numpy)):
            made = _copies(before[row.numpy])
            stops = _stops(wrong, made)
            if not stops:
                made = {n: made[n] for n in _bound(row.numpy) & made.keys()}
                stops = _stops(check, _copies(names) | made)
            if wrong == row.numpy:
                assert not stops, row.title
            elif AS_RIGHT not in wrong:
                tried += 1
                unseen += [] if stops else [f"{row.title}: {wrong}"]
    tell(f"formulas: {tried} slips, {tried - len(unseen)} stop the build")
    assert not unseen, "\n".join(unseen)
