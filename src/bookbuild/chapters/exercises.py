"""Questions and their answers, closed until asked for.

The directives are sphinx-exercise's; an answer is gated
(``solution-start`` ... ``solution-end``) so that its cells run.
Ours is how both look, an answer that opens without JavaScript, and a check
that every answer has its question and every question its answer.
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

from bookbuild.chapters.errors import ChapterError

QUESTION = re.compile(r"^(?:`{3,}|:{3,})\{exercise(?:-start)?\}")
ANSWER = re.compile(r"^(?:`{3,}|:{3,})\{solution(?:-start)?\}\s*(\S*)")
ANSWER_END = re.compile(r"^(?:`{3,}|:{3,})\{solution-end\}")
LABEL = re.compile(r"^:label:\s*(\S+)")


def check(path: Path, text: str) -> list[ChapterError]:
    """Return what is wrong with the questions and answers of a chapter."""
    questions: dict[str, int] = {}
    answers: dict[str, int] = {}
    wrong: list[tuple[int, str, str]] = []  # line, what, remedy
    open_answer = 0
    lines = text.splitlines()
    for number, line in enumerate(lines, start=1):
        if QUESTION.match(line):
            label = _label(lines[number : number + 5])
            if label in questions:
                first = questions[label]
                wrong.append(
                    (
                        number,
                        f"duplicate label {label!r}; line {first} has it too",
                        "give each question a label of its own",
                    )
                )
            questions.setdefault(label, number)
        elif found := ANSWER.match(line):
            answers.setdefault(found[1], number)
            open_answer = number
        elif ANSWER_END.match(line):
            open_answer = 0
    if open_answer:
        wrong.append(
            (
                open_answer,
                "an answer that does not end",
                "close it with a {solution-end} directive",
            )
        )
    wrong += _unpaired(questions, answers)
    return [ChapterError(path, *parts) for parts in wrong]


def _unpaired(
    questions: dict[str, int], answers: dict[str, int]
) -> list[tuple[int, str, str]]:
    labels = ", ".join(filter(None, questions)) or "there is none"
    lost = [
        (
            number,
            (
                "an answer without its question: no question is labelled "
                f"{label!r} in this chapter"
            ),
            f"name the label of a question above: {labels}",
        )
        for label, number in answers.items()
        if label not in questions
    ]
    unanswered = [
        (
            number,
            f"the question {label!r} has no answer",
            f"write it between {{solution-start}} {label} and {{solution-end}}",
        )
        for label, number in questions.items()
        if label and label not in answers
    ]
    unlabelled = [
        (number, "a question without a label", "give it a ':label: q-...'")
        for label, number in questions.items()
        if not label
    ]
    return lost + unanswered + unlabelled


def _label(following: list[str]) -> str:
    for line in following:
        if found := LABEL.match(line):
            return found[1]
        if not line.startswith(":"):
            break
    return ""


class ShapeQuestions(SphinxPostTransform):
    """Give questions and answers our titles, and no ids that repeat."""

    default_priority = 15  # before sphinx-exercise words its own titles

    def run(self, **_kwargs: object) -> None:
        """Reshape the nodes of one page."""
        registry = getattr(self.env, "sphinx_exercise_registry", {})
        for node in list(self.document.findall(exercise_enumerable_node)):
            title = node.children[0]
            if not isinstance(title, exercise_title):
                continue
            words = nodes.title("", "")
            words["title"] = self.config.numfig_format["exercise"]
            if len(title.children) > 1:  # a dash and its subject
                words += [
                    nodes.Text("\N{EN DASH} "),
                    *title.children[1].children,
                ]
            node.children[0] = words
            words.parent = node
            _unwrap(node)
        for node in list(self.document.findall(solution_node)):
            question = registry[node["target_label"]]["node"]
            number = get_node_number(self.app, question, "exercise")
            node["summary"] = f"Answer to question {number}"
            node.remove(node.children[0])
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
