"""The Sphinx extension that writes the files that readers download.

Below the site's root are:

- ``notebooks/<chapter>.ipynb``: the chapter with its outputs, for Jupyter; and
  ``notebooks/requirements.txt``: what they are verified with;
- ``scripts/<chapter>.py``: its code, with cell markers and the prose as
  comments; the script prints the values that a notebook shows;
- ``<chapter>.md``, beside its page: the chapter as Markdown, with what its code
  printed, for programs that read;
- ``snippets/<name>.py``: each snippet as it is in the book's source;
- ``tasks/test_<name>.py``: each task with its checker, for pytest too;
- ``checked-gradients.zip``: all but the Markdown.

The same book gives the same bytes.
"""

import os
import re
import time
import zipfile
from functools import partial
from pathlib import Path, PurePosixPath
from textwrap import indent
from urllib.parse import quote

import nbformat
from docutils import nodes
from nbformat import NotebookNode, v4
from sphinx import addnodes
from sphinx.application import Sphinx

from bookbuild.chapters import snippets, verified
from bookbuild.chapters.checks import check_source
from bookbuild.execution.record import texts
from bookbuild.programs import tasks
from bookbuild.programs.block_programs import Block, Page
from bookbuild.programs.notebook_markdown import Writer, fenced
from bookbuild.programs.page_programs import pages
from bookbuild.programs.tasks import Code

NEEDED = {"torch", "numpy", "matplotlib"}
ARCHIVE = "checked-gradients.zip"
FUTURE = re.compile(r"^from __future__ import [^(]*?\n", re.MULTILINE)
# Colab opens what is in a repository; the workflow puts notebooks on a branch.
# Binder installs its requirements.txt first.
BINDER = "https://mybinder.org/v2/gh/%s/notebooks?labpath=%s"
CPU = "--extra-index-url https://download.pytorch.org/whl/cpu"
# Where GitHub has the files of the newest release; a workflow puts them there.
RELEASED = "https://github.com/%s/releases/latest/download/"
COLAB = "https://colab.research.google.com/github/%s/blob/notebooks/%s"


def notebook(cells: list[str | Block | Code]) -> NotebookNode:
    """Return a chapter as a notebook that needs nothing else of the book."""
    made = []
    for place, cell in enumerate(cells):
        if isinstance(cell, str):
            made.append(v4.new_markdown_cell(cell, id=f"text-{place}"))
        elif isinstance(cell, Code):
            made.append(v4.new_code_cell(cell.source, id=f"task-{place}"))
        else:
            outputs = [
                NotebookNode(output, execution_count=cell.number)
                if output.output_type == "execute_result"
                else output
                for output in cell.outputs
            ]
            code = v4.new_code_cell(
                cell.comment + cell.source,
                id=f"block-{cell.number}",
                # With this tag Jupyter goes on after the error.
                metadata={"tags": ["raises-exception"]} if cell.raises else {},
                execution_count=cell.number,
                outputs=outputs,
            )
            made.append(code)
    python = {"display_name": "Python 3", "language": "python"}
    metadata = {
        "kernelspec": {**python, "name": "python3"},
        "language_info": {"name": "python"},
    }
    return v4.new_notebook(cells=made, metadata=metadata)


def script(cells: list[str | Block | Code], about: str) -> str:
    """Return a chapter as a script that begins with a comment."""
    parts = []
    for cell in cells:
        if isinstance(cell, str):
            lines = (f"# {line}".rstrip() for line in cell.split("\n"))
            parts.append("\n".join(["# %% [markdown]", *lines]))
        elif isinstance(cell, Block):  # a task is a program of its own
            parts.append(f"# %%\n{cell.comment}{cell.script}")
    text = "\n\n".join(parts) + "\n"
    top = "".join([f"{about}\n\n", *dict.fromkeys(FUTURE.findall(text))])
    return top + FUTURE.sub("", text)


def markdown(cells: list[str | Block | Code]) -> str:
    """Return a chapter as Markdown; what it printed stands below each block."""
    parts = []
    for cell in cells:
        if isinstance(cell, str):
            parts.append(cell)
        elif isinstance(cell, Code):
            parts.append(fenced(cell.source, "python"))
        else:
            printed = (t.strip("\n") for t in texts(cell.outputs))
            parts.append(fenced(cell.comment + cell.source, "python"))
            parts += [fenced(text, "text") for text in printed if text]
    return "\n\n".join(parts) + "\n"


def _paths(docname: str) -> tuple[str, str, str]:
    """Return the paths of a chapter's notebook, script and Markdown."""
    return (
        f"notebooks/{docname}.ipynb",
        f"scripts/{docname}.py",
        f"{docname}.md",
    )


def write_chapter(
    app: Sphinx, docname: str, page: Page, doctree: nodes.document
) -> None:
    """Write the notebook and the script of a page with code."""

    def number(node: nodes.Element) -> str:
        for numbers in app.env.toc_fignumbers.get(docname, {}).values():
            for name in filter(numbers.get, node["ids"]):
                return ".".join(map(str, numbers[name]))
        return ""

    def link(suffix: str, uri: str) -> str:
        path, _, anchor = uri.partition("#")
        here = PurePosixPath(docname).parent
        target = PurePosixPath(os.path.normpath(here / path))
        name = target.with_suffix("").as_posix()
        if target.suffix == ".html" and name in pages(app.env):
            return os.path.relpath(f"{name}{suffix}", here)
        if suffix == ".md":  # it lies beside the pages
            return uri
        address = app.config.html_baseurl.rstrip("/")
        return f"{address}/{target}#{anchor}".rstrip("#") if address else ""

    blocks = {block.cell: block for block in page.blocks}
    cells = Writer(number, partial(link, ".ipynb"), blocks).page(doctree)
    plain = Writer(number, partial(link, ".md"), blocks, pictures=False)
    metadata = indent(f"/// script\n{app.config.book_requires}\n///", "# ")
    made = notebook(cells)
    nbformat.validate(made)
    made_of = (
        v4.writes(made, indent=1) + "\n",
        script(cells, f"{page.about}\n\n{metadata}"),
        markdown(plain.page(doctree)),
    )
    for path, text in zip(_paths(docname), made_of, strict=True):
        _write(Path(app.outdir, path), text)


