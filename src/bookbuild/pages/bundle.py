"""Finish the site: one style sheet, one script, and no file that nobody needs.

The pages that Sphinx writes load every style sheet and script of the theme and
of the extensions. A finished page loads one style sheet, cut down to the rules
that the site's pages can match, with its fonts inside, and one script. A
script that only some pages load stays a file of its own.

lxml parses each page once. Whatever the other modules ask of the pages they
ask of these trees, and the finished pages are written from them.
"""

import base64
import hashlib
import os
import re
import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from pathlib import Path

import rjsmin
from lxml import etree, html

from bookbuild.pages import fonts, prune_styles

STATIC = "_static"
SPARSE = {STATIC, "_images"}  # only what pages name of these is published
OWN = {".buildinfo", ".doctrees"}  # what Sphinx keeps for its next build
INDEX = "searchindex.js"  # words of prose, no code
FAMILIES = {"STIX Two Math", "STIX Two Text"}  # not the theme's icon fonts
IMPORT = re.compile(r"@import\s+(?:url\()?[\"']([^\"']+)[\"']\)?\s*;")
URL = re.compile(r"url\(\s*[\"']?(?!data:|#)([^\"')]+)[\"']?\s*\)")
KINDS = {".png": "image/png", ".svg": "image/svg+xml", ".woff2": "font/woff2"}
UNKNOWN = "application/octet-stream"
# All that decides what is made of the same files.
TOOLS = [
    *(Path(m.__file__).read_text("utf-8") for m in (fonts, prune_styles)),
    *map(version, ("brotli", "fonttools", "rcssmin", "tinycss2")),
]


@dataclass
class Page:
    """A page, and the files that its tags load."""

    path: Path
    tree: etree.ElementTree
    sheets: dict[html.HtmlElement, Path]
    scripts: dict[html.HtmlElement, Path]


def finish(raw: Path, site: Path, memory: Path) -> None:
    """Write the finished site.

    The same raw site gives the same bytes, whatever the memory holds.

    Args:
        raw: The site as Sphinx has written it. It stays as it is.
        site: The folder to write to, empty or new.
        memory: A folder that keeps the fonts and the style sheet for the next
            time. It may be deleted at any time.
    """
    memory.mkdir(parents=True, exist_ok=True)
    (site / STATIC).mkdir(parents=True, exist_ok=True)
    pages = [
        _read(path)
        for path in sorted(raw.rglob("*.html"))
        if path.relative_to(raw).parts[0] not in {STATIC, *OWN}
    ]
    common = _common([[*page.scripts.values()] for page in pages])
    script = _write(site, "book.js", _joined(common))
    sheet = _write(site, "book.css", _style_sheet(raw, pages, memory))
    for page in pages:
        root = os.path.relpath(raw, page.path.parent)
        bundled = [tag for tag, path in page.scripts.items() if path in common]
        _load(f"{root}/{sheet}", "href", [*page.sheets])
        _load(f"{root}/{script}", "src", bundled)
        for tag in page.scripts:
            tag.set("defer", "defer")  # the bundle and others, in their order
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


def _common(lists: list[list[Path]]) -> list[Path]:
    """Return what is in all lists that are not empty."""
    lists = [paths for paths in lists if paths] or [[]]
    return [path for path in lists[0] if all(path in one for one in lists)]


def _load(address: str, attribute: str, tags: list[html.HtmlElement]) -> None:
    """Have the first of some tags load a file, and drop the others."""
    for tag in tags[:1]:
        tag.set(attribute, address)
    for tag in tags[1:]:
        tag.drop_tree()


def _joined(scripts: list[Path]) -> bytes:
    codes = [path.read_text(encoding="utf-8") for path in scripts]
    return ";\n".join(
        rjsmin.jsmin(code, keep_bang_comments=True) for code in codes
    ).encode()


def _style_sheet(raw: Path, pages: list[Page], memory: Path) -> bytes:
    """Return all style sheets as one, pruned, with its fonts inside."""
    paths = dict.fromkeys(path for p in pages for path in p.sheets.values())
    whole = "".join(_with_imports(path, raw) for path in paths)
    roots = [page.tree.getroot() for page in pages]
    seen = prune_styles.Seen(roots, _code(pages), whole)
    pruned = _kept(
        memory,
        "book.css",
        [whole, str(seen)],
        lambda: prune_styles.prune(whole, seen, FAMILIES).encode(),
    ).decode()
    # By the start of a font's file name: its characters, and the weight to
    # keep of a variable font.
    characters = {
        "STIXTwoMath": (fonts.of_formulas(roots), None),
        "STIXTwoText": (fonts.of_titles(roots), 600),
    }

    def with_content(url: re.Match) -> str:
        path = raw / url[1]
        if not path.is_file():
            return url[0]
        content, kind = path.read_bytes(), KINDS.get(path.suffix, UNKNOWN)
        font = path.stem.partition("-")[0]
        if font in characters:
            kind = KINDS[".woff2"]
            content = _kept(
                memory,
                f"{font}.woff2",
                [content.hex(), *map(str, characters[font])],
                partial(fonts.cut, content, *characters[font]),
            )
        return f'url("data:{kind};base64,{base64.b64encode(content).decode()}")'

    # For the test that pages look the same with all the rules.
    (memory / "whole.css").write_text(URL.sub(with_content, whole), "utf-8")
    return URL.sub(with_content, pruned).encode()


def _with_imports(path: Path, raw: Path) -> str:
    """Return a style sheet with its imports; its URLs are from the root."""

    def from_root(url: re.Match) -> str:
        target = path.parent / url[1].partition("?")[0]
        return f'url("{Path(os.path.relpath(target, raw)).as_posix()}")'

    css, *rest = IMPORT.split(path.read_text(encoding="utf-8"))
    pieces = [URL.sub(from_root, css)]
    for imported, css in zip(rest[::2], rest[1::2], strict=True):
        pieces += [_with_imports(path.parent / imported, raw)]
        pieces += [URL.sub(from_root, css)]
    return "".join(pieces) + "\n"


def _code(pages: list[Page]) -> Iterable[str]:
    """Yield the code of the scripts, in files and in pages."""
    paths = {path for page in pages for path in page.scripts.values()}
    for path in sorted(paths):
        if path.name != INDEX:
            yield path.read_text(encoding="utf-8")
    for page in pages:
        yield from page.tree.xpath("//script[not(@src or @type)]/text()")


def _kept(
    memory: Path, name: str, made_of: list[str], make: Callable[[], bytes]
) -> bytes:
    """Return what the memory keeps of this name, if it is made of the same.

    Otherwise make it, and keep it in place of the last.
    """
    key = hashlib.sha256("\0".join([*TOOLS, *made_of]).encode()).hexdigest()
    path = memory / f"{key}-{name}"
    if path.exists():
        return path.read_bytes()
    content = make()
    for old in memory.glob(f"*-{name}"):
        old.unlink(missing_ok=True)
    new = path.with_suffix(f".{os.getpid()}")
    new.write_bytes(content)  # whoever reads it never reads half of it
    new.replace(path)
    return content


def _write(site: Path, name: str, content: bytes) -> str:
    """Write a file whose name changes with its content; return its path."""
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
