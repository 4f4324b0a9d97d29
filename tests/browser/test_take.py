"""Every block of every page is taken away: by keyboard, with one press.

Every button is focused and pressed, and the clipboard is compared with what
the book's own sources say it must hold.
"""

import doctest
from typing import NamedTuple

import pytest

COPY, RUNNABLE = "Copy", "Copy runnable"
# Focuses the first of all buttons, and names those of each block.
BEGIN = """() => {
    for (const box of document.querySelectorAll("details, [hidden]"))
        if (box.localName === "details") box.open = true;
        else if (box.hidden === "until-found") box.hidden = false;
    window.number = 0;
    window.buttons = [...document.querySelectorAll(".take button")];
    window.buttons[0].focus();
    return [...document.querySelectorAll(".take")].map(
        bar => [...bar.querySelectorAll("button")].map(b => b.textContent));
}"""
# Waits until a button that was pressed has said something; focuses the next.
COPIED = """async () => {
    const button = window.buttons[window.number++];
    const status = button.parentElement.querySelector("[role=status]");
    while (!status.textContent) await new Promise(done => setTimeout(done));
    const focused = document.activeElement === button;
    const copied = await navigator.clipboard.readText();
    const said = status.textContent;
    status.textContent = "";
    window.buttons[window.number]?.focus();
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
        shown = soup(page).select("div.highlight > pre")
        here = [
            _block(f"{page}, code block {number}", pre, made)
            for number, pre in enumerate(shown, start=1)
            if not pre.find_parent(class_="cell_output")
        ]
        found |= {page: here} if here else {}
    runnable = [RUNNABLE in b.copies for here in found.values() for b in here]
    assert sum(runnable) == sum(len(p.blocks) for p in programs.values())
    return found


def _block(place: str, pre, made) -> Block:
    cell = pre.find_parent(id=lambda name: (name or "").startswith("block-"))
    if not cell:
        return Block(place, {COPY: _typed(pre.get_text())})
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
    ("scheme", "width", "number"), [("http", 1280, None), ("file", 360, 1)]
)
def test_every_block_can_be_taken_away(
    tab_of, http, site, blocks, tell, scheme, width, number
):
    root = {"http": http, "file": site.as_uri()}[scheme]
    clicks, buttons = 0, 0
    rights = ("clipboard-read", "clipboard-write")
    with tab_of(width=width, rights=rights) as tab:
        for page, here in list(blocks.items())[:number]:
            tab.goto(f"{root}/{page}")
            names = tab.evaluate(BEGIN)
            assert len(names) == len(here), f"{page}: blocks without buttons"
            for block, shown in zip(here, names, strict=True):
                assert sorted(shown) == sorted(block.copies), block.place
                buttons += len(block.copies)
                for name in shown:
                    tab.keyboard.press("Enter")
                    focused, said, copied = tab.evaluate(COPIED)
                    clicks += 1
                    assert focused, block.place
                    assert said == block.says(name), block.place
                    assert copied == block.copies[name], block.place
    tell(f"take away, {scheme}, {width}: {clicks} clicks")
    assert clicks == buttons > 0


def test_without_javascript_code_can_be_selected(tab_of, http, blocks):
    with tab_of(java_script_enabled=False) as tab:
        for page, here in blocks.items():
            tab.goto(f"{http}/{page}")
            pairs = tab.evaluate(SELECTED)
            assert len(pairs) >= len(here), page
            assert [pair for pair in pairs if pair[0] != pair[1]] == [], page
