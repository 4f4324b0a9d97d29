"""Questions and their answers, closed until asked for.

The directives are sphinx-exercise's; an answer is gated
(``solution-start`` ... ``solution-end``) so that its cells run.
Added are a check that each question has one answer, and an answer that opens
without JavaScript.
"""

import re
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.writers.html5 import HTML5Translator
from sphinx_exercise.nodes import (
    exercise_enumerable_node,
    exercise_title,
    solution_node,
)
from sphinx_exercise.utils import get_node_number

from bookbuild.chapters import quiz
from bookbuild.chapters.blocks import blocks
from bookbuild.chapters.errors import ChapterError

LABEL = re.compile(r"(?:\s*:[^:].*\n)*?\s*:label:\s*(\S+)")


def check(path: Path, text: str) -> list[ChapterError]:
    """Return what is wrong with the questions and answers of a chapter."""
    questions: dict[str, int] = {}
    answers: dict[str, int] = {}
    begun: dict[str, int] = {}  # what ends with a directive of its own
    wrong: list[tuple[int, str, str]] = []  # line, message, remedy
    lines = text.split("\n")
    for block in blocks(quiz.with_tildes(text)):
        line, (directive, argument) = block.first + 1, block.directive
        name, _, gate = directive.partition("-")
        begun |= {name: line} if gate == "start" else {}
        if gate == "end":
            begun.pop(name, None)
        elif name == "solution":
            answers.setdefault(argument, line)
        elif name == "exercise":
            found = LABEL.match("\n".join(lines[line : block.end]))
            label = found[1] if found else ""
            if label in questions:
                first = f"line {questions[label]} has it too"
                message = f"duplicate label {label!r}; {first}"
                remedy = "give each question a label of its own"
                wrong.append((line, message, remedy))
            if label:
                questions.setdefault(label, line)
            else:
                remedy = "give it a ':label: q-...'"
                wrong.append((line, "a question without a label", remedy))
    for name, line in begun.items():
        kind = {"exercise": "a question", "solution": "an answer"}.get(name)
        remedy = f"close it with a {{{name}-end}} directive"
        wrong.append((line, f"{kind or name} that does not end", remedy))
    for label in answers.keys() - questions.keys():
        message = "an answer without its question: no question is labelled "
        known = ", ".join(questions) or "there is none"
        remedy = f"name the label of a question above: {known}"
        wrong.append((answers[label], f"{message}{label!r}", remedy))
    for label in questions.keys() - answers.keys():
        message = f"the question {label!r} has no answer"
        remedy = (
            f"write it between {{solution-start}} {label} and {{solution-end}}"
        )
        wrong.append((questions[label], message, remedy))
    return [ChapterError(path, *parts) for parts in sorted(wrong)]


class ShapeQuestions(SphinxPostTransform):
    """Give questions and answers our titles, and no ids that repeat."""

    default_priority = 15  # before sphinx-exercise words its own titles

    def run(self, **_kwargs: object) -> None:
        """Reshape the nodes of one page."""
        registry = getattr(self.env, "sphinx_exercise_registry", {})
        for node in [*self.document.findall(exercise_enumerable_node)]:
            title = node.children[0]
            if not isinstance(title, exercise_title):
                continue
            words = nodes.title("", "")
            words["title"] = self.config.numfig_format["exercise"]
            if len(title.children) > 1:  # a dash and its subject
                words += nodes.Text("\N{EN DASH} ")
                words += title.children[1].children
            node.replace(title, words)
            _unwrap(node)
        for node in [*self.document.findall(solution_node)]:
            question = registry[node["target_label"]]["node"]
            number = get_node_number(self.app, question, "exercise")
            node["summary"] = f"Answer to question {number}"
            del node[0]
            _unwrap(node)


def _unwrap(node: nodes.Element) -> None:
    """Replace the section that sphinx-exercise wraps a body in."""
    for section in [c for c in node.children if isinstance(c, nodes.section)]:
        node.replace(section, section.children)  # keeps no id of it


def visit_answer(writer: HTML5Translator, node: solution_node) -> None:
    """Open an answer: a native disclosure, which needs no script."""
    writer.body.append(
        writer.starttag(node, "details", CLASS="answer")
        + f"<summary>{node['summary']}</summary>\n"
        + '<div class="answer-body">\n'
    )


def depart_answer(writer: HTML5Translator, _node: solution_node) -> None:
    """Close an answer."""
    writer.body.append("</div></details>\n")


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the shapes over sphinx-exercise's."""
    app.setup_extension("sphinx_exercise")
    app.add_post_transform(ShapeQuestions)
    app.add_node(
        solution_node, override=True, html=(visit_answer, depart_answer)
    )
    return {"parallel_read_safe": True, "parallel_write_safe": True}
