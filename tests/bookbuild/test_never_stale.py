"""After any edits, what a build makes is what a clean build makes.

Hypothesis makes up histories of a small book: edits of every kind, builds
that fail, builds that are killed.  After each build the site is compared,
byte for byte, with that of a build in a new folder with an empty store, and
what ran with what should have run.

``nox -s histories`` tries many more of them than ``nox -s tests`` does.
One history that is not made up has every kind of edit in it, once.
"""

import contextlib
import hashlib
import importlib
import io
import os
import re
import shutil
import sys
import tempfile
from pathlib import Path
from types import SimpleNamespace
from typing import ClassVar

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from bookbuild.commands import html

CONF = """
project = "Small"
extensions = [
    "myst_nb",
    "sphinxcontrib.bibtex",
    "bookbuild.execution.executed_chapters",
    "bookbuild.programs.page_programs",
    "bookbuild.pages.search_index",
    "bookbuild.pages.shared_contents",
]
source_suffix = {".md": "myst-nb"}
exclude_patterns = ["_config"]
nb_custom_formats = {".md": ("nbformat.reads", {"as_version": 4}, False)}
nb_execution_mode = "cache"
nb_execution_cache_path = "../../build/runs"
nb_execution_raise_on_error = True
nb_execution_in_temp = True
suppress_warnings = ["mystnb.exec"]
bibtex_bibfiles = []
numfig = True
html_theme = "basic"
book_matplotlibrc = "matplotlibrc"
html_static_path = ["static"]
html_css_files = ["own.css"]
"""
NAMES = st.sampled_from(["alpha", "beta", "gamma", "delta"])
BETWEEN = ["", "The next cell shows it.\n\n", "+++\n\n## More\n\n"]
NUMBERS = st.integers(0, 2)  # few, so that histories return to what was
BUILDS_TAKE = 2.0  # seconds, at most; a kill comes at a random moment of them
HISTORIES = int(os.environ.get("HISTORIES", "5"))


