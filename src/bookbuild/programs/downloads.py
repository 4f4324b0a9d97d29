"""Chapters, programs and snippets as files that a reader takes away.

Below the site's root:

- ``notebooks/<chapter>.ipynb``: the chapter with its outputs, for Jupyter;
- ``scripts/<chapter>.py``: its code, with cell markers and the prose as
  comments; what a notebook shows under a cell, the script prints;
- ``snippets/<name>.py``: each snippet as it is in the book's source;
- ``checked-gradients.zip``: all of them.

The same book gives the same bytes.
"""

import os
import time
import zipfile
from pathlib import Path, PurePosixPath

import nbformat
from docutils import nodes
from nbformat import NotebookNode, v4
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util import logging

from bookbuild.chapters import snippets as snippet
from bookbuild.programs.block_programs import Block
from bookbuild.programs.notebook_markdown import UnknownNodeError, Writer
from bookbuild.programs.page_programs import pages

logger = logging.getLogger(__name__)

ARCHIVE = "checked-gradients.zip"
FOLDERS = ("notebooks", "scripts", "snippets")


def notebook(cells: list[str | Block]) -> NotebookNode:
    """Return a chapter as a notebook that needs nothing else of the book."""
    made = []
    for cell in cells:
        if isinstance(cell, Block):
            made.append(_code_cell(cell))
        else:
            text = v4.new_markdown_cell(cell, id=f"text-{len(made)}")
            made.append(text)
    python = {"display_name": "Python 3", "language": "python"}
    metadata = {
        "kernelspec": {**python, "name": "python3"},
        "language_info": {"name": "python"},
    }
    return v4.new_notebook(cells=made, metadata=metadata)


def _code_cell(block: Block) -> NotebookNode:
    # With this tag Jupyter goes on after the error.
    metadata = {"tags": ["raises-exception"]} if block.raises else {}
    outputs = [
        NotebookNode(output, execution_count=block.number)
        if output.output_type == "execute_result"
        else output
        for output in block.outputs
    ]
    return v4.new_code_cell(
        block.source,
        id=f"block-{block.number}",
        metadata=metadata,
        execution_count=block.number,
        outputs=outputs,
    )


def script(cells: list[str | Block], about: str) -> str:
    """Return a chapter as a script that begins with a comment."""
    parts = [about]
    for cell in cells:
        if isinstance(cell, Block):
            parts.append("# %%\n" + cell.script)
        else:
            lines = (f"# {line}".rstrip() for line in cell.split("\n"))
            parts.append("\n".join(["# %% [markdown]", *lines]))
    return "\n\n".join(parts) + "\n"


def write_chapter(
    app: Sphinx,
    docname: str,
    _templatename: str,
    _context: dict,
    doctree: nodes.document | None,
) -> None:
    """Write the notebook and the script of a page that holds code."""
    page = pages(app.env).get(docname)
    if not page or doctree is None:
        return

    def number(node: nodes.Element) -> str:
        for numbers in app.env.toc_fignumbers.get(docname, {}).values():
            for name in node["ids"]:
                if name in numbers:
                    return ".".join(map(str, numbers[name]))
        return ""

    def link(uri: str) -> str:
        path, _, anchor = uri.partition("#")
        here = PurePosixPath(docname).parent
        target = PurePosixPath(os.path.normpath(here / path))
        name = target.with_suffix("").as_posix()
        if target.suffix == ".html" and name in pages(app.env):
            return os.path.relpath(f"{name}.ipynb", here)
        address = app.config.html_baseurl.rstrip("/")
        return f"{address}/{target}#{anchor}".rstrip("#") if address else ""

    try:
        cells = Writer(number, link, page.blocks).page(doctree)
    except UnknownNodeError as error:
        logger.warning(
            "%s\n  remedy: say it in another way, or teach "
            "bookbuild/programs/notebook_markdown.py this kind",
            error,
            location=error.node,
            type="downloads",
        )
        return
    made = notebook(cells)
    nbformat.validate(made)
    out = Path(app.outdir)
    _write(
        out / "notebooks" / f"{docname}.ipynb",
        v4.writes(made, indent=1) + "\n",
    )
    _write(out / "scripts" / f"{docname}.py", script(cells, page.about))


def write_rest(app: Sphinx, error: Exception | None) -> None:
    """Write the snippets and the archive, and remove what has gone."""
    if error or app.builder.format != "html":
        return
    out = Path(app.outdir)
    source = Path(app.confdir, app.config.book_snippets)
    wanted = set()
    for name in snippet.names(source):
        path = out / "snippets" / f"{name}.py"
        text = (source / f"{name}.py").read_text(encoding="utf-8")
        _write(path, text)
        wanted.add(path)
    for name in pages(app.env):
        wanted.add(out / "notebooks" / f"{name}.ipynb")
        wanted.add(out / "scripts" / f"{name}.py")
    for folder in FOLDERS:
        for path in (out / folder).rglob("*"):
            if path.is_file() and path not in wanted:
                path.unlink()
    stamp = int(os.environ.get("SOURCE_DATE_EPOCH", "315532800"))
    date = time.gmtime(max(stamp, 315532800))[:6]  # a zip begins in 1980
    with zipfile.ZipFile(out / ARCHIVE, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(wanted):
            inside = f"checked-gradients/{path.relative_to(out).as_posix()}"
            entry = zipfile.ZipInfo(inside, date)
            entry.external_attr = 0o644 << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, path.read_bytes())


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="\n")


def point_to_snippets(
    app: Sphinx, doctree: nodes.document, docname: str
) -> None:
    """Let links that download a snippet lead to its stable address."""
    up = "../" * docname.count("/")
    for node in doctree.findall(addnodes.download_reference):
        path = Path(app.srcdir, docname).parent / node["reftarget"]
        if _is_snippet(app, path) and "filename" in node:
            del node["filename"]
            node["refuri"] = f"{up}snippets/{path.name}"


def spare_copies(app: Sphinx, env: BuildEnvironment) -> None:
    """Keep Sphinx from copying snippets to addresses of its own, too."""
    for name in list(env.dlfiles):
        if _is_snippet(app, Path(app.srcdir, name)):
            del env.dlfiles[name]


def _is_snippet(app: Sphinx, path: Path) -> bool:
    folder = Path(app.confdir, app.config.book_snippets).resolve()
    return path.resolve().parent == folder


def offer(
    app: Sphinx,
    pagename: str,
    _templatename: str,
    context: dict,
    doctree: nodes.document | None,
) -> None:
    """Tell the page's template what there is to download."""
    if doctree is None:  # the search, the index: no page of the book
        return
    up = "../" * pagename.count("/")
    page = pages(app.env).get(pagename)
    found = []
    if page:
        found += [
            (f"{up}notebooks/{pagename}.ipynb", "Notebook", ".ipynb"),
            (f"{up}scripts/{pagename}.py", "Script", ".py"),
        ]
        found += [
            (f"{up}snippets/{name}.py", f"Snippet {name}", ".py")
            for name in page.snippets
        ]
    context["book_downloads"] = [*found, (up + ARCHIVE, "Whole book", ".zip")]


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the steps."""
    app.connect("doctree-resolved", point_to_snippets)
    # With the page: in the process that writes it.
    app.connect("html-page-context", write_chapter)
    app.connect("env-check-consistency", spare_copies)
    app.connect("html-page-context", offer)
    app.connect("build-finished", write_rest, priority=400)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
