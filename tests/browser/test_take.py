"""Every block of every page is taken away: by keyboard, with one press.

Every button is pressed by a script, and one of each kind of every page by the
keyboard; the clipboard is compared with what the book's own sources say it must
hold.
"""

import doctest
from pathlib import Path
from typing import NamedTuple

import pytest

from bookbuild.programs import tasks

COPY, RUNNABLE, TASK = "Copy", "Copy runnable", "Copy task"
TASKS = Path(__file__).parents[2] / "src/tasks"
# Presses every button, with a clipboard that keeps all that it gets. Tells of
# each block its buttons: the name, what it said, and what it copied.
PRESS = """async () => {
    const kept = [];
    const { clipboard } = navigator;
    clipboard.writeText = async (text) => kept.push(text);
    const blocks = [];
    for (const bar of document.querySelectorAll(".take")) {
        const status = bar.querySelector("[role=status]");
        blocks.push([]);
        for (const button of bar.querySelectorAll("button")) {
            button.click();
            for (let turn = 0; turn < 9; turn += 1) await null;
            blocks.at(-1).push([button.textContent, status.textContent,
                kept.pop()]);
            status.textContent = "";
        }
    }
    delete clipboard.writeText; // the browser's own is below it
    return blocks;
}"""
# Opens what holds the button of this number, and focuses it.
FOCUS = """number => {
    const button = document.querySelectorAll(".take button")[number];
    for (let e = button; e; e = e.parentElement)
        if (e.localName === "details") e.open = true;
        else if (e.hidden === "until-found") e.hidden = false;
    button.focus();
    button.parentElement.querySelector("[role=status]").textContent = "";
}"""
# Waits until the button that was pressed has said something.
COPIED = """async () => {
    const status =
        document.activeElement.parentElement.querySelector("[role=status]");
    while (!status.textContent) await new Promise(done => setTimeout(done));
    return [status.textContent, await navigator.clipboard.readText()];
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


class Block(NamedTuple):
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
def blocks(pages, soup, programs) -> dict[str, list[Block]]:
    """The blocks of every page that has any, in the page's order."""
    found = {}
    for page in pages:
        made = programs.get(page.removesuffix(".html"))
        shown = soup(page).select("div.highlight")
        here = [
            _block(f"{page}, code block {number}", box, made)
            for number, box in enumerate(shown, start=1)
            if not box.find_parent(class_="cell_output")
        ]
        found |= {page: here} if here else {}
    runnable = [RUNNABLE in b.copies for here in found.values() for b in here]
    there = [not b.named for p in programs.values() for b in p.blocks]
    assert sum(runnable) == sum(there)
    return found


def _block(place: str, box, made) -> Block:
    if box.find_next(class_="take").find(string=TASK):
        name = box.find_parent(class_="task")["id"].removeprefix("task-")
        file = TASKS / f"{name.replace('-', '_')}.py"
        return Block(place, {TASK: tasks.program(file)})
    cell = box.find_parent(id=lambda name: (name or "").startswith("block-"))
    if not cell:
        return Block(place, {COPY: _typed(box.get_text())})
    index = int(cell["id"].removeprefix("block-")) - 1
    block = made.blocks[index]
    copies = {RUNNABLE: block.program}
    if len(block.code) > 1:  # it needs code of other blocks
        copies[COPY] = block.source
    ends = "ends with the error shown" if block.raises else "runs on its own"
    return Block(place, copies, ends)


def _typed(text: str) -> str:
    """Return what one types of a block that does not run: no prompt."""
    if ">>> " in text:
        examples = doctest.DocTestParser().get_examples(text)
        return "".join(example.source for example in examples).rstrip("\n")
    lines = text.rstrip("\n").splitlines()
    typed = [line[2:] for line in lines if line.startswith("$ ")]
    return "\n".join(typed or lines)


# All pages over http; one from the disk and as narrow as a phone, where only
# the rights to the clipboard and the places of the buttons could differ.
@pytest.mark.parametrize(
    ("scheme", "width", "most"), [("http", 1280, None), ("file", 360, 1)]
)
def test_every_block_can_be_taken_away(
    tab_of, http, site, blocks, tell, scheme, width, most
):
    root = {"http": http, "file": site.as_uri()}[scheme]
    clicks, presses = 0, 0
    rights = ("clipboard-read", "clipboard-write")
    with tab_of(width=width, permissions=rights) as tab:
        for page, here in list(blocks.items())[:most]:
            tab.goto(f"{root}/{page}")
            found = tab.evaluate(PRESS)
            assert len(found) == len(here), f"{page}: blocks without buttons"
            kinds, number = {}, 0
            for block, buttons in zip(here, found, strict=True):
                shown = [name for name, _, _ in buttons]
                assert sorted(shown) == sorted(block.copies), block.place
                for name, said, copied in buttons:
                    assert said == block.says(name), block.place
                    assert copied == block.copies[name], block.place
                    kinds.setdefault((name, len(shown)), (number, block))
                    number += 1
            for (name, _), (place, block) in kinds.items():
                tab.evaluate(FOCUS, place)
                tab.keyboard.press("Enter")
                said, copied = tab.evaluate(COPIED)
                assert said == block.says(name), block.place
                assert copied == block.copies[name], block.place
            clicks, presses = clicks + number, presses + len(kinds)
    tell(
        f"take away, {scheme}, {width}: {clicks} clicks, {presses} by keyboard"
    )
    assert clicks > presses > 0


def test_without_javascript_code_can_be_selected(tab_of, http, blocks):
    with tab_of(java_script_enabled=False) as tab:
        for page, here in blocks.items():
            tab.goto(f"{http}/{page}")
            pairs = tab.evaluate(SELECTED)
            assert len(pairs) >= len(here), page
            assert [pair for pair in pairs if pair[0] != pair[1]] == [], page
