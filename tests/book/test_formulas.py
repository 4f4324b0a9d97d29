"""From the formula to the code: each row is compared, and would be noticed."""

import ast
import re
from typing import NamedTuple

import numpy as np
import pytest

from bookbuild.chapters import reader

PAGE = "formula-to-code"


class Row(NamedTuple):
    """A formula: its title, and the code of its two columns."""

    title: str
    pytorch: str
    numpy: str


@pytest.fixture(scope="module")
def code(root):
    """The code of all cells, in order, with the tag that names its column."""
    path = root / f"book/{PAGE}.md"
    chapter = reader.read(path, path.read_text("utf-8"), root / "src/snippets")
    return [
        ([*cell.metadata.get("tags", []), ""][0], cell.source)
        for cell in chapter.code_cells
    ]


@pytest.fixture(scope="module")
def rows(soup):
    """The rows as the page shows them."""
    found = []
    page = soup(f"{PAGE}.html")
    for section in page.select("section:has(> .cell.tag_numpy)"):
        title = section.find("h3").get_text().rstrip("#")
        assert len(section.select(":scope > .math math")) == 1, title
        columns = section.select(
            ":scope > .cell:is(.tag_pytorch, .tag_numpy) pre"
        )
        texts = [column.get_text().rstrip("\n") for column in columns]
        found.append(Row(title, *texts))
    return found


def _pairs(code):
    """Return what the check at the page's end compares, by row."""
    pairs = ast.parse(code[-1][1]).body[0].value
    return [pair.elts for pair in pairs.values]


def test_the_page_shows_the_code_that_ran(rows, code):
    ran = [(tag, text) for tag, text in code if tag]
    assert ran == [
        (name, getattr(row, name))
        for row in rows
        for name in ("pytorch", "numpy")
    ]


def test_each_row_is_compared_by_what_its_own_cells_made(rows, code):
    titles = [key.value for key in ast.parse(code[-1][1]).body[0].value.keys]
    assert titles == [row.title for row in rows]
    for row, pair in zip(rows, _pairs(code), strict=True):
        for side, own in zip(pair, (row.pytorch, row.numpy), strict=True):
            name = re.match(r"\w+", ast.unparse(side))[0]
            made = rf"(?m)^(def {name}\(|[^=(]*\b{name}\b[^=(]*=[^=])"
            made += "|backward" * ast.unparse(side).endswith(".grad")
            assert re.search(made, own), f"{row.title}: {name}"


def test_every_numbered_equation_of_the_book_is_on_it(soup, site):
    css = "section > p a[href*='#equation-']"
    links = soup(f"{PAGE}.html").select(css)
    links = {link["href"].partition("#")[2] for link in links}
    texts = (chapter.read_text("utf-8") for chapter in site.glob("*.html"))
    found = re.compile(r'id="(equation-eq-[\w-]+)"').findall
    numbered = {name for text in texts for name in found(text)}
    assert numbered
    rows = f"rows that book/{PAGE}.md lacks, or has for nothing"
    assert not numbered ^ links, rows


def _stops(source, names):
    try:
        exec(compile(source, "cell", "exec"), names)  # noqa: S102 (our page)
    except Exception:  # noqa: BLE001 (any stops the build)
        return True
    return False


def _off(value, gap):
    """Return numbers, or a function, that are off by a gap."""
    if callable(value):
        return lambda *arguments: _off(value(*arguments), gap)
    return np.asarray(value) + gap


def test_a_row_that_is_off_stops_the_build(rows, code, tell):
    names = {}
    for _, source in code:
        assert not _stops(source, names)  # the page as it is passes its check
    check = code[-1][1]
    unseen = []
    for row, pair in zip(rows, _pairs(code), strict=True):
        name = re.match(r"\w+", ast.unparse(pair[1]))[0]
        right, wrong = (_off(names[name], gap) for gap in (0, 1e-3))
        assert not _stops(check, names | {name: right}), row.title
        if not _stops(check, names | {name: wrong}):
            unseen.append(f"{row.title}: {name}")
    tell(f"formulas: {len(rows)} rows, each is compared")
    assert not unseen
