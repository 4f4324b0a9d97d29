"""Every form that an author can write is in the notebook, or is refused.

The words of a form begin with ``zz``; they must be in the notebook's Markdown,
or the build names the line.
"""

import contextlib
import io
import re
import runpy
import warnings
from pathlib import Path

import pytest
from docutils.parsers.rst import directives
from sphinx.application import Sphinx
from sphinx.util.docutils import docutils_namespace

from bookbuild.programs import tasks
from bookbuild.programs.notebook_markdown import Writer

# What an author types, under the name of the directive or of the form.
TEXT = Path(__file__).with_name("forms.txt").read_text("utf-8")
FORMS = dict(part.split("\n", 1) for part in TEXT.split("=== ")[1:])
SAME = {  # by the form: directives that differ in their name alone
    ":::{%s}\nzza\n\nzzb\n:::": "attention caution compound container danger "
    "epigraph error highlights hint important note pull-quote seealso tip "
    "warning",
    ":::{%s} zza\nzzb\n:::": "aside describe envvar object topic",
    ":::{%s} a\nzza\n:::": "class div",
    ":::{%s} 1.0\nzza\n:::": "versionadded versionremoved version-added "
    "version-changed version-deprecated version-removed",
    "```{%s} zza\n```": "centered eval glue rubric",
}
FORMS |= {
    f"{{{name}}}": form % name
    for form, names in SAME.items()
    for name in names.split()
}
REFUSED = {"option list", "{eval}", "{glue}"}


@pytest.fixture(scope="module")
def written(module_book, root):
    """The Markdown of each form's page, what the build says; directives."""
    book = module_book("# Chapter\n\nText.\n")
    conf = runpy.run_path(root / "book/_config/conf.py")
    more = [e for e in conf["extensions"] if not e.startswith("bookbuild.")]
    book.configure(f"extensions += {[*more, 'sphinx_book_theme']}")
    syntax = conf["myst_enable_extensions"]
    book.configure(f"myst_enable_extensions = {syntax}")
    book.configure("numfig_format['figure'] = 'Figure %s'")
    book.write("book/_part.txt", "zzpart\n")
    book.write("book/a.png", "")
    parts = (f"# %% {part}\ndef test_it(): ...\n" for part in tasks.PARTS)
    book.write("src/tasks/add.py", "".join(parts))
    book.write("book/_config/references.bib", "@misc{knuth, title={zzt}}")
    names = {form: f"form-{i}" for i, form in enumerate(FORMS)}
    for form, text in FORMS.items():
        book.write(f"book/{names[form]}.md", f"# Form\n\n{text}\n")
    book.index("chapter", *names.values())
    said, markdown = io.StringIO(), {}

    def write(_app, page, _template, _context, doctree):
        if doctree is not None:
            writer = Writer(lambda _: "7", lambda uri: uri, {})
            cells = writer.page(doctree)
            texts = (getattr(cell, "source", cell) for cell in cells)
            markdown[page] = "\n\n".join(texts)

    with (
        contextlib.chdir(book.root),
        docutils_namespace(),
        warnings.catch_warnings(action="ignore"),  # as in the command
    ):
        paths = "book", "book/_config", "build/site", "build/doctrees"
        app = Sphinx(*paths, "html", status=None, warning=said, parallel=1)
        app.connect("html-page-context", write)
        app.build()
        registry = vars(directives)
        known = {*registry["_directive_registry"], *registry["_directives"]}
    found = {
        form: (markdown[name], re.findall(rf"{name}\.md:.*", said.getvalue()))
        for form, name in names.items()
    }
    return found, known


@pytest.mark.parametrize("form", FORMS)
def test_a_form_is_in_the_notebook_or_refused(written, form):
    markdown, said = written[0][form]
    if form in REFUSED:
        assert any(re.match(r"[\w-]+\.md:\d+: ", line) for line in said)
        return
    assert said == []
    missing = set(re.findall(r"\bzz\w+", FORMS[form])) - set(
        re.findall(r"zz[a-z]\w*", markdown)
    )
    assert not missing, markdown


def test_what_would_be_markdown_is_escaped(written):
    markdown, _ = written[0]["characters"]
    assert markdown.split("\n\n", 1)[1] == (
        "1.5 zza\n\n2. zzb\n\n\\# zzc \\&lt; \\~~zzd\\~~\n\n"
        "zze<br />\n\\===\n\n1986\\. zzf"
    )


# Directives that show nothing, and those of the reference, which describe
# objects as others here do.
NOTHING = {
    *{"code-cell", "codeauthor", "cssclass", "date", "default-domain"},
    *{"default-role", "footer", "header", "moduleauthor", "raw-cell"},
    *{"replace", "role", "rst-class", "sectnum", "testcleanup", "testsetup"},
    *{"unicode", "_all-octicon", "restructuredtext-test-directive"},
}


def test_no_directive_is_left_out(written):
    _, known = written
    text = "\n".join(FORMS.values())
    found = re.findall(r"\{([\w-]+)\}|^\.\. ([\w-]+)::", text, re.MULTILINE)
    tried = {name for names in found for name in names}
    left = known - tried - NOTHING
    assert {name for name in left if not name.startswith("auto")} == set()
