"""The pictures of pages that README shows: ``nox -s screenshots``."""

import io
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

from bookbuild import web

SITE = Path("build/html")
PICTURES = Path("book/_config/screenshots")
COLORS = 128  # enough for text and lines, and a small file
# name: (page, element at the top, width, height, colour scheme)
SHOTS = {
    "page": ("gaussian-mean.html", "#equation-eq-3", 1280, 860, "light"),
    "dark": ("logistic-regression.html", "#fig-log-loss", 1280, 860, "dark"),
    "phone": ("mistakes.html", "#ask-yourself", 390, 780, "light"),
}


def main() -> None:
    """Write every picture."""
    PICTURES.mkdir(exist_ok=True)
    with sync_playwright() as playwright, web.browser(playwright) as chromium:
        for name, (page, top, width, height, scheme) in SHOTS.items():
            tab = chromium.new_page(
                viewport={"width": width, "height": height},
                color_scheme=scheme,
                reduced_motion="reduce",
            )
            tab.goto((SITE / page).resolve().as_uri())
            tab.evaluate(
                "where => { const box = document.querySelector(where)"
                ".getBoundingClientRect(); scrollTo(0, box.top - 90); }",
                top,
            )
            tab.wait_for_timeout(500)  # pictures come into sight
            picture = Image.open(io.BytesIO(tab.screenshot()))
            path = PICTURES / f"{name}.png"
            picture.convert("RGB").quantize(COLORS).save(path, optimize=True)
            print(f"{path}: {path.stat().st_size / 1024:.0f} KiB")
            tab.close()


if __name__ == "__main__":
    main()
