"""After any edits, what a build makes is what a clean build makes.

Hypothesis makes up histories of a small book: edits of every kind, builds
that fail, builds that are killed.  After each build the site is compared,
byte for byte, with that of a build in a new folder with an empty store, and
what ran with what should have run.  ``nox -s histories`` tries many more.
One history that is not made up has every kind of edit in it, once.
"""

import contextlib
import importlib
import os
import re
import shutil
import subprocess
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
    rule,
    run_state_machine_as_test,
)

CONF = """
book_matplotlibrc = "matplotlibrc"
html_static_path = ["static"]
html_css_files = ["own.css"]
"""
NAMES = st.sampled_from(["alpha", "beta", "gamma", "delta"])
TAGS = ["hide-input", "remove-input", "hide-output"]
BETWEEN = ["", "The next cell shows it.\n\n", "+++\n\n## More\n\n"]
NUMBERS = st.integers(0, 2)  # few, so that histories return to what was
BUILDS_TAKE = 4.0  # seconds, at most; a kill comes at a random moment of them
HISTORIES = int(os.environ.get("HISTORIES", "1"))


def chapter(snippet, code=0):
    """Return what makes a chapter."""
    numbers = {"prose": 0, "code": code, "tag": 0, "between": 0}
    return numbers | {"snippet": snippet}