def write_rest(app: Sphinx, error: Exception | None) -> None:
    """Write the snippets and the archive; remove files of former builds."""
    if error or app.builder.name != "html":
        return
    out = Path(app.outdir)
    wanted = {out / path for name in pages(app.env) for path in _paths(name)}
    config, here = app.config, Path(app.confdir)
    versions = verified.load(app)["versions"]
    pinned = [f"{n}=={v}" for n, v in versions.items() if n in NEEDED]
    made = {"notebooks/requirements.txt": "\n".join([CPU, *pinned, ""])}
    folder = (here / config.book_snippets).resolve()
    for name in snippets.names(folder):
        for wrong in check_source(file := folder / f"{name}.py"):
            raise SystemExit(wrong)
        made[f"snippets/{name}.py"] = file.read_text(encoding="utf-8")
    folder = here / config.book_tasks
    for name in tasks.names(folder):
        file = folder / f"{name}.py"
        if [*check_source(file)] or not {*tasks.PARTS} <= {*tasks.parts(file)}:
            continue  # not finished; the page that names it would say so
        text = tasks.program(file)
        made[f"tasks/test_{name}.py"] = text
    for path, text in made.items():
        _write(out / path, text)
        wanted.add(out / path)
    folders = (
        "notebooks/**/*",
        "scripts/**/*",
        "snippets/**/*",
        "tasks/*",
        "**/*.md",
    )
    for path in [path for each in folders for path in out.glob(each)]:
        if path.is_file() and path not in wanted:
            path.unlink()
    # What a notebook's raw HTML loads.
    wanted |= {
        out / "_downloads" / copy for _, copy in app.env.dlfiles.values()
    }
    stamp = int(os.environ.get("SOURCE_DATE_EPOCH", "0"))
    date = time.gmtime(max(stamp, 315532800))[:6]  # a zip begins in 1980
    with zipfile.ZipFile(out / ARCHIVE, "w") as archive:
        for path in sorted(p for p in wanted if p.suffix != ".md"):
            inside = f"checked-gradients/{path.relative_to(out).as_posix()}"
            entry = zipfile.ZipInfo(inside, date)
            entry.external_attr = 0o644 << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, path.read_bytes())


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="\n")


def link_snippets(app: Sphinx, doctree: nodes.document) -> None:
    """Let links that download a snippet lead to its stable address.

    Without this Sphinx copies the snippet to an address of its own.
    """
    folder = Path(app.confdir, app.config.book_snippets).resolve()
    docname = app.env.current_document.docname
    for node in doctree.findall(addnodes.download_reference):
        name, path = app.env.relfn2path(node["reftarget"], docname)
        if Path(path).resolve().parent == folder:
            up = "../" * docname.count("/")
            node["refuri"] = f"{up}snippets/{Path(path).name}"
            app.env.dlfiles.pop(Path(name), None)


def add_downloads(
    app: Sphinx,
    pagename: str,
    _templatename: str,
    context: dict,
    doctree: nodes.document | None,
) -> None:
    """Write a page's own downloads; tell its template what there is."""
    # The search and the index are no pages of the book; an ePub has no files.
    if doctree is None or app.builder.name != "html":
        return
    found = []
    repository = app.config.book_repository
    if page := pages(app.env).get(pagename):
        write_chapter(app, pagename, page, doctree)
        notebook_path, script_path, markdown_path = _paths(pagename)
        if repository:
            context["book_services"] = {
                "Colab": COLAB % (repository, notebook_path),
                "Binder": BINDER % (repository, quote(notebook_path, "")),
            }
        found = [
            (notebook_path, "Notebook", ".ipynb"),
            (script_path, "Script", ".py"),
            (markdown_path, "Text", ".md"),
            *(
                (f"snippets/{n}.py", f"Snippet {n}", ".py")
                for n in page.snippets
            ),
        ]
    up = "../" * pagename.count("/")
    context["book_downloads"] = [
        (up + path, label, suffix)
        for path, label, suffix in [*found, (ARCHIVE, "Whole book", ".zip")]
    ]
    if repository:
        book = RELEASED % repository + ARCHIVE.removesuffix(".zip")
        context["book_downloads"] += [
            (f"{book}.pdf", "The book as PDF", ".pdf"),
            (f"{book}.epub", "The book as ePub", ".epub"),
        ]


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the steps."""
    app.setup_extension("bookbuild.programs.tasks")
    # Inline metadata of the scripts: https://peps.python.org/pep-0723
    app.add_config_value("book_requires", "dependencies = []", "html", str)
    app.connect("doctree-read", link_snippets)
    # With the page: in the process that writes it.
    app.connect("html-page-context", add_downloads)
    app.connect("build-finished", write_rest, priority=400)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