class Book(RuleBasedStateMachine):
    """A small book in a folder, and what ought to be true of its site."""

    builder = None  # the process that builds in forks
    made: ClassVar = {}  # what clean builds have made, by all they were of

    @initialize()
    def begin(self):
        """Lay out three chapters and two snippets, of which one uses one."""
        self.root = Path(tempfile.mkdtemp())
        self.chapters = {}
        self.snippets = {
            "one": {"number": 1, "uses": None},
            "two": {"number": 2, "uses": "one"},
        }
        self.conf = self.rc = self.css = 0
        self.version = None
        self.kept = set()  # the chapters whose runs are in the store, by state
        self.maybe = set()  # those of which nobody knows
        self.steps = 0
        self.good = None  # the site that was published last
        for name in ("alpha", "beta", "gamma"):
            self.chapters[name] = {
                "prose": 0,
                "code": 0,
                "tag": "hide-input",
                "between": 0,
                "snippet": "one" if name == "alpha" else "two",
            }
        self.lay()

    def write(self, path, text):
        """Write a file, unless that is what it holds."""
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        if not file.exists() or file.read_text() != text:
            file.write_text(text)

    def lay(self):
        """Write the book as it should now be."""
        self.write(
            "book/_config/conf.py", CONF + f'html_title = "Book {self.conf}"\n'
        )
        self.write("book/_config/matplotlibrc", f"# {self.rc}\n")
        self.write(
            "book/_config/verified.json",
            '{"date": "2026-01-02", "versions": {}, "chapters": {}}',
        )
        self.write(
            "book/_config/static/own.css", f"p {{margin: {self.css}px}}\n"
        )
        for name, has in self.snippets.items():
            more = f"{has['uses']}() + " if has["uses"] else ""
            self.write(
                f"src/snippets/{name}.py",
                f'def {name}():\n    """Return it."""\n'
                f"    return {more}{has['number']}\n",
            )
        for path in (self.root / "src/snippets").glob("*.py"):
            if path.stem not in self.snippets:
                path.unlink()
        toctree = "\n".join(self.chapters)
        self.write(
            "book/index.md", f"# Book\n\n```{{toctree}}\n{toctree}\n```\n"
        )
        for name, has in self.chapters.items():
            others = [n for n in self.chapters if n != name]
            links = " ".join(f"{{doc}}`{other}`" for other in others)
            shown = "\n".join(
                f"```{{code-cell}}\n:snippet: {snippet}\n```\n"
                for snippet in self.shown(has["snippet"])
            )
            self.write(
                f"book/{name}.md",
                f"# Title {has['prose']} of {name}\n\n"
                f"Word {has['prose']}. {links}\n\n{shown}\n"
                + BETWEEN[has["between"]]
                + "```{code-cell}\nprint('next')\n```\n\n"
                + f"```{{code-cell}}\n:tags: [{has['tag']}]\n"
                f"print({has['code']}, {has['snippet']}())\n```\n\n"
                f"It is {{run}}`{has['snippet']}()`.\n",
            )
        for path in (self.root / "book").glob("*.md"):
            if path.stem not in {*self.chapters, "index"}:
                path.unlink()

    def shown(self, snippet):
        """Return what a chapter shows that shows a snippet: its own, too."""
        uses = self.snippets[snippet]["uses"]
        return [*self.shown(uses), snippet] if uses else [snippet]

    @rule(data=st.data(), number=NUMBERS)
    def edit_prose(self, data, number):
        """Change a word and the title, to which other pages link."""
        name = data.draw(st.sampled_from(sorted(self.chapters)))
        self.chapters[name]["prose"] = number
        self.lay()

    @rule(data=st.data(), number=NUMBERS)
    def edit_code(self, data, number):
        """Change a cell."""
        name = data.draw(st.sampled_from(sorted(self.chapters)))
        self.chapters[name]["code"] = number
        self.lay()

    @rule(data=st.data(), tag=st.sampled_from(["hide-input", "remove-input"]))
    def change_a_display_tag(self, data, tag):
        """Change how a cell is shown."""
        name = data.draw(st.sampled_from(sorted(self.chapters)))
        self.chapters[name]["tag"] = tag
        self.lay()

    @rule(data=st.data(), number=NUMBERS)
    def edit_between_cells(self, data, number):
        """Put words, a break or a heading between two cells, or nothing."""
        name = data.draw(st.sampled_from(sorted(self.chapters)))
        self.chapters[name]["between"] = number
        self.lay()

    @rule(data=st.data(), number=NUMBERS)
    def edit_a_snippet(self, data, number):
        """Change what a snippet does."""
        name = data.draw(st.sampled_from(sorted(self.snippets)))
        self.snippets[name]["number"] = number
        self.lay()

    @rule(data=st.data(), new=st.sampled_from(["one", "two", "six", "ten"]))
    def rename_a_snippet(self, data, new):
        """Rename a snippet, in the chapters that show it too."""
        old = data.draw(st.sampled_from(sorted(self.snippets)))
        if new not in self.snippets:
            self.snippets[new] = self.snippets.pop(old)
            for has in self.snippets.values():
                if has["uses"] == old:
                    has["uses"] = new
            for has in self.chapters.values():
                if has["snippet"] == old:
                    has["snippet"] = new
            self.lay()

    @rule(data=st.data(), name=NAMES, number=NUMBERS)
    def add_a_chapter(self, data, name, number):
        """Add a chapter, if there is none of the name."""
        snippet = data.draw(st.sampled_from(sorted(self.snippets)))
        new = {"prose": 0, "code": number, "tag": "hide-input", "between": 0}
        self.chapters.setdefault(name, new | {"snippet": snippet})
        self.lay()

    @precondition(lambda self: len(self.chapters) > 1)
    @rule(data=st.data())
    def remove_a_chapter(self, data):
        """Remove a chapter."""
        del self.chapters[data.draw(st.sampled_from(sorted(self.chapters)))]
        self.lay()

    @rule(data=st.data(), new=NAMES)
    def rename_a_chapter(self, data, new):
        """Rename a chapter; it goes to the end of the book."""
        old = data.draw(st.sampled_from(sorted(self.chapters)))
        if new not in self.chapters:
            self.chapters[new] = self.chapters.pop(old)
            self.lay()

    @rule(number=NUMBERS)
    def change_a_version(self, number):
        """Have another version of numpy installed, as far as one can tell."""
        self.version = f"9.{number}"
        shutil.rmtree(self.root / "build/installed", ignore_errors=True)
        self.write(
            f"build/installed/numpy-{self.version}.dist-info/METADATA",
            f"Metadata-Version: 2.1\nName: numpy\nVersion: {self.version}\n",
        )

    @rule(what=st.sampled_from(["conf", "css", "rc"]), number=NUMBERS)
    def change_the_configuration(self, what, number):
        """Change the site's title, a style sheet or the style of figures."""
        setattr(self, what, number)
        self.lay()

    @rule()
    def touch(self):
        """Save every file as it is."""
        for path in (self.root / "book").rglob("*"):
            path.touch()

    @rule()
    def throw_runs_away(self):
        """Delete the stored runs."""
        shutil.rmtree(self.root / "build/runs", ignore_errors=True)
        self.kept, self.maybe = set(), set()

    @rule(data=st.data())
    def break_and_mend(self, data):
        """Let a cell raise: the build says so each time, until it is mended."""
        name = data.draw(st.sampled_from(sorted(self.chapters)))
        code = self.chapters[name]["code"]
        self.chapters[name]["code"] = "1 / 0"
        self.lay()
        before = self.digest()
        said = []
        for _ in range(2):
            status, text, _ = self.run(self.root)
            assert status != 0
            said.append(text[text.index("\nbook/") :])
            assert self.digest() == before
        assert "ZeroDivisionError" in said[0]
        assert f"{name}.md" in said[0]
        assert said[0] == said[1]
        self.chapters[name]["code"] = code
        self.lay()
        # The other chapters may have run.
        self.maybe |= {self.state(name) for name in self.chapters}

    @rule(part=st.floats(0, 1))
    def kill_a_build(self, part):
        """Start the command and kill it at any moment."""
        self.builder.run(
            self.root,
            "html",
            path=[self.root / "build/installed"],
            limit=part * BUILDS_TAKE,
        )
        self.maybe |= {self.state(name) for name in self.chapters}
        now = self.digest()
        if now != self.good:  # it was quick enough: the site is the new one
            assert now == self.clean()
            self.good = now

    @invariant()
    def no_build_is_stale(self):
        """After every other step: build, and compare with a clean build."""
        self.steps += 1
        if self.steps % 2:
            self.build()

    def build(self):
        """Build, and compare with a clean build; return what ran."""
        states = {name: self.state(name) for name in self.chapters}
        status, said, ran = self.run(self.root)
        assert status == 0, said
        new = {n for n, state in states.items() if state not in self.kept}
        assert ran <= new
        assert ran >= {n for n in new if states[n] not in self.maybe}
        self.kept |= {states[name] for name in ran}
        self.good = self.digest()
        clean = self.clean()
        differ = {n for n in clean if self.good.get(n) != clean[n]}
        assert (differ, self.good.keys()) == (set(), clean.keys()), said
        return ran

    def teardown(self):
        """End each history with a build."""
        self.build()
        status, _, ran = self.run(self.root)
        assert (status, ran) == (0, set())
        shutil.rmtree(self.root)

    def state(self, name):
        """Return all that the run of a chapter depends on."""
        has = self.chapters[name]
        shows = [
            (s, self.snippets[s]["number"]) for s in self.shown(has["snippet"])
        ]
        return has["code"], *shows, self.version, self.rc

    def all(self):
        """Return all that the site depends on."""
        return repr(
            [
                self.chapters,
                sorted(self.snippets.items()),
                self.version,
                self.conf,
                self.rc,
                self.css,
            ]
        )

    def digest(self):
        """Return what the site is, or that there is none."""
        return files(self.root / "build/html")

    def clean(self):
        """Return what a clean build in another folder makes."""
        if self.all() not in self.made:
            with tempfile.TemporaryDirectory() as folder:
                other = Path(folder, "elsewhere")
                for part in "book", "src":
                    shutil.copytree(self.root / part, other / part)
                status, said, _ = self.run(other)
                assert status == 0, said
                self.made[self.all()] = files(other / "build/html")
        return self.made[self.all()]

    def run(self, root):
        """Build here and now; return the status, what was said, what ran."""
        said = io.StringIO()
        path = sys.path[:]
        sys.path.insert(0, str(self.root / "build/installed"))
        importlib.invalidate_caches()
        try:
            with (
                contextlib.chdir(root),
                contextlib.redirect_stdout(said),
                contextlib.redirect_stderr(said),
            ):
                status = html.build([])
        finally:
            sys.path[:] = path
        text = said.getvalue()
        ran = re.findall(r"(\w+)\.md: Executed notebook", text)
        return status, text, set(ran)