class Histories(RuleBasedStateMachine):
    """A small book in a folder, and what ought to be true of its site."""

    make: ClassVar = None  # makes the book
    made: ClassVar = {}  # what clean builds have made, by all they were of

    @initialize()
    def begin(self):
        """Lay out three chapters and two snippets, of which one uses one."""
        self.book = self.make("")
        self.root = self.book.root
        self.first_conf = (self.root / "book/_config/conf.py").read_text()
        (self.root / "src/snippets/double.py").unlink()
        self.installed = self.root / "build/installed"
        sys.path.insert(0, str(self.installed))
        shown = {"alpha": "one", "beta": "two", "gamma": "two"}
        self.chapters = {name: chapter(shown[name]) for name in shown}
        self.snippets = {
            "one": {"number": 1, "uses": None},
            "two": {"number": 2, "uses": "one"},
        }
        self.conf = self.rc = self.css = self.steps = 0
        self.version = None
        self.kept = set()  # the states of chapters whose runs are stored
        self.maybe = set()  # those of which nobody knows
        self.good = {}  # the site that was published last
        self.lay()

    def lay(self):
        """Write the book as it should now be, where it is not so."""
        files = {
            "_config/conf.py": self.first_conf
            + CONF
            + f'html_title = "Book {self.conf}"\n',
            "_config/matplotlibrc": f"# {self.rc}\n",
            "_config/static/own.css": f"p {{margin: {self.css}px}}\n",
            "index.md": "# Book\n\n```{toctree}\n"
            + "\n".join([*self.chapters, "```\n"]),
        }
        for name, has in self.snippets.items():
            more = f"{has['uses']}() + " if has["uses"] else ""
            files[f"../src/snippets/{name}.py"] = (
                f'def {name}():\n    """Return it."""\n'
                f"    return {more}{has['number']}\n"
            )
        for name, has in self.chapters.items():
            others = [n for n in self.chapters if n != name]
            links = " ".join(f"{{doc}}`{other}`" for other in others)
            shown = "\n".join(
                f"```{{code-cell}}\n:snippet: {snippet}\n```\n"
                for snippet in self.shown(has["snippet"])
            )
            files[f"{name}.md"] = (
                f"# Title {has['prose']} of {name}\n\n"
                f"Word {has['prose']}. {links}\n\n{shown}\n"
                + BETWEEN[has["between"]]
                + "```{code-cell}\nprint('next')\n```\n\n"
                + f"```{{code-cell}}\n:tags: [{TAGS[has['tag']]}]\n"
                f"print({has['code']}, {has['snippet']}())"
                f"\n```\n\nIt is {{run}}`{has['snippet']}()`.\n"
            )
        book = self.root / "book"
        for path in [*book.glob("*.md"), *book.glob("../src/snippets/*.py")]:
            if path.relative_to(book).as_posix() not in files:
                path.unlink()
        for name, text in files.items():
            path = book / name
            if not path.exists() or path.read_text() != text:
                self.book.write(f"book/{name}", text)

    def shown(self, snippet):
        """Return what a chapter shows that shows a snippet: its own, too."""
        uses = self.snippets[snippet]["uses"]
        return [*self.shown(uses), snippet] if uses else [snippet]

    @rule(
        data=st.data(),
        what=st.sampled_from(["prose", "code", "tag", "between"]),
        number=NUMBERS,
    )
    def edit_a_chapter(self, data, what, number):
        """Change words, a cell, how it is shown, or what is between two."""
        name = data.draw(st.sampled_from(sorted(self.chapters)))
        self.chapters[name][what] = number
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
        self.chapters.setdefault(name, chapter(snippet, number))
        self.lay()

    @rule(data=st.data())
    def remove_a_chapter(self, data):
        """Remove a chapter, unless it is the last."""
        name = data.draw(st.sampled_from(sorted(self.chapters)))
        if len(self.chapters) > 1:
            del self.chapters[name]
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
        shutil.rmtree(self.installed, ignore_errors=True)
        self.book.write(
            f"build/installed/numpy-{self.version}.dist-info/METADATA",
            f"Metadata-Version: 2.1\nName: numpy\nVersion: {self.version}\n",
        )
        importlib.invalidate_caches()

    @rule(what=st.sampled_from(["conf", "css", "rc"]), number=NUMBERS)
    def configure(self, what, number):
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
        """Delete the stored runs; a page that stays needs none."""
        shutil.rmtree(self.root / "build/runs", ignore_errors=True)
        self.maybe |= self.kept
        self.kept = set()

    @rule(data=st.data())
    def break_and_mend(self, data):
        """Let a cell raise: the build says so each time, until it is mended."""
        name = data.draw(st.sampled_from(sorted(self.chapters)))
        code = self.chapters[name]["code"]
        self.chapters[name]["code"] = "1 / 0"
        self.lay()
        before = self.book.digest()
        first, again = self.book.html(), self.book.html()
        said = first.said[first.said.index("\nbook/") :]
        assert "ZeroDivisionError" in said
        assert f"{name}.md" in said
        assert again.said.endswith(said)
        assert first.status == again.status == 1
        assert self.book.digest() == before
        self.chapters[name]["code"] = code
        self.lay()
        # The other chapters may have run.
        self.maybe |= {self.state(name) for name in self.chapters}

    @rule(part=st.floats(0, 1))
    def kill_a_build(self, part):
        """Start the command and kill it at any moment."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.book.run("html", limit=part * BUILDS_TAKE)
        self.maybe |= {self.state(name) for name in self.chapters}
        now = self.book.digest()
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
        built = self.book.good()
        found = re.findall(r"(\w+)\.md: Executed notebook", built.said)
        ran = {states[name] for name in found}
        new = {*states.values()} - self.kept
        assert new - self.maybe <= ran <= new, built.said
        self.kept |= ran
        self.good, clean = self.book.digest(), self.clean()
        differ = {n for n in clean if self.good.get(n) != clean[n]}
        assert (differ, self.good.keys()) == (set(), clean.keys()), built.said
        return set(found)

    def teardown(self):
        """End each history with a build, after which nothing is to run."""
        self.build()
        assert self.build() == set()
        sys.path.remove(str(self.installed))
        shutil.rmtree(self.root)

    def state(self, name):
        """Return all that the run of a chapter depends on."""
        has = self.chapters[name]
        shows = [
            (s, self.snippets[s]["number"]) for s in self.shown(has["snippet"])
        ]
        return name, has["code"], *shows, self.version, self.rc

    def clean(self):
        """Return what a clean build in another folder makes."""
        parts = self.chapters, sorted(self.snippets.items()), self.version
        key = repr([*parts, self.conf, self.rc, self.css])
        if key not in self.made:
            with tempfile.TemporaryDirectory() as folder:
                other = type(self.book)(Path(folder, "elsewhere"))
                for part in "book", "src":
                    shutil.copytree(self.root / part, other.root / part)
                other.good()
                self.made[key] = other.digest()
        return self.made[key]


# Each kind of edit: what, of which chapter or snippet, how; and what then runs.
EDITS = [
    ("edit_a_chapter", "alpha", {"what": "prose", "number": 1}, ""),
    ("edit_a_chapter", "alpha", {"what": "tag", "number": 1}, ""),
    ("edit_a_chapter", "alpha", {"what": "between", "number": 1}, ""),
    ("edit_a_chapter", "alpha", {"what": "between", "number": 2}, ""),
    ("edit_a_chapter", "alpha", {"what": "between", "number": 0}, ""),
    ("edit_a_chapter", "alpha", {"what": "code", "number": 1}, "alpha"),
    ("edit_a_snippet", "two", {"number": 0}, "beta gamma"),
    # alpha shows it; beta and gamma show what uses it
    ("edit_a_snippet", "one", {"number": 2}, "alpha beta gamma"),
    ("rename_a_snippet", "two", {"new": "six"}, "beta gamma"),
    ("edit_a_snippet", "six", {"number": 2}, "beta gamma"),
    ("add_a_chapter", "one", {"name": "delta", "number": 2}, "delta"),
    ("remove_a_chapter", "gamma", {}, ""),
    ("rename_a_chapter", "alpha", {"new": "gamma"}, "gamma"),
    ("change_a_version", None, {"number": 1}, "beta gamma delta"),
    ("change_a_version", None, {"number": 2}, "beta gamma delta"),
    ("change_a_version", None, {"number": 1}, ""),  # as it was: it is kept
    ("configure", None, {"what": "conf", "number": 1}, ""),
    ("configure", None, {"what": "css", "number": 1}, ""),
    ("configure", None, {"what": "rc", "number": 1}, "beta gamma delta"),
    ("touch", None, {}, ""),
    ("break_and_mend", "beta", {}, ""),
    ("edit_a_chapter", "beta", {"what": "code", "number": 2}, "beta"),
]


def test_each_kind_of_edit_runs_what_it_must_and_nothing_else(module_book):
    Histories.make = staticmethod(module_book)
    book = Histories()
    book.begin()
    assert book.build() == {"alpha", "beta", "gamma"}
    for edit, which, how, runs in EDITS:
        chosen = SimpleNamespace(draw=lambda _, it=which: it)
        getattr(book, edit)(**how, **({"data": chosen} if which else {}))
        assert book.build() == set(runs.split()), (edit, which, how)
    book.teardown()


def test_no_build_is_stale(module_book):
    Histories.make = staticmethod(module_book)
    run_state_machine_as_test(
        Histories,
        settings=settings(
            max_examples=HISTORIES,
            stateful_step_count=10,
            deadline=None,
            # A history is short as it is, and to shorten it takes minutes.
            phases=[Phase.reuse, Phase.generate],
            suppress_health_check=list(HealthCheck),
        ),
    )


EDITED_MEANWHILE = """\
# Chapter

Before.

```{{code-cell}}
from pathlib import Path
import matplotlib.pyplot as plt

plt.plot([1, 2])  # a picture, which the build writes meanwhile
path = Path({path!r})
_ = path.write_text(path.read_text().replace("Befo" "re", "Aft" "er"))
```
"""


def test_an_edit_while_the_cells_run_is_read(make_book):
    """The chapter's cell stands for its author, who saves at that moment."""
    book = make_book("")
    path = book.root / "book/chapter.md"
    path.write_text(EDITED_MEANWHILE.format(path=str(path)))
    assert "Before." in book.html().page("chapter")
    assert "After." in book.html().page("chapter")
    assert "0 added, 0 changed" in book.html().said
