"""From the formula to the code: each row is compared, and would be noticed."""

import ast
import re
from dataclasses import dataclass

import pytest
from bs4 import BeautifulSoup

PAGE = "formula-to-code"
# No slip: softmax does not see what is added to all scores.
AS_RIGHT = "soft_np = np.exp(s_np + top)"


@dataclass
class Row:
    """A formula: its title, and the code of its two columns."""

    title: str
    pytorch: str
    numpy: str


@pytest.fixture(scope="module")
def code(runs):
    """The code of all cells, in order, with the tag that names its column."""
    chapter, _ = runs[PAGE]
    return [
        ([*cell.metadata.get("tags", []), ""][0], cell.source)
        for cell in chapter.code_cells
    ]


@pytest.fixture(scope="module")
def page(site):
    """The page, parsed."""
    html = (site / f"{PAGE}.html").read_text("utf-8")
    return BeautifulSoup(html, "html.parser").find("main")


@pytest.fixture(scope="module")
def rows(page):
    """The rows as the page shows them."""
    found = []
    for section in page.select("section:has(> .cell.tag_numpy)"):
        title = section.find("h3")
        title.find(class_="headerlink").extract()
        assert len(section.select(":scope > .math math")) == 1, title
        columns = [
            section.select(f":scope > .cell.tag_{name} pre")
            for name in ("pytorch", "numpy")
        ]
        assert [len(column) for column in columns] == [1, 1], title
        texts = [column[0].get_text().rstrip("\n") for column in columns]
        found.append(Row(title.get_text(), *texts))
    return found


def _pairs(source):
    """Return the expressions of the check, by the row's title."""
    pairs = ast.parse(source).body[0].value
    return {
        key.value: [ast.unparse(side) for side in value.elts]
        for key, value in zip(pairs.keys, pairs.values, strict=True)
    }


def _bound(source):
    """Return the names that a cell binds."""
    tree = ast.parse(source)
    names = {
        node.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    }
    return names | {
        node.name
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef)
    }


def test_the_page_shows_the_code_that_ran(rows, code):
    ran = [(tag, text) for tag, text in code if tag]
    shown = [
        (tag, text)
        for row in rows
        for tag, text in (("pytorch", row.pytorch), ("numpy", row.numpy))
    ]
    print(f"{len(rows)} formulas")
    assert shown == ran


def test_each_row_is_compared_by_what_its_own_cells_made(rows, code):
    pairs = _pairs(code[-1][1])
    assert list(pairs) == [row.title for row in rows]
    for row in rows:
        by_torch, by_numpy = pairs[row.title]
        first, second = (
            re.match(r"\w+", side)[0] for side in (by_torch, by_numpy)
        )
        made = first in _bound(row.pytorch) or (
            by_torch.endswith(".grad") and ".backward()" in row.pytorch
        )
        assert made, f"{row.title}: {by_torch} is made elsewhere"
        assert second in _bound(row.numpy), f"{row.title}: {by_numpy}"


def test_every_numbered_equation_of_the_book_is_on_it(page, site):
    links = {
        link["href"].partition("#")[2]
        for link in page.select("section > p a[href*='#equation-']")
    }
    numbered = {
        name
        for chapter in site.glob("*.html")
        for name in re.findall(
            r'id="(equation-eq-[\w-]+)"', chapter.read_text("utf-8")
        )
    }
    print(f"{len(numbered)} numbered equations")
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


def _stops(cells):
    names = {}
    try:
        for source in cells:
            exec(compile(source, "cell", "exec"), names)  # noqa: S102 (our page)
    except Exception:  # noqa: BLE001 (any stops the build)
        return True
    return False


def test_the_page_as_it_is_passes_its_check(code):
    assert not _stops([source for _, source in code])


def test_one_slip_in_a_row_stops_the_build(rows, code):
    sources = [source for _, source in code]
    unseen, tried = [], 0
    for row in rows:
        place = sources.index(row.numpy)
        slips = [s for s in _slips(row.numpy) if AS_RIGHT not in s]
        for wrong in slips:
            tried += 1
            if not _stops([*sources[:place], wrong, *sources[place + 1 :]]):
                unseen.append(f"{row.title}: {wrong}")
        print(f"{row.title}: {len(slips)}")
    print(f"{tried} slips, {tried - len(unseen)} stop the build")
    assert not unseen, "\n".join(unseen)
