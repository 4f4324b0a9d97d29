"""The site without what no page uses.

Sphinx's pages load every style sheet and script that the theme and the
extensions bring. After this, a page loads one style sheet, cut to the rules
that the site's pages can match and with its fonts inside, and one script;
search code and search index are loaded by the search page alone. Files that
nothing names any more are left out.

The same site in gives the same site out; a part that has been made before is
taken from the store.
"""

import base64
import hashlib
import os
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from html.parser import HTMLParser
from importlib.metadata import version
from pathlib import Path

import rjsmin

from bookbuild import fonts, store, stylesheet

STATIC = "_static"
INDEX = "searchindex.js"  # a file for programs, too: it keeps its name
OWN_FOLDERS = (STATIC, "_images")  # what is left out, if not named, is here
SCRIPT_WORDS = re.compile(r"""(["'`])((?:\\.|(?!\1).)*)\1""", re.DOTALL)
WORD = re.compile(r"[A-Za-z_-][\w-]*")
DATASET = re.compile(r"\.dataset\.(\w+)")
IMPORT = re.compile(r"@import\s+(?:url\()?[\"']([^\"']+)[\"']\)?\s*;")
URL = re.compile(r"url\(\s*([\"']?)(?!data:|#)([^\"')]+)\1\s*\)")
# The fonts, by the start of their file's name: what they set, and the weight
# to keep of a variable one. The theme's icon fonts are not among them.
CUT: dict[str, tuple[str, int | None]] = {
    "STIXTwoMath": ("formulas", None),
    "STIXTwoText": ("headings", 600),
}
FAMILIES = {"STIX Two Math", "STIX Two Text"}
# What decides how a part is made, besides what it is made of.
HOW = [
    Path(file).read_text(encoding="utf-8")
    for file in (__file__, fonts.__file__, stylesheet.__file__)
] + [version(name) for name in ("brotli", "fonttools", "rcssmin", "tinycss2")]
KEEP = 50  # parts; a build uses a handful
KINDS = {".svg": "image/svg+xml", ".png": "image/png"}


@dataclass(frozen=True)
class Tag:
    """A tag of a page that loads a style sheet or a script."""

    text: str  # as it stands in the page
    path: str  # from the site's root


class Loads(HTMLParser):
    """Finds the tags by which a page loads its own site's files."""

    def __init__(self, page: Path, site: Path) -> None:
        """Prepare for one page."""
        super().__init__()
        self.page, self.site = page, site
        self.sheets: list[Tag] = []
        self.scripts: list[Tag] = []

    def handle_starttag(
        self, tag: str, attrs: list[tuple[str, str | None]]
    ) -> None:
        """Note a style sheet or a script."""
        found = dict(attrs)
        text = self.get_starttag_text() or ""
        if tag == "link" and found.get("rel") == "stylesheet":
            self.sheets.append(Tag(text, self._path(found["href"] or "")))
        elif tag == "script" and found.get("src"):
            path = self._path(found["src"] or "")
            self.scripts.append(Tag(text + "</script>", path))

    def _path(self, address: str) -> str:
        target = self.page.parent / address.partition("?")[0]
        return Path(os.path.relpath(target, self.site)).as_posix()


def lighten(site: Path, folder: Path) -> None:
    """Lighten a built site in place.

    Args:
        site: The folder of the site.
        folder: Where finished parts are kept from one build to the next.
    """
    pages = {
        path: path.read_text(encoding="utf-8")
        for path in sorted(site.rglob("*.html"))
        if STATIC not in path.relative_to(site).parts
    }
    loads = {}
    for path, text in pages.items():
        loads[path] = Loads(path, site)
        loads[path].feed(text)

    scripts = _join_scripts(site, [found.scripts for found in loads.values()])
    seen = _seen(site, pages.values(), loads.values())
    characters = fonts.Characters()
    for text in pages.values():
        characters.feed(text)
    sheets: dict[tuple[str, ...], str] = {}
    for path, text in pages.items():
        found = loads[path]
        key = tuple(tag.path for tag in found.sheets)
        if key and key not in sheets:
            sheets[key] = _join_sheets(site, key, seen, characters, folder)
        pages[path] = _rewrite(text, found, sheets, scripts)
        path.write_text(pages[path], encoding="utf-8")
    _leave_out_unnamed(site, pages.values())
    store.trim(folder, KEEP)


def _rewrite(
    text: str,
    found: Loads,
    sheets: dict[tuple[str, ...], str],
    scripts: dict[str, str],
) -> str:
    def address(file: str) -> str:
        target = os.path.relpath(found.site / file, found.page.parent)
        return Path(target).as_posix()

    if found.sheets:
        sheet = sheets[tuple(tag.path for tag in found.sheets)]
        first, *rest = (tag.text for tag in found.sheets)
        link = f'<link rel="stylesheet" href="{address(sheet)}" />'
        text = text.replace(first, link, 1)
        for tag in rest:
            text = text.replace(tag, "", 1)
    done = set()
    for tag in found.scripts:
        bundle = scripts[tag.path]
        new = f'<script defer src="{address(bundle)}"></script>'
        text = text.replace(tag.text, "" if bundle in done else new, 1)
        done.add(bundle)
    # The lines that the tags leave empty.
    head, between, body = text.partition("</head>")
    return re.sub(r"\n\s*\n", "\n", head) + between + body


