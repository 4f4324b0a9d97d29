"""Every block of every page is taken away: by keyboard, with one press.

Every button is focused and pressed, and the clipboard is compared with what
the book's own sources say it must hold.
"""

import doctest
import itertools
import json
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from bs4 import BeautifulSoup

from bookbuild.execution import book, execute
from bookbuild.programs import block_programs as programs
from bookbuild.programs import copy_buttons as take

COPY, RUNNABLE = "Copy", "Copy runnable"
SCHEMES, WIDTHS = ("http", "file"), (1280, 360)
# Focuses the first of all buttons, and names those of each block.
BEGIN = """() => {
    window.buttons = [...document.querySelectorAll(".take button")];
    window.buttons[0].focus();
    return [...document.querySelectorAll(".take")].map(
        bar => [...bar.querySelectorAll("button")].map(b => b.textContent));
}"""
# Waits until a button that was pressed has said something; focuses the next.
COPIED = """async number => {
    const button = window.buttons[number];
    const status = button.parentElement.querySelector("[role=status]");
    while (!status.textContent) await new Promise(done => setTimeout(done));
    const focused = document.activeElement === button;
    const copied = await navigator.clipboard.readText();
    const said = status.textContent;
    status.textContent = "";
    window.buttons[number + 1]?.focus();
    return [focused, said, copied];
}"""
# Selects each code block, as a mouse does; its text is all but the prompts.
SELECTED = """() => {
    document.querySelectorAll("details").forEach(e => { e.open = true; });
    return [...document.querySelectorAll("div.highlight > pre")].map(pre => {
        getSelection().selectAllChildren(pre);
        const text = pre.cloneNode(true);
        text.querySelectorAll(".gp").forEach(prompt => prompt.remove());
        return [getSelection().toString().trim(), text.textContent.trim()];
    });
}"""


@dataclass
class Block:
    """A code block of a page and what its buttons must copy."""

    place: str
    copies: dict[str, str]
    remark: str = ""

    def says(self, name: str) -> str:
        """Return what the page says when this button has been pressed."""
        lines = len(self.copies[name].rstrip("\n").split("\n"))
        remark = f", {self.remark}" if name == RUNNABLE else ""
        return f"Copied: {lines} line{'s' * (lines != 1)}{remark}"


@pytest.fixture(scope="session")
def made(root):
    """The programs of every chapter, by its name."""
    source = root / "book"
    paths = sorted(p for p in source.rglob("*.md") if "_config" not in p.parts)
    chapters = book.load(source, root / "src/snippets", paths)
    settings = execute.Settings(
        store=root / "build/runs",
        matplotlibrc=source / "_config/matplotlibrc",
    )
    around = execute.circumstances(settings)
    verified = json.loads((source / "_config/verified.json").read_text("utf-8"))
    found = {}
    for name, chapter in chapters.items():
        if chapter.code_cells:
            run = execute.stored(chapter, settings.store, around)
            assert run, f"{name} has changed since the site was built"
            execute.fill(chapter, run)
            found[name] = programs.build(
                chapter,
                "Checked Gradients",
                take.title(chapter),
                verified["versions"],
            )
    return found


@pytest.fixture(scope="session")
def blocks(site, pages, made) -> dict[str, list[Block]]:
    """The blocks of every page that has any, in the page's order."""
    found = {}
    for page in pages:
        html = (site / page).read_text(encoding="utf-8")
        here = [
            _block(page, number, pre, made.get(page.removesuffix(".html")))
            for number, pre in enumerate(_shown(html), start=1)
        ]
        if here:
            found[page] = here
    return found


def _shown(html: str) -> Iterator:
    """Return the code blocks of a page, outputs left out."""
    for pre in BeautifulSoup(html, "html.parser").select("div.highlight > pre"):
        if not pre.find_parent(class_="cell_output"):
            yield pre


