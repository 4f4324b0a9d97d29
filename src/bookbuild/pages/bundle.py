"""The site without what no page uses.

Sphinx's pages load every style sheet and script that the theme and the
extensions bring. After this, a page loads one style sheet, cut to the rules
that the site's pages can match and with its fonts inside, and one script;
search code and search index wait in a template of the search page until there
is something to search for. Files that nothing names any more are left out.

The same site in gives the same site out; a part that has been made before is
taken from the store.
"""

import base64
import hashlib
import os
import re
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from functools import partial
from html.parser import HTMLParser
from importlib.metadata import version
from pathlib import Path

import rjsmin
from sphinx.util.parallel import (
    ParallelTasks,
    SerialTasks,
    parallel_available,
)

from bookbuild.execution import store
from bookbuild.commands import sphinx as execute
from bookbuild.pages import fonts, heights
from bookbuild.pages import prune_styles as stylesheet

STATIC = "_static"
INDEX = "searchindex.js"  # a file for programs, too: it keeps its name
OWN_FOLDERS = (STATIC, "_images")  # what is left out, if not named, is here
SCRIPT_WORDS = re.compile(r"""(["'`])((?:\\.|(?!\1).)*)\1""", re.DOTALL)
INLINE = re.compile(r"<script>(.*?)</script>", re.DOTALL)
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
    waits: bool = False  # in a template, until a script takes it from there


@dataclass
class Page:
    """What a page loads and shows."""

    sheets: list[Tag]
    scripts: list[Tag]
    code: list[str]  # of the scripts that stand in it
    kinds: set[stylesheet.Kind]
    formulas: set[str]  # characters
    headings: set[str]
    parts: list[heights.Part]


class Reader(HTMLParser):
    """Reads a page once for all that is asked of it."""

    def __init__(self, path: Path, site: Path) -> None:
        """Prepare for one page."""
        super().__init__()
        self.path, self.site = path, site
        self.sheets: list[Tag] = []
        self.scripts: list[Tag] = []
        self.templates = 0  # around the place where the reader is
        self.kinds = stylesheet.Kinds()
        self.characters = fonts.Characters()
        self.heights = heights.Heights()

    def read(self) -> Page:
        """Return what is on the page."""
        text = self.path.read_text(encoding="utf-8")
        self.feed(text)
        return Page(
            self.sheets,
            self.scripts,
            INLINE.findall(text),
            self.kinds.kinds,
            self.characters.formulas,
            self.characters.headings,
            self.heights.parts,
        )

    def handle_starttag(
        self, tag: str, attrs: list[tuple[str, str | None]]
    ) -> None:
        """Note an element, and whether it loads a style sheet or a script."""
        self.kinds.handle_starttag(tag, attrs)
        self.characters.handle_starttag(tag, attrs)
        text = self.get_starttag_text() or ""
        self.heights.handle_starttag(tag, attrs, self.getpos())
        self.templates += tag == "template"
        if tag not in ("link", "script"):
            return
        found = dict(attrs)
        if tag == "link" and found.get("rel") == "stylesheet":
            self.sheets.append(Tag(text, self._path(found["href"] or "")))
        elif tag == "script" and found.get("src"):
            path = self._path(found["src"] or "")
            waits = self.templates > 0
            self.scripts.append(Tag(text + "</script>", path, waits))

    def handle_endtag(self, tag: str) -> None:
        """Note that an element ends."""
        self.templates -= tag == "template"
        self.characters.handle_endtag(tag)
        self.heights.handle_endtag(tag)

    def handle_data(self, data: str) -> None:
        """Note a piece of text."""
        self.characters.handle_data(data)
        self.heights.handle_data(data)

    def _path(self, address: str) -> str:
        target = self.path.parent / address.partition("?")[0]
        return Path(os.path.relpath(target, self.site)).as_posix()


@dataclass(frozen=True)
class Part:
    """A file to be made, and all that it is made of."""

    suffix: str
    key: list[str]
    make: Callable[[], bytes]


def lighten(site: Path, folder: Path) -> None:
    """Lighten a built site in place.

    Args:
        site: The folder of the site.
        folder: Where finished parts are kept from one build to the next.
    """
    pages = _read(site)
    scripts = _join_scripts(site, [page.scripts for page in pages.values()])
    seen = _seen(site, pages.values())
    sheets: dict[tuple[str, ...], str] = {}
    texts = []
    for path, page in pages.items():
        key = tuple(tag.path for tag in page.sheets)
        if key and key not in sheets:
            sheets[key] = _join_sheets(site, key, seen, pages.values(), folder)
        texts.append(_rewrite(path, page, site, sheets, scripts))
        path.write_text(texts[-1], encoding="utf-8")
    _leave_out_unnamed(site, texts)
    store.trim(folder, KEEP)


def _read(site: Path) -> dict[Path, Page]:
    """Read all pages, on all processors."""
    paths = [
        path
        for path in sorted(site.rglob("*.html"))
        if STATIC not in path.relative_to(site).parts
    ]

    def read(some: list[Path]) -> dict[Path, Page]:
        return {path: Reader(path, site).read() for path in some}

    shares = [paths[n :: execute.cores()] for n in range(execute.cores())]
    found = _gather([partial(read, share) for share in shares if share])
    return {path: found[path] for path in paths}