def _join_scripts(site: Path, lists: list[list[Tag]]) -> dict[str, str]:
    """Write what all pages load as one script, and the rest by page.

    Returns:
        The new script by the old one, as paths from the site's root.
    """
    lists = [[tag.path for tag in tags] for tags in lists if tags]
    if not lists:
        return {}
    common = [p for p in lists[0] if all(p in other for other in lists)]
    groups = {tuple(common)} if common else set()
    for paths in lists:
        rest = tuple(path for path in paths if path not in common)
        groups |= {(path,) for path in rest}
    new = {INDEX: INDEX}
    for group in sorted(groups - {(INDEX,)}):
        name = "book" if len(group) > 1 else Path(group[0]).stem
        code = "".join(
            ";\n" + _minified((site / path).read_text(encoding="utf-8"))
            for path in group
        )
        file = _write(site, f"{name}.js", code.encode())
        new |= dict.fromkeys(group, file)
    return new


def _minified(code: str) -> str:
    code = re.sub(r"^//# sourceMappingURL=.*$", "", code, flags=re.MULTILINE)
    return rjsmin.jsmin(code, keep_bang_comments=True)


def _seen(
    site: Path, pages: Iterable[str], loads: Iterable[Loads]
) -> stylesheet.Seen:
    kinds = stylesheet.Kinds()
    for text in pages:
        kinds.feed(text)
    code = [
        (site / path).read_text(encoding="utf-8")
        for path in sorted({tag.path for f in loads for tag in f.scripts})
        if path != INDEX  # words of prose, no code
    ]
    code += [
        inline
        for text in pages
        for inline in re.findall(r"<script>(.*?)</script>", text, re.DOTALL)
    ]
    words = set()
    for text in code:
        for _quote, string in SCRIPT_WORDS.findall(text):
            words |= {
                word
                for word in WORD.findall(string)
                if not word.startswith("fa-")  # the theme's icon font
            }
        for name in DATASET.findall(text):
            dashed = re.sub(r"[A-Z]", lambda m: "-" + m[0].lower(), name)
            words.add(f"data-{dashed}")
    return stylesheet.Seen(kinds.kinds, words | {"open", "hidden"})


def _join_sheets(
    site: Path,
    paths: tuple[str, ...],
    seen: stylesheet.Seen,
    characters: fonts.Characters,
    folder: Path,
) -> str:
    def with_files(css: str) -> str:
        return URL.sub(
            lambda m: _inline(site, m[2], characters, folder) or m[0], css
        )

    whole = css = "".join(_read_sheet(site / path, site) for path in paths)
    known = sorted(map(repr, map(_plain, seen.kinds))) + sorted(seen.words)
    css = _made(
        folder,
        "css",
        [css, *known],
        lambda: stylesheet.prune(css, seen, FAMILIES).encode(),
    ).decode()
    file = _write(site, "book.css", with_files(css).encode())
    # For the test that pages look the same with all the rules.
    (folder / Path(file).name).write_text(with_files(whole), encoding="utf-8")
    return file


def _plain(kind: stylesheet.Kind) -> tuple:
    return (
        kind.tag,
        kind.id,
        sorted(kind.classes),
        sorted(kind.attributes),
    )


def _read_sheet(path: Path, site: Path) -> str:
    """Return a style sheet with its imports, addresses from the site's root."""
    css = path.read_text(encoding="utf-8")
    css = IMPORT.sub(lambda m: _read_sheet(path.parent / m[1], site), css)

    def from_root(match: re.Match) -> str:
        if match[2].startswith("/"):  # done, in an imported sheet
            return match[0]
        target = path.parent / match[2].partition("?")[0]
        return f'url("/{Path(os.path.relpath(target, site)).as_posix()}")'

    return URL.sub(from_root, css) + "\n"


def _inline(
    site: Path, address: str, characters: fonts.Characters, folder: Path
) -> str:
    """Return the file at an address as part of the style sheet.

    A file of no known kind stays a file.
    """
    path = site / address.lstrip("/")
    name = path.stem.partition("-")[0]
    if name not in CUT and path.suffix not in KINDS:
        return ""
    content = path.read_bytes()
    if name in CUT:
        use, weight = CUT[name]
        needed = getattr(characters, use)
        content = _made(
            folder,
            "woff2",
            [content.hex(), *sorted(needed), str(weight)],
            lambda: fonts.cut(content, needed, weight),
        )
        kind = "font/woff2"
    else:
        kind = KINDS[path.suffix]
    data = base64.b64encode(content).decode()
    return f'url("data:{kind};base64,{data}")'


def _made(
    folder: Path, suffix: str, key: list[str], make: Callable[[], bytes]
) -> bytes:
    """Return what has been made for this key before, or make and keep it."""
    name = hashlib.sha256("\0".join([*HOW, *key]).encode()).hexdigest()
    path = folder / f"{name}.{suffix}"
    content = store.find(path)
    if content is None:
        content = make()
        store.keep(path, content)
    return content


def _write(site: Path, name: str, content: bytes) -> str:
    """Write a file under a name that changes with its content."""
    stem, _, suffix = name.rpartition(".")
    digest = hashlib.sha256(content).hexdigest()[:8]
    file = f"{STATIC}/{stem}.{digest}.{suffix}"
    (site / file).write_bytes(content)
    return file


def _leave_out_unnamed(site: Path, pages: Iterable[str]) -> None:
    """Remove the files that no page, and nothing a page names, names."""
    files = {
        path: path.name
        for folder in OWN_FOLDERS
        for path in sorted((site / folder).rglob("*"))
        if path.is_file()
    }
    text = "\n".join(pages)
    kept: set[Path] = set()
    while found := {p for p, n in files.items() if p not in kept and n in text}:
        kept |= found
        text = "\n".join(
            path.read_text(encoding="utf-8")
            for path in sorted(found)
            if path.suffix in (".js", ".css")
        )
    for path in files:
        if path not in kept:
            path.unlink()
    for folder in OWN_FOLDERS:
        for path in sorted((site / folder).rglob("*"), reverse=True):
            if path.is_dir() and not any(path.iterdir()):
                path.rmdir()
