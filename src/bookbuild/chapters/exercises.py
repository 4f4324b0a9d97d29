"""Questions and their answers, closed until asked for.

The directives are sphinx-exercise's; an answer is gated
(``solution-start`` ... ``solution-end``) so that its cells run.
Added are a check that each question has one answer, and an answer that opens
without JavaScript.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.writers.html5 import HTML5Translator
from sphinx_exercise.nodes import exercise_enumerable_node, solution_node
from sphinx_exercise.utils import get_node_number

from bookbuild.chapters import quiz
from bookbuild.chapters.blocks import TextBlock, blocks
from bookbuild.chapters.errors import ChapterError

KINDS = {"exercise": "a question", "solution": "an answer"}
LABEL = re.compile(r"(?:\s*:[^:].*\n)*?\s*:label:\s*(\S+)")


def check(path: Path, text: str) -> list[ChapterError]:
    """Return what is wrong with the questions and answers of a chapter."""
    questions: dict[str, int] = {}
    answers: dict[str, int] = {}
    found = blocks(quiz.with_tildes(text))
    faults = [*_unended(found)]  # lines, messages and remedies
    lines = text.split("\n")
    for block in found:
        line, (name, argument) = block.first + 1, block.directive
        if name in {"solution", "solution-start"}:
            answers.setdefault(argument, line)
        if name not in {"exercise", "exercise-start"}:
            continue
        given = LABEL.match("\n".join(lines[line : block.end]))
        if not given:
            remedy = "give it a ':label: q-...'"
            faults.append((line, "a question without a label", remedy))
        elif first := questions.get(given[1]):
            message = f"duplicate label {given[1]!r}; line {first} has it too"
            remedy = "give each question a label of its own"
            faults.append((line, message, remedy))
        else:
            questions[given[1]] = line
    faults += _unpaired(questions, answers)
    return [ChapterError(path, *parts) for parts in sorted(faults)]


def without_answers(text: str) -> str:
    """Return a chapter without its answers; all lines keep their numbers."""
    lines, begun = text.split("\n"), None
    for block in blocks(quiz.with_tildes(text)):
        name = block.directive[0]
        if name in {"solution", "solution-start"}:
            begun = block.first
        if name in {"solution", "solution-end"} and begun is not None:
            lines[begun : block.end] = [""] * (block.end - begun)
            begun = None
    return "\n".join(lines)


def _unended(found: list[TextBlock]) -> Iterator[tuple[int, str, str]]:
    begun: dict[str, int] = {}
    for block in found:
        name, _, gate = block.directive[0].partition("-")
        if gate == "start":
            begun[name] = block.first + 1
        elif gate == "end":
            begun.pop(name, None)
    for name, line in begun.items():
        message = f"{KINDS.get(name, name)} that does not end"
        yield line, message, f"close it with a {{{name}-end}} directive"


def _unpaired(
    questions: dict[str, int], answers: dict[str, int]
) -> Iterator[tuple[int, str, str]]:
    known = ", ".join(questions) or "there is none"
    for label in answers.keys() - questions:
        message = "an answer without its question: no question is labelled "
        remedy = f"name the label of a question above: {known}"
        yield answers[label], f"{message}{label!r}", remedy
    for label in questions.keys() - answers:
        remedy = f"write it between {{solution-start}} {label} and its end"
        yield questions[label], f"the question {label!r} has no answer", remedy


class ShapeQuestions(SphinxPostTransform):
    """Give questions and answers our titles, and no ids that repeat."""

    default_priority = 15  # before sphinx-exercise words its own titles

    def run(self, **_kwargs: object) -> None:
        """Reshape the nodes of one page."""
        registry = getattr(self.env, "sphinx_exercise_registry", {})
        for node in [*self.document.findall(exercise_enumerable_node)]:
            title = node.children[0]
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
            to = f" to question {number}" if number else ""
            node["summary"] = f"Answer{to}"
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
