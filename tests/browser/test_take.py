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

from bookbuild import book, execute, programs, take

COPY, RUNNABLE = "Copy", "Copy runnable"
SCHEMES, WIDTHS = ("http", "file"), (1280, 360)
# Presses every button that has this name, one after the other, and says where
# the focus is after it and what the page says then.
SAID = """button => [
    document.activeElement === button,
    button.parentElement.querySelector("[role=status]").textContent,
]"""


@dataclass
class Block:
    """A code block of a page and what its buttons must copy."""

    place: str
    copies: dict[str, str]
    remark: str = ""


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
    verified = json.loads((source / "_config/verified.json").read_text("utf-8"))
    found = {}
    for name, chapter in chapters.items():
        if chapter.code_cells:
            run = execute.stored(chapter, settings)
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
    remark = "ends with the error shown" if program.raises else "on its own"
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


def test_every_block_can_be_taken_away(visit, blocks):
    clicks, wrong = 0, []
    for page, here in blocks.items():
        tab = visit(page)
        bars = tab.query_selector_all(".take")
        assert len(bars) == len(here), f"{page}: blocks without buttons"
        for bar, block in zip(bars, here, strict=True):
            buttons = bar.query_selector_all("button")
            names = sorted(button.text_content() for button in buttons)
            assert names == sorted(block.copies), block.place
            for button in buttons:
                name = button.text_content()
                button.focus()
                tab.keyboard.press("Enter")
                tab.wait_for_function(
                    "b => b.parentElement.querySelector('[role=status]')"
                    ".textContent",
                    arg=button,
                )
                focused, said = button.evaluate(SAID)
                copied = tab.evaluate("navigator.clipboard.readText()")
                clicks += 1
                wanted = block.copies[name]
                lines = len(wanted.rstrip("\n").split("\n"))
                plural = "line" if lines == 1 else "lines"
                assert focused, block.place
                assert said.startswith(f"Copied: {lines} {plural}"), said
                assert said.endswith(block.remark if name == RUNNABLE else "")
                if copied != wanted:
                    wrong.append(f"{block.place}, {name}:\n{copied}")
                bar.evaluate(
                    "bar => { bar.querySelector('[role=status]')"
                    ".textContent = ''; }"
                )
    every = [block for here in blocks.values() for block in here]
    buttons = sum(len(block.copies) for block in every)
    print(f"\n{len(every)} blocks, {buttons} buttons, {clicks} clicks")
    assert not wrong, "\n\n".join(wrong[:5])
    assert clicks == buttons
    assert sum(RUNNABLE in block.copies for block in every) > 0


def test_every_executed_block_has_a_button(blocks, made):
    programs_made = sum(len(page.programs) for page in made.values())
    runnable = [
        block
        for here in blocks.values()
        for block in here
        if RUNNABLE in block.copies
    ]
    print(f"\n{programs_made} programs, {len(runnable)} blocks that copy one")
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


def test_without_javascript_code_can_be_selected(browser, http):
    context = browser.new_context(java_script_enabled=False)
    tab = context.new_page()
    tab.goto(f"{http}/tensors.html")
    assert tab.locator("div.highlight > pre").count() > 0
    assert tab.locator(".take").count() == 0  # no button that does nothing
    context.close()