def _gather(tasks: list[Callable[[], dict]]) -> dict:
    """Return all that some tasks return, done at a time where possible."""
    processes = min(len(tasks), execute.cores())
    at_a_time = parallel_available and processes > 1
    queue = ParallelTasks(processes) if at_a_time else SerialTasks()
    found = {}
    for task in tasks:
        # One kind of queue hands over an argument and a result, the other a
        # result.
        queue.add_task(task, None, lambda *given: found.update(given[-1]))
    queue.join()
    return found


def _rewrite(
    path: Path,
    found: Page,
    site: Path,
    sheets: dict[tuple[str, ...], str],
    scripts: dict[str, str],
) -> str:
    def address(file: str) -> str:
        return Path(os.path.relpath(site / file, path.parent)).as_posix()

    text = path.read_text(encoding="utf-8")
    text = heights.with_heights(text, found.parts)
    if found.sheets:
        sheet = sheets[tuple(tag.path for tag in found.sheets)]
        first, *rest = (tag.text for tag in found.sheets)
        link = f'<link rel="stylesheet" href="{address(sheet)}" />'
        text = text.replace(first, link, 1)
        for tag in rest:
            text = text.replace(tag, "", 1)
    done = set()
    # A script that no other waits for has a turn of its own, not one with all
    # that a browser does when the page has arrived.
    alone = len({scripts[t.path] for t in found.scripts if not t.waits}) == 1
    how = "async" if alone else "defer"
    for tag in found.scripts:
        bundle = scripts[tag.path]
        new = f'<script {how} src="{address(bundle)}"></script>'
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


def _seen(site: Path, pages: Collection[Page]) -> stylesheet.Seen:
    kinds = set().union(*(page.kinds for page in pages))
    code = [
        (site / path).read_text(encoding="utf-8")
        for path in sorted({tag.path for p in pages for tag in p.scripts})
        if path != INDEX  # words of prose, no code
    ]
    code += [inline for page in pages for inline in page.code]
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
    return stylesheet.Seen(kinds, words | {"open", "hidden"})


def _join_sheets(
    site: Path,
    paths: tuple[str, ...],
    seen: stylesheet.Seen,
    pages: Collection[Page],
    folder: Path,
) -> str:
    whole = "".join(_read_sheet(site / path, site) for path in paths)
    known = sorted(map(repr, map(_plain, seen.kinds))) + sorted(seen.words)
    pruned = Part(
        "css",
        [whole, *known],
        lambda: stylesheet.prune(whole, seen, FAMILIES).encode(),
    )
    addresses = sorted(
        {m[2] for m in URL.finditer(whole) if _name(m[2]) in CUT}
    )
    cut = [_cut(site, address, pages) for address in addresses]
    css, *contents = _made(folder, [pruned, *cut])
    ready = dict(zip(addresses, contents, strict=True))

    def with_files(css: str) -> str:
        return URL.sub(lambda m: _inline(site, m[2], ready) or m[0], css)

    file = _write(site, "book.css", with_files(css.decode()).encode())
    # For the test that pages look the same with all the rules.
    (folder / Path(file).name).write_text(with_files(whole), encoding="utf-8")
    return file


def _name(address: str) -> str:
    return Path(address).stem.partition("-")[0]


def _cut(site: Path, address: str, pages: Collection[Page]) -> Part:
    """Return the part that is a font, cut to what the pages need of it."""
    content = (site / address.lstrip("/")).read_bytes()
    use, weight = CUT[_name(address)]
    needed = set().union(*(getattr(page, use) for page in pages))
    return Part(
        "woff2",
        [content.hex(), *sorted(needed), str(weight)],
        lambda: fonts.cut(content, needed, weight),
    )


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


def _inline(site: Path, address: str, ready: dict[str, bytes]) -> str:
    """Return the file at an address as part of the style sheet.

    A file of no known kind stays a file.
    """
    path = site / address.lstrip("/")
    if address in ready:
        content, kind = ready[address], "font/woff2"
    elif path.suffix in KINDS:
        content, kind = path.read_bytes(), KINDS[path.suffix]
    else:
        return ""
    data = base64.b64encode(content).decode()
    return f'url("data:{kind};base64,{data}")'


def _made(folder: Path, parts: list[Part]) -> list[bytes]:
    """Return what has been made before, or make and keep it."""
    paths = {}
    for part in parts:
        name = hashlib.sha256("\0".join([*HOW, *part.key]).encode())
        paths[folder / f"{name.hexdigest()}.{part.suffix}"] = part
    kept = {path: store.find(path) for path in paths}

    def make(path: Path) -> dict[Path, bytes]:
        return {path: paths[path].make()}

    made = _gather(
        [partial(make, path) for path, old in kept.items() if old is None]
    )
    for path, content in made.items():
        store.keep(path, content)
    return [*(kept | made).values()]


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


def finish(raw, site, memory):
    import shutil

    shutil.copytree(raw, site)
    shutil.rmtree(site / ".doctrees", ignore_errors=True)
    (site / ".buildinfo").unlink(missing_ok=True)
    lighten(site, memory)
