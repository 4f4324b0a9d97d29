"""The Sphinx extension that reads, runs and fills the chapters.

Every Markdown file of the book is a chapter, also one without a cell.
Before Sphinx reads, all chapters that it is about to read are run (or their
runs taken from the store); MyST-NB then renders notebooks that are complete,
through its ``nb_custom_formats``, and executes nothing.
"""

import json
import sys
from functools import cache, partial
from pathlib import Path

from jinja2.bccache import Bucket, BytecodeCache
from nbformat import NotebookNode
from pybtex.plugin import find_plugin, register_plugin
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

from bookbuild.chapters import exercises as questions
from bookbuild.chapters import reader as chapter
from bookbuild.chapters.errors import ChapterError, ChapterErrors
from bookbuild.chapters.reader import Chapter
from bookbuild.execution import execute
from bookbuild.programs import block_programs as programs

# What ``read`` hands to MyST-NB, by the text of the chapter: a reader is a
# function of the text alone.
_ready: dict[str, NotebookNode] = {}


def load(
    source: Path, snippets: Path, paths: list[Path], *, check: bool = True
) -> dict[str, Chapter]:
    """Read chapters, by name.

    Args:
        source: The folder of the book.
        snippets: The folder of the snippets.
        paths: The chapters' files.
        check: Whether to see if their blocks would run for a reader, too,
            which takes a while.

    Raises:
        ChapterErrors: All that is wrong with them.
    """
    chapters, errors = {}, []
    for path in paths:
        text = path.read_text(encoding="utf-8")
        errors += questions.check(path, text)
        try:
            found = chapter.read(path, text, snippets)
        except ChapterError as error:
            # A snippet that does not parse is told of once, not once for
            # each chapter that shows it.
            places = [(e.path, e.line) for e in errors]
            if (error.path, error.line) not in places:
                errors.append(error)
        else:
            errors += programs.check(found) if check else []
            name = path.relative_to(source).with_suffix("").as_posix()
            chapters[name] = found
    if errors:
        raise ChapterErrors(errors)
    return chapters


def read(text: str) -> NotebookNode:
    """Return the notebook that was made of a chapter's text."""
    return _ready[text]


def settings(app: Sphinx) -> execute.Settings:
    """Return how the configuration wants chapters to be run."""
    style = app.config.book_matplotlibrc
    return execute.Settings(
        store=Path(app.confdir, app.config.book_store),
        matplotlibrc=Path(app.confdir, style) if style else None,
        timeout=app.config.book_cell_timeout,
        workers=app.config.book_workers or execute.at_a_time(),
        fork=app.config.book_fork,
        expected=_recorded(Path(app.confdir, app.config.book_verified)),
    )


def _recorded(path: Path) -> dict[str, float]:
    """Return how long chapters took when the record was made, if it was."""
    if not path.is_file():
        return {}
    record = json.loads(path.read_text(encoding="utf-8"))
    return {
        name.rpartition("/")[2]: chapter["seconds"]
        for name, chapter in record["chapters"].items()
    }


def run_chapters(
    app: Sphinx, env: BuildEnvironment, docnames: list[str]
) -> None:
    """Run the chapters that Sphinx is about to read.

    What is wrong with them is told in full and ends the build at once:
    Sphinx would add its own traceback and ask for a report.
    """
    try:
        app.book_chapters = _run(app, env, docnames)
        # The pages without code go to a process of their own: among them is
        # the reference, which imports the snippets and so torch.
        docnames.sort(key=lambda name: (_has_code(app, name), name))
    except ChapterErrors as errors:
        print(f"\n{errors}\n", file=sys.stderr)
        raise SystemExit(1) from None


def _run(
    app: Sphinx, env: BuildEnvironment, docnames: list[str]
) -> dict[str, Chapter]:
    snippets = Path(app.confdir, app.config.book_snippets).resolve()
    paths = [Path(env.doc2path(name)) for name in sorted(docnames)]
    markdown = [path for path in paths if path.suffix == ".md"]
    chapters = load(Path(app.srcdir), snippets, markdown)
    # Printed, not logged: it is what an author waits for, also when Sphinx
    # tells of nothing but warnings.
    say = partial(print, flush=True)
    runs = execute.run_all(list(chapters.values()), settings(app), say)
    app.book_summary = execute.summary(list(chapters.values()), runs)
    for found, run in zip(chapters.values(), runs, strict=True):
        execute.fill(found, run)
    say("making the pages")
    return chapters


def _has_code(app: Sphinx, name: str) -> bool:
    found = app.book_chapters.get(name)
    return bool(found and found.code_cells)


def sum_up(app: Sphinx, error: Exception | None) -> None:
    """Tell at the end what ran."""
    if error is None:
        print(*app.book_summary, sep="\n", flush=True)


def hand_over(app: Sphinx, docname: str, source: list[str]) -> None:
    """Make a chapter ready for ``read``, and note the snippets it shows."""
    if found := app.book_chapters.get(docname):
        _ready[source[0]] = found.notebook
        for path in found.snippets:
            app.env.note_dependency(str(path))


class Templates(BytecodeCache):
    """The theme's templates, compiled once in a process that builds often."""

    def __init__(self) -> None:
        """Begin with none."""
        self.compiled: dict[str, tuple[str, bytes]] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """Use what was compiled of the same text."""
        checksum, code = self.compiled.get(bucket.key, ("", b""))
        if checksum == bucket.checksum:
            bucket.bytecode_from_string(code)

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Remember what was compiled."""
        code = bucket.bytecode_to_string()
        self.compiled[bucket.key] = bucket.checksum, code


_templates = Templates()


def reuse_templates(app: Sphinx) -> None:
    """Have the builder take compiled templates from earlier builds."""
    templates = getattr(app.builder, "templates", None)
    if environment := getattr(templates, "environment", None):
        environment.bytecode_cache = _templates


@cache
def find_backends_once() -> None:
    """Have the bibliography not go through all packages at each citation."""
    group = "pybtex.backends"
    for name in ("docutils", "plaintext"):
        register_plugin(group, name, find_plugin(group, name), force=True)


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the settings and the two steps."""
    app.add_config_value("book_snippets", "../../src/snippets", "env", str)
    app.add_config_value("book_verified", "verified.json", "env", str)
    app.add_config_value("book_store", "../../build/runs", "", str)
    app.add_config_value("book_matplotlibrc", "", "env", str)
    app.add_config_value("book_cell_timeout", 60, "", [int, float])
    app.add_config_value("book_workers", 0, "", int)
    app.add_config_value("book_fork", default=True, rebuild="", types=bool)
    find_backends_once()
    app.connect("builder-inited", reuse_templates)
    app.connect("env-before-read-docs", run_chapters)
    app.connect("source-read", hand_over)
    app.connect("build-finished", sum_up)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
