"""Tell of a bibliography that cannot be read, with its file and line."""

from pathlib import Path

from pybtex.scanner import PybtexSyntaxError
from sphinx.application import Sphinx
from sphinxcontrib.bibtex import builder_inited_cite

from bookbuild.chapters.checks import check_bytes
from bookbuild.chapters.errors import ChapterError


def read_sources(app: Sphinx) -> None:
    """Have the sources read; end the build where they cannot be."""
    for name in app.config.bibtex_bibfiles:
        for error in check_bytes(Path(app.confdir, name)):
            raise SystemExit(error)
    try:
        builder_inited_cite(app)
    except PybtexSyntaxError as error:
        place = Path(error.filename), error.lineno
        remedy = "close this entry or that above"
        raise SystemExit(ChapterError(*place, str(error), remedy)) from None


def setup(app: Sphinx) -> dict[str, bool]:
    """Read before sphinxcontrib-bibtex does, which would show a traceback."""
    app.connect("builder-inited", read_sources, priority=400)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