def files(site):
    """Return what the files of a site are, by name."""
    return {
        path.relative_to(site).as_posix(): hashlib.sha256(
            path.read_bytes()
        ).hexdigest()
        for path in sorted(site.rglob("*"))
        if path.is_file()
    }


# Each kind of edit: what, of which chapter or snippet, how; and what then runs.
EDITS = [
    ("edit_prose", "alpha", {"number": 1}, ""),
    ("change_a_display_tag", "alpha", {"tag": "remove-input"}, ""),
    ("edit_between_cells", "alpha", {"number": 1}, ""),
    ("edit_between_cells", "alpha", {"number": 2}, ""),
    ("edit_between_cells", "alpha", {"number": 0}, ""),
    ("edit_code", "alpha", {"number": 1}, "alpha"),
    ("edit_a_snippet", "two", {"number": 0}, "beta gamma"),
    # alpha shows it; beta and gamma show what uses it
    ("edit_a_snippet", "one", {"number": 2}, "alpha beta gamma"),
    ("rename_a_snippet", "two", {"new": "six"}, "beta gamma"),
    ("edit_a_snippet", "six", {"number": 2}, "beta gamma"),
    ("add_a_chapter", "one", {"name": "delta", "number": 2}, "delta"),
    ("remove_a_chapter", "gamma", {}, ""),
    ("rename_a_chapter", "alpha", {"new": "gamma"}, ""),
    ("change_a_version", None, {"number": 1}, "beta gamma delta"),
    ("change_a_version", None, {"number": 2}, "beta gamma delta"),
    ("change_a_version", None, {"number": 1}, ""),  # as it was: it is kept
    ("change_the_configuration", None, {"what": "conf", "number": 1}, ""),
    ("change_the_configuration", None, {"what": "css", "number": 1}, ""),
    (
        *("change_the_configuration", None, {"what": "rc", "number": 1}),
        "beta gamma delta",
    ),
    ("touch", None, {}, ""),
    ("break_and_mend", "beta", {}, ""),
    ("edit_code", "beta", {"number": 2}, "beta"),
]


def test_each_kind_of_edit_runs_what_it_must_and_nothing_else(builder):
    Book.builder = builder
    book = Book()
    book.begin()
    assert book.build() == {"alpha", "beta", "gamma"}
    for edit, which, how, runs in EDITS:
        chosen = SimpleNamespace(draw=lambda _, it=which: it)
        getattr(book, edit)(**how, **({"data": chosen} if which else {}))
        assert book.build() == set(runs.split()), (edit, which, how)
    book.teardown()


def test_no_build_is_stale(builder):
    Book.builder = builder
    run_state_machine_as_test(
        Book,
        settings=settings(
            max_examples=HISTORIES,
            stateful_step_count=10,
            deadline=None,
            # A history is short as it is, and to shorten it takes minutes.
            phases=[Phase.reuse, Phase.generate],
            suppress_health_check=list(HealthCheck),
        ),
    )
