"""Finish the site: one style sheet, one script, and no file that nobody needs.

The pages that Sphinx writes load every style sheet and script of the theme and
of the extensions. A finished page loads one style sheet, with the fonts inside
it, and one script. A script that only some pages load stays a file of its own.
"""

import base64
import hashlib
import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

import rcssmin
import rjsmin
from lxml import etree, html

from bookbuild.pages import fonts

STATIC = "_static"
SPARSE = {STATIC, "_images"}  # of these, only what pages name is published
OWN = {".buildinfo", ".doctrees"}  # what Sphinx keeps for its next build
IMPORT = re.compile(r"@import\s+[\"']([^\"']+)[\"']\s*;")
URL = re.compile(r"url\(\s*[\"']?(?!data:|#)([^\"')?]+)[^\"')]*[\"']?\s*\)")
KINDS = {".png": "image/png", ".svg": "image/svg+xml", ".woff": "font/woff2"}


@dataclass
class Page:
    """A page, and the files that its tags load."""

    path: Path
    tree: etree.ElementTree
    sheets: dict[html.HtmlElement, Path]
    scripts: dict[html.HtmlElement, Path]


def finish(raw: Path, site: Path, memory: Path) -> None:
    """Write the finished site.

    Args:
        raw: The site as Sphinx has written it. It stays as it is.
        site: The folder to write to, empty or new.
        memory: A folder that keeps the cut fonts for the next build. It may be
            deleted at any time, and changes no byte of the site.
    """
    (site / STATIC).mkdir(parents=True, exist_ok=True)
    pages = [
        _read(path)
        for path in sorted(raw.rglob("*.html"))
        if path.relative_to(raw).parts[0] not in {STATIC, *OWN}
    ]
    loaded = [[*page.scripts.values()] for page in pages if page.scripts]
    common = [s for s in sum(loaded[:1], []) if all(s in o for o in loaded)]
    script = _write(site, "book.js", ";\n".join(map(_minified, common)))
    sheet = _write(site, "book.css", _style_sheet(pages, memory))
    for page in pages:
        root = os.path.relpath(raw, page.path.parent)
        bundled = [tag for tag, path in page.scripts.items() if path in common]
        _load(f"{root}/{sheet}", "href", [*page.sheets])
        _load(f"{root}/{script}", "src", bundled)
        for tag in page.scripts:
            tag.set("defer", "defer")  # all scripts run in their order
        target = site / page.path.relative_to(raw)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(html.tostring(page.tree, encoding="utf-8") + b"\n")
    _copy_files(raw, site, pages)


def _read(path: Path) -> Page:
    tree = html.parse(str(path), html.HTMLParser(encoding="utf-8"))

    def files(tags: str, name: str) -> dict[html.HtmlElement, Path]:
        return {
            tag: Path(os.path.normpath(path.parent / address))
            for tag in tree.iterfind(tags)
            for address in [tag.get(name).partition("?")[0]]
            if "//" not in address  # another host's
        }

    sheets = files(".//link[@rel='stylesheet']", "href")
    return Page(path, tree, sheets, files(".//script[@src]", "src"))


def _load(address: str, attribute: str, tags: list[html.HtmlElement]) -> None:
    """Have the first of some tags load a file, and drop the others."""
    for tag in tags[:1]:
        tag.set(attribute, address)
    for tag in tags[1:]:
        tag.drop_tree()


def _minified(script: Path) -> str:
    return rjsmin.jsmin(script.read_text("utf-8"), keep_bang_comments=True)


def _style_sheet(pages: list[Page], memory: Path) -> str:
    """Return all style sheets as one, with all that they name inside it."""
    roots = [page.tree.getroot() for page in pages]

    def read(path: Path) -> str:
        def embedded(url: re.Match) -> str:
            file = path.parent / url[1]
            cut = file.stem in fonts.USES
            content = (
                fonts.for_pages(file, roots, memory)
                if cut
                else file.read_bytes()
            )
            code = base64.b64encode(content).decode()
            return f'url("data:{KINDS[file.suffix]};base64,{code}")'

        css = IMPORT.sub(
            lambda name: read(path.parent / name[1]), path.read_text("utf-8")
        )
        return URL.sub(embedded, css)

    paths = dict.fromkeys(path for p in pages for path in p.sheets.values())
    return rcssmin.cssmin("\n".join(map(read, paths)))  # a fifth less, packed


def _write(site: Path, name: str, text: str) -> str:
    """Write a file whose name changes with its content; return its path."""
    content = text.encode()
    stem, suffix = name.split(".")
    digest = hashlib.sha256(content).hexdigest()[:8]
    file = f"{STATIC}/{stem}.{digest}.{suffix}"
    (site / file).write_bytes(content)
    return file


def _copy_files(raw: Path, site: Path, pages: list[Page]) -> None:
    """Copy all that is no page, and of some folders what the pages name."""
    addresses = "//@href | //@src | //@content"
    named = {
        address.partition("?")[0].rpartition("/")[2]
        for page in pages
        for address in page.tree.xpath(addresses)
    }
    for path in sorted(raw.rglob("*")):
        relative = path.relative_to(raw)
        folder, target = relative.parts[0], site / relative
        if path.is_dir() or target.exists() or folder in OWN:
            continue
        if folder not in SPARSE or path.name in named:
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)
