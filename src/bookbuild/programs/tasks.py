"""The Sphinx extension for tasks: write a function, and have it checked.

A task is a file of ``src/tasks``, which the directive ``task`` names.  Its
parts begin with lines ``# %% name``:

- ``stub``: what the reader begins with;
- ``check``: functions ``test_...`` whose assertions say what is wrong and why,
  in words that teach;
- ``solution``: one that is right, in the place of the stub;
- ``right: how`` and ``wrong: words of the checker's message``: others, by which
  ``tests/book/test_tasks.py`` checks the checker.

The page shows the stub.  Its button copies one program: the stub, the checker,
and a few lines that run the checker and say how far the reader has come.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective
from sphinx.writers.html5 import HTML5Translator

from bookbuild.chapters.checks import check_source
from bookbuild.chapters.errors import ChapterError, nearest
from bookbuild.execution.executed_chapters import report

PARTS = ("stub", "check", "solution")  # that each task has
TEST = re.compile(r"^def (test_\w+)", re.MULTILINE)
PART = re.compile(r"^# %% (.+)\n", re.MULTILINE)
RUN = """
if __name__ == "__main__":  # pytest calls them itself
    for check in ({checks}
    ):
        try:
            check()
        except AssertionError as error:
            print(f"Not yet: {{error}}")
            break
        except Exception as error:
            print(f"Not yet: {{type(error).__name__}}: {{error}}")
            break
        print(f"{{check.__doc__}} Yes.")
    else:
        print("Right.")
"""


@dataclass
class Code:
    """A cell of a notebook that has not run."""

    source: str


class task(nodes.Admonition, nodes.Element):  # noqa: N801 (docutils' habit)
    """A task: its title, what is asked, the stub, a solution."""


class task_solution(nodes.General, nodes.Element):  # noqa: N801 (likewise)
    """The solution of a task, closed until asked for."""


def names(folder: Path) -> list[str]:
    """Return the names of all tasks, sorted."""
    return sorted(path.stem for path in folder.glob("*.py"))


def parts(file: Path) -> dict[str, str]:
    """Return the parts of a task by their names."""
    _, *found = PART.split(file.read_text("utf-8"))
    codes = (code.strip() for code in found[1::2])
    return dict(zip(found[::2], codes, strict=True))


def program(file: Path, written: str = "stub") -> str:
    """Return the program of a task, with what is written in its place."""
    return f"{parts(file)[written]}\n\n\n{checker(file)}"


def checker(file: Path) -> str:
    """Return the checker of a task, and what runs it."""
    check = parts(file)["check"]
    names = "".join(f"\n        {name}," for name in TEST.findall(check))
    head = "# The checker: it says how far you have come."
    return f"{head}\n{check}\n\n{RUN.format(checks=names)}"


class Task(SphinxDirective):
    """A task: its title, its file as ``:name:``, and what is asked."""

    required_arguments = 1
    final_argument_whitespace = True
    has_content = True
    option_spec: ClassVar[dict] = {"name": directives.unchanged_required}

    def run(self) -> list[nodes.Node]:
        """Return the task, or nothing if it is at fault."""
        name = self.options.get("name", "")
        tasks = Path(self.env.app.confdir, self.config.book_tasks).resolve()
        file = tasks / f"{name}.py"
        errors = [*check_source(file)]
        found = {} if errors else parts(file)
        missing = [part for part in PARTS if not found.get(part)]
        if found and not missing and not TEST.search(found["check"]):
            missing = ["def test_"]  # any solution would be right
        if missing:
            message = f"the task {name!r} has no part {missing[0]!r}"
            if name not in names(tasks):
                errors, known = [], nearest(name, names(tasks))
                message = f"there is no task {name!r}{known}"
            remedy = "give it ':name: task', a file of src/tasks with all parts"
            path = Path(self.env.doc2path(self.env.docname))
            error = ChapterError(path, self.lineno, message, remedy)
            report(self.env, self.env.docname, errors or [error])
            return []
        self.env.note_dependency(str(file))
        title, messages = self.parse_inline(self.arguments[0])
        label = nodes.make_id(f"task-{name}")
        node = task("", ids=[label], names=[label], classes=["task"])
        self.set_source_info(node)
        self.state.document.note_explicit_target(node)
        node += nodes.title("", "Your turn: ", *title)
        node += nodes.container("", *self.parse_content_to_nodes())
        stub, solution = (
            nodes.literal_block(found[p], found[p], language="python")
            for p in ("stub", "solution")
        )
        stub["task"], stub["checker"] = program(file), checker(file)
        node += stub
        if not self.config.book_student:
            node += task_solution("", solution)
        return [node, *messages]


def visit_solution(writer: HTML5Translator, _node: task_solution) -> None:
    """Open a solution: a native disclosure, which needs no script."""
    writer.body.append("<details><summary>A solution</summary>\n")


def depart_solution(writer: HTML5Translator, _node: task_solution) -> None:
    """Close a solution."""
    writer.body.append("</details>\n")


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directive and its nodes."""
    app.add_config_value("book_tasks", "../../src/tasks", "env", str)
    app.add_directive("task", Task)
    box = HTML5Translator.visit_admonition, HTML5Translator.depart_admonition
    app.add_node(task, html=box)
    app.add_node(task_solution, html=(visit_solution, depart_solution))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
