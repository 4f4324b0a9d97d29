"""Pictures of the built site: ``python -m tools.screenshots``.

One for README, a page on a laptop and on a phone, and one for the card that
other sites show for a link.  The same site gives the same pictures on the
same machine.
"""

from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Literal

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from bookbuild.commands.sphinx import CONFIG, SITE
from tools import browser as web

README = CONFIG / "screenshots" / "page.png"
CARD = CONFIG / "static" / "card.png"
# Where a formula, the code for it, its output and a question come together.
CHAPTER = "gaussian-mean.html"
LAPTOP_AT, PHONE_AT = "#equation-eq-3", ".cell:has(> .turn) .take"
LAPTOP, PHONE = (1280, 910), (375, 910)
GAP = 25  # pixels between the two
CARD_SIZE = (1200, 630)
COLOURS = 128  # a palette is enough for pages of few colours
LARGEST = 150_000  # bytes
CARD_LOOKS = """
body { margin: 0; padding: 56px 64px; background: var(--paper); }
.emblem { width: 76px; height: 76px; }
.name { display: flex; align-items: center; gap: 22px; }
.name span { font: 600 74px/1 var(--title-font); }
.name b { font-weight: inherit; color: var(--blue); }
.what { margin: 26px 0 30px; font-size: 31px; color: var(--soft); }
.bd-article { zoom: 1.25; }
.bd-article div.cell { max-width: none; margin: 0; }
.take { display: none !important; }
div[class*="highlight-"]::after { display: none !important; }
"""
MAKE_CARD = """(looks) => {
  const emblem = document.querySelector(".wordmark").innerHTML;
  const lead = document.querySelector("article p").textContent;
  const cell = document.querySelector("article .cell").outerHTML;
  const what = lead.match(/^.*?\\./s)[0];
  document.body.innerHTML = `<div class="name">${emblem}</div>
    <p class="what">${what}</p>
    <article class="bd-article">${cell}</article>`;
  document.body.append(Object.assign(
    document.createElement("style"), { textContent: looks }));
}"""


def shoot(
    browser: Browser,
    address: str,
    size: tuple[int, int],
    theme: Literal["light", "dark"],
    prepare: Callable[[Page], None],
) -> Image.Image:
    """Return a picture of a page as the reader's window shows it."""
    width, height = size
    page = browser.new_page(
        viewport={"width": width, "height": height},
        color_scheme=theme,
        reduced_motion="reduce",
    )
    page.goto(address)
    prepare(page)
    page.evaluate("document.fonts.ready")
    page.wait_for_load_state("networkidle")  # figures come when they are near
    picture = Image.open(BytesIO(page.screenshot()))
    page.close()
    return picture.convert("RGB")


def scroll_to(css: str) -> Callable[[Page], None]:
    """Return what brings an element to the top of the window."""

    def scroll(page: Page) -> None:
        page.locator(css).first.evaluate("e => e.scrollIntoView()")

    return scroll


def write(picture: Image.Image, path: Path) -> None:
    """Write a small PNG.

    Raises:
        RuntimeError: It is not small.
    """
    few = picture.quantize(COLOURS, dither=Image.Dither.NONE)
    few.save(path, optimize=True)
    size = path.stat().st_size
    print(f"{path}: {picture.width} x {picture.height}, {size / 1000:.0f} kB")
    if size > LARGEST:
        raise RuntimeError(f"{path} is larger than {LARGEST / 1000:.0f} kB")


def readme(browser: Browser, site: str) -> Image.Image:
    """Return a page on a laptop, and beside it on a phone in the dark."""
    address = f"{site}/{CHAPTER}"
    laptop = shoot(browser, address, LAPTOP, "light", scroll_to(LAPTOP_AT))
    phone = shoot(browser, address, PHONE, "dark", scroll_to(PHONE_AT))
    both = Image.new(
        "RGB", (laptop.width + GAP + phone.width, laptop.height), "#c9cfd6"
    )
    both.paste(laptop, (0, 0))
    both.paste(phone, (laptop.width + GAP, 0))
    return both


def main() -> None:
    """Take all pictures."""
    with (
        sync_playwright() as playwright,
        web.browser(playwright) as browser,
        web.served(SITE.resolve()) as site,
    ):
        write(readme(browser, site), README)
        card = shoot(
            browser,
            f"{site}/index.html",
            CARD_SIZE,
            "light",
            lambda page: page.evaluate(MAKE_CARD, CARD_LOOKS),
        )
        write(card, CARD)


if __name__ == "__main__":
    main()