def _block(page: str, number: int, pre, made: programs.Page | None) -> Block:
    place = f"{page}, code block {number}"
    cell = pre.find_parent(id=lambda name: (name or "").startswith("block-"))
    if not cell:
        return Block(place, {COPY: _typed(pre.get_text())})
    index = int(cell["id"].removeprefix("block-")) - 1
    program = made.programs[index]
    copies = {RUNNABLE: program.text}
    if not program.alone:
        copies[COPY] = made.code[index].source
    remark = "runs on its own"
    if program.raises:
        remark = "ends with the error shown"
    return Block(place, copies, remark)


def _typed(text: str) -> str:
    """Return what one types of a block that does not run: no prompt."""
    if ">>> " in text:
        examples = doctest.DocTestParser().get_examples(text)
        return "".join(example.source for example in examples).rstrip("\n")
    lines = text.rstrip("\n").splitlines()
    typed = [line[2:] for line in lines if line.startswith("$ ")]
    return "\n".join(typed or lines)


@pytest.fixture(params=itertools.product(SCHEMES, WIDTHS), ids=str)
def visit(request, browser, http, site):
    """A function that opens a page at some width over http or from the disk."""
    scheme, width = request.param
    roots = {"http": http, "file": site.as_uri()}
    context = browser.new_context(viewport={"width": width, "height": 800})
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    tab = context.new_page()

    def open_page(page: str):
        tab.goto(f"{roots[scheme]}/{page}")
        for details in ("details", "[hidden=until-found]"):
            tab.evaluate(
                "where => document.querySelectorAll(where).forEach("
                "e => { e.open = true; e.hidden = false; })",
                details,
            )
        return tab

    yield open_page
    context.close()


def test_every_block_can_be_taken_away(visit, blocks, request, tell):
    clicks, wrong = 0, []
    for page, here in blocks.items():
        tab = visit(page)
        names = tab.evaluate(BEGIN)
        assert len(names) == len(here), f"{page}: blocks without buttons"
        pairs = [
            (block, name)
            for block, shown in zip(here, names, strict=True)
            for name in shown
        ]
        for number, (block, name) in enumerate(pairs):
            tab.keyboard.press("Enter")
            focused, said, copied = tab.evaluate(COPIED, number)
            clicks += 1
            assert focused, block.place
            assert said == block.says(name), block.place
            if copied != block.copies[name]:
                wrong.append(f"{block.place}, {name}:\n{copied}")
        for block, shown in zip(here, names, strict=True):
            assert sorted(shown) == sorted(block.copies), block.place
    every = [block for here in blocks.values() for block in here]
    buttons = sum(len(block.copies) for block in every)
    how = request.node.name.partition("[")[2].rstrip("]")
    tell(
        f"take away, {how}: {len(every)} blocks, {buttons} buttons, "
        f"{clicks} clicks"
    )
    assert not wrong, "\n\n".join(wrong[:5])
    assert clicks == buttons


def test_every_executed_block_has_a_button(blocks, made, tell):
    programs_made = sum(len(page.programs) for page in made.values())
    runnable = [
        block
        for here in blocks.values()
        for block in here
        if RUNNABLE in block.copies
    ]
    tell(
        f"take away: {programs_made} programs, {len(runnable)} blocks that "
        "copy one"
    )
    assert len(runnable) == programs_made


def test_the_download_menu_leads_to_files(browser, http, made):
    tab = browser.new_page()
    for name in made:
        tab.goto(f"{http}/{name}.html")
        tab.locator("details.downloads > summary").press("Enter")
        links = tab.locator("details.downloads a")
        addresses = links.evaluate_all("all => all.map(a => a.href)")
        assert f"{http}/notebooks/{name}.ipynb" in addresses
        assert f"{http}/scripts/{name}.py" in addresses
        assert f"{http}/checked-gradients.zip" in addresses
        for address in addresses:
            assert tab.request.get(address).ok, address
    tab.close()


def test_without_javascript_code_can_be_selected(browser, http, blocks):
    context = browser.new_context(java_script_enabled=False)
    tab = context.new_page()
    for page, here in blocks.items():
        tab.goto(f"{http}/{page}")
        # No button that does nothing.
        assert tab.locator(".take button:visible").count() == 0
        pairs = tab.evaluate(SELECTED)
        assert len(pairs) >= len(here), page
        assert [pair for pair in pairs if pair[0] != pair[1]] == [], page
    context.close()
