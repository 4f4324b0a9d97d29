"""The Sphinx extension that has every chapter read, run and filled.

Sphinx hands the text of a file to ``source-read`` and takes it back changed:
here a chapter becomes a notebook that holds its outputs and values, which
MyST-NB then renders and does not run again.
"""

import json
import os
import time
from itertools import chain
from pathlib import Path
from types import SimpleNamespace

import nbformat
from myst_nb.core.loggers import SphinxDocLogger
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.environment import BuildEnvironment

from bookbuild.chapters import checks, exercises, reader, roles, whole_book
from bookbuild.chapters.errors import ChapterError
from bookbuild.chapters.verified import load
from bookbuild.execution import fork_client, provisioner, record
from bookbuild.execution.cache_key import cache_key
from bookbuild.execution.run import Run, run

OFF = {"execution_mode": "off"}  # what MyST-NB is given has its outputs
EMPTY = nbformat.writes(nbformat.v4.new_notebook(metadata={"mystnb": OFF}))
PRIORITY = 400  # before extensions that would warn of what is missing


def prepare(app: Sphinx, config: Config) -> None:
    """Complete MyST-NB's settings, and let Jupyter find the kernel."""
    style = config.book_matplotlibrc
    path = Path(app.confdir, style).resolve() if style else None
    if path:
        os.environ["MATPLOTLIBRC"] = str(path)
    cache = Path(app.confdir, config.nb_execution_cache_path, cache_key(path))
    config.nb_execution_cache_path = str(cache.resolve())
    provisioner.find_kernel()
    if not config.book_fork:
        os.environ.pop(fork_client.KERNELS, None)


def prepare_reading(
    app: Sphinx, env: BuildEnvironment, docnames: list[str]
) -> None:
    """Share out the long chapters among Sphinx's readers."""
    app.book_begun = time.time_ns() // 1000
    for name in [*docnames]:
        if errors := checks.check_bytes(Path(env.doc2path(name))):
            report(env, name, errors)
            docnames.remove(name)  # Sphinx would stop with a traceback
    # Sphinx gives each of its readers the next names of this list. The pages
    # without code come first, for kernels cannot be forked yet.
    known = load(app)["chapters"]
    took = {name: -chapter["seconds"] for name, chapter in known.items()}
    docnames.sort(key=lambda name: (name in took, took.get(name), name))
    readers = app.parallel
    docnames[:] = chain(*(docnames[i::readers] for i in range(readers)))
    if len(docnames) <= 1:  # a second process takes longer than it saves
        app.parallel = 1


def execute(app: Sphinx, docname: str, source: list[str]) -> None:
    """Replace a chapter's text by its notebook with all outputs."""
    env, path = app.env, Path(app.env.doc2path(docname))
    errors = exercises.check(path, source[0])
    if app.config.book_student:
        source[0] = exercises.without_answers(source[0])
    try:
        folder = Path(app.confdir, app.config.book_snippets).resolve()
        chapter = reader.read(path, source[0], folder)
        for snippet in chapter.snippets:
            env.note_dependency(str(snippet))
        # A chapter has its own cache: in one that readers share, the limit of
        # jupyter-cache 1.0.1 may hit what another reader is writing
        # (NbCacheRecord.records_to_delete).
        config = env.mystnb_config
        cache = Path(config.execution_cache_path, docname)
        config = config.copy(execution_cache_path=str(cache))
        # MyST-NB's logger asks a document for its environment.
        document = SimpleNamespace(settings=SimpleNamespace(env=env))
        found = run(chapter, config, SphinxDocLogger(document))
        errors += reader.check_values(chapter, found.values)
    except ChapterError as error:
        errors.append(error)
    if errors:
        report(env, docname, errors)
        source[0] = EMPTY
        return
    fill(chapter, found)
    env.current_document["book_chapter"] = chapter
    env.current_document["book_run"] = found
    env.metadata[docname]["book_snippets"] = chapter.uses
    env.metadata[docname]["book_record"] = record.entry(chapter, found)
    source[0] = nbformat.writes(chapter.notebook)


def noted(env: BuildEnvironment, what: str) -> dict[str, object]:
    """Return what is noted of each chapter, by name.

    Sphinx drops and merges the metadata of a page with the page.
    """
    return {n: m[what] for n, m in env.metadata.items() if what in m}


def fill(chapter: reader.Chapter, found: Run) -> None:
    """Put the outputs and values of a run into the chapter's notebook."""
    for count, (cell, outputs) in enumerate(
        zip(chapter.code_cells, found.outputs, strict=True), start=1
    ):
        cell.outputs, cell.execution_count = outputs, count
    for cell, values in zip(chapter.notebook.cells, found.values, strict=True):
        roles.fill_values(cell, values)
    chapter.notebook.metadata.setdefault("mystnb", {}).update(OFF)


def report(
    env: BuildEnvironment, docname: str, errors: list[ChapterError]
) -> None:
    """Note what is wrong with a chapter, to tell of all chapters at once."""
    env.metadata[docname].setdefault("book_errors", []).extend(errors)


def date(app: Sphinx, env: BuildEnvironment) -> None:
    """Date pages that were edited meanwhile by when reading began.

    Sphinx 9.0 takes the time at which a page's reading has ended: what its
    author saves while the cells run would never be read.
    """
    made = Path(app.outdir).parent.resolve()  # pictures of cells, among others
    for name in env.all_docs:
        known = env.dependencies.get(name, ())
        paths = [Path(env.srcdir, path).resolve() for path in known]
        edited = [
            path.stat().st_mtime_ns // 1000 > app.book_begun
            for path in [Path(env.doc2path(name)), *paths]
            if path.exists() and not path.is_relative_to(made)
        ]
        if any(edited):
            env.all_docs[name] = app.book_begun


def stop(_app: Sphinx, env: BuildEnvironment) -> None:
    """End the build if a chapter is at fault.

    Sphinx would add warnings about links to the pages that are missing.
    """
    errors = [*chain(*noted(env, "book_errors").values())]
    errors += whole_book.check(env)
    if errors:
        errors.sort(key=lambda error: (str(error.path), error.line))
        raise SystemExit("\n".join(map(str, ["", *errors, ""])))


def write_records(app: Sphinx, error: Exception | None) -> None:
    """Write what the chapters gave, for the record and for the tests."""
    if error is None:
        path = Path(app.outdir).with_name("records.json")
        records = noted(app.env, "book_record")
        path.write_text(json.dumps(records), encoding="utf-8")


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the settings and the steps."""
    app.setup_extension("bookbuild.chapters.verified")
    app.add_config_value("book_snippets", "../../src/snippets", "env", str)
    app.add_config_value("book_matplotlibrc", "", "env", str)
    # The edition for students has no answers.
    app.add_config_value("book_student", default=False, rebuild="env")
    app.add_config_value("book_fork", default=True, rebuild="", types=bool)
    app.connect("config-inited", prepare)
    app.connect("env-before-read-docs", prepare_reading)
    app.connect("source-read", execute, priority=PRIORITY)
    app.connect("doctree-read", whole_book.note_contents)
    app.connect("env-updated", date)
    app.connect("env-updated", stop, priority=PRIORITY)
    app.connect("build-finished", write_records)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
