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
KINDS = {".svg": "image/svg+xml", ".woff": "font/woff2"}  # others show it


def finish(raw: Path, site: Path, memory: Path) -> None:
    """Write the finished site.

    Args:
        raw: The site as Sphinx has written it. It stays as it is.
        site: The folder to write to, empty or new.
        memory: A folder that keeps the cut fonts for the next build. It may be
            deleted at any time, and changes no byte of the site.
    """
    (site / STATIC).mkdir(parents=True, exist_ok=True)
    pages = {
        path: html.parse(str(path), html.HTMLParser(encoding="utf-8"))
        for path in sorted(raw.rglob("*.html"))
        if path.relative_to(raw).parts[0] not in {STATIC, *OWN}
    }
    sheets = {p: _files(p, tree, "link", "href") for p, tree in pages.items()}
    scripts = {p: _files(p, tree, "script", "src") for p, tree in pages.items()}
    lists = [[*found.values()] for found in scripts.values() if found] or [[]]
    common = [file for file in lists[0] if all(file in one for one in lists)]
    script = _write(site, "book.js", ";\n".join(map(_minified, common)))
    roots = [tree.getroot() for tree in pages.values()]
    # Each style sheet once, in the order of the pages' tags.
    paths = {path: None for found in sheets.values() for path in found.values()}
    css = "\n".join(_with_content(path, roots, memory) for path in paths)
    css = rcssmin.cssmin(css)  # 2.5 KiB less, when both are packed
    sheet = _write(site, "book.css", css)
    for path, tree in pages.items():
        root = os.path.relpath(raw, path.parent)
        bundled = [tag for tag, file in scripts[path].items() if file in common]
        _load(f"{root}/{sheet}", "href", [*sheets[path]])
        _load(f"{root}/{script}", "src", bundled)
        for tag in scripts[path]:
            tag.set("defer", "defer")  # all scripts run in their order
        target = site / path.relative_to(raw)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(html.tostring(tree, encoding="utf-8") + b"\n")
    _copy_files(raw, site, roots)


def _files(
    page: Path, tree: etree.ElementTree, tag: str, attribute: str
) -> dict[html.HtmlElement, Path]:
    """Return the tags of a page that load a style sheet or script."""
    return {
        element: Path(os.path.normpath(page.parent / address))
        for element in tree.iterfind(f".//{tag}[@{attribute}]")
        for address in [element.get(attribute).partition("?")[0]]
        if element.get("rel", "stylesheet") == "stylesheet"
        and "//" not in address  # another host's
    }


def _load(address: str, attribute: str, tags: list[html.HtmlElement]) -> None:
    """Have the first of some tags load a file, and drop the others."""
    for tag in tags[:1]:
        tag.set(attribute, address)
    for tag in tags[1:]:
        tag.drop_tree()


def _minified(script: Path) -> str:
    return rjsmin.jsmin(script.read_text("utf-8"), keep_bang_comments=True)


def _with_content(path: Path, pages: list, memory: Path) -> str:
    """Return a style sheet with all files that it names inside it."""

    def imported(name: re.Match) -> str:
        return _with_content(path.parent / name[1], pages, memory)

    def embedded(url: re.Match) -> str:
        file = path.parent / url[1]
        if file.stem in fonts.USES:
            content = fonts.for_pages(file, pages, memory)
        else:
            content = file.read_bytes()
        code = base64.b64encode(content).decode()
        return f'url("data:{KINDS.get(file.suffix, "")};base64,{code}")'

    css = IMPORT.sub(imported, path.read_text("utf-8"))
    return URL.sub(embedded, css)


def _write(site: Path, name: str, text: str) -> str:
    """Write a file whose name changes with its content; return its path."""
    content = text.encode()
    stem, suffix = name.split(".")
    digest = hashlib.sha256(content).hexdigest()[:8]
    file = f"{STATIC}/{stem}.{digest}.{suffix}"
    (site / file).write_bytes(content)
    return file


def _copy_files(raw: Path, site: Path, pages: list) -> None:
    """Copy all that is no page, and of some folders what the pages name."""
    addresses = "//@href | //@src | //@content"
    named = {
        address.partition("?")[0].rpartition("/")[2]
        for page in pages
        for address in page.xpath(addresses)
    }
    for path in sorted(raw.rglob("*")):
        relative = path.relative_to(raw)
        folder, target = relative.parts[0], site / relative
        if path.is_dir() or target.exists() or folder in OWN:
            continue
        if folder not in SPARSE or path.name in named:
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)
