"""Short questions with options, each of which says whether it is right.

An option is a native disclosure: its line is the option, what it opens is the
verdict and the feedback. That works without a script, by keyboard, from a
disk, and is found by the browser's own search. ``CONTRIBUTING.md`` shows how
one is written.
"""

import re
from collections.abc import Iterator
from string import ascii_uppercase
from typing import ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective
from sphinx.writers.html5 import HTML5Translator

logger = logging.getLogger(__name__)

NUMBERED = "Check"  # not "Question", which those with a full answer are
RIGHT, WRONG = "Right.", "Not quite."
FENCE = re.compile(r"^(`{3,}|~{3,}|:{3,})(.*)$")
MARK = re.compile(r"^\[([ xX])\]\s+")
SEEN = "bookbuild.chapters.quiz"  # the labels of the page that is being read
FEWEST = 2  # options


class quiz(nodes.General, nodes.Element):  # noqa: N801 (docutils' habit)
    """A question with options: its question, more of it, then options."""


class quiz_question(nodes.TextElement):  # noqa: N801 (docutils' habit)
    """The line that asks."""


class quiz_option(nodes.General, nodes.Element):  # noqa: N801 (docutils' habit)
    """An option: its choice, then the feedback."""


class quiz_choice(nodes.TextElement):  # noqa: N801 (docutils' habit)
    """The line of an option."""


def with_tildes(text: str) -> str:
    """Fence quizzes with tildes, so that a question may hold backquotes.

    A fence of backquotes cannot have backquotes on its first line, says
    CommonMark; one of tildes can. Lines keep their numbers.
    """
    lines = text.split("\n")
    for first, last in _fenced(lines):
        found = FENCE.match(lines[first])
        if found[1][0] == "`" and found[2].lstrip().startswith("{quiz}"):
            inside = lines[first + 1 : last]
            longest = max(
                (len(tildes) for tildes in re.findall("~+", "\n".join(inside))),
                default=0,
            )
            fence = "~" * max(3, longest + 1)
            lines[first] = fence + found[2]
            lines[last] = fence
    return "\n".join(lines)


def _fenced(lines: list[str]) -> Iterator[tuple[int, int]]:
    """Yield the first and last line of each outermost fenced block."""
    opened, first = "", 0
    for number, line in enumerate(lines):
        found = FENCE.match(line)
        if not found:
            continue
        fence, rest = found.groups()
        if not opened:
            # A colon fence is no code: what is in it is read, too.
            if fence[0] != ":":
                opened, first = fence, number
        elif (
            fence[0] == opened[0]
            and len(fence) >= len(opened)
            and not rest.strip()
        ):
            yield first, number
            opened = ""


class Quiz(SphinxDirective):
    """A question, its options as a list, feedback below each of them."""

    optional_arguments = 1  # the question; that it misses is told by us
    final_argument_whitespace = True
    has_content = True
    option_spec: ClassVar[dict] = {"label": directives.unchanged}

    def run(self) -> list[nodes.Node]:
        """Return the quiz, or nothing if it has been complained of."""
        self.faulty = False
        label = self._label()
        question = " ".join(self.arguments[:1]).strip()
        if not question:
            self._complain(
                self.lineno,
                "a quiz without a question",
                "write the question behind {quiz}, on the same line",
            )
        words, messages = self.parse_inline(question)
        blocks = [
            block
            for block in self.parse_content_to_nodes()
            if not isinstance(block, nodes.comment)
        ]
        options = self._options(blocks)
        if self.faulty:
            return messages
        seen = self.env.current_document[SEEN]
        node = quiz("", ids=[label], title=f"{NUMBERED} {len(seen)}")
        self.set_source_info(node)
        node += quiz_question("", "", *words)
        node += blocks[:-1]
        for option, letter in zip(options, ascii_uppercase, strict=False):
            option["letter"] = letter
            option["quiz"] = label
        node += options
        return [node, *messages]

    def _complain(self, line: int, what: str, remedy: str) -> None:
        self.faulty = True
        logger.warning(
            "%s\n  remedy: %s",
            what,
            remedy,
            location=(self.env.docname, line),
            type="quiz",
        )

    def _label(self) -> str:
        """Return the quiz's label, and note it."""
        given = self.options.get("label") or ""
        label = nodes.make_id(given)
        seen = self.env.current_document.get(SEEN, {})
        if not label:
            self._complain(
                self.lineno,
                "a quiz without a label",
                "give it a ':label: quiz-...' on the line below the question",
            )
        elif label in seen or label in self.state.document.ids:
            self._complain(
                self.lineno,
                f"duplicate label {given!r}"
                + (f"; line {seen[label]} has it too" if label in seen else ""),
                "give each quiz a label of its own",
            )
        self.env.current_document[SEEN] = {label: self.lineno, **seen}
        return label

    def _options(self, blocks: list[nodes.Node]) -> list[quiz_option]:
        """Return the options, from the list that the quiz ends with."""
        if not (blocks and isinstance(blocks[-1], nodes.bullet_list)):
            self._complain(
                self.lineno,
                "a quiz without options",
                "end it with a list: '- [x] ' and the right option, "
                "'- [ ] ' and each wrong one",
            )
            return []
        items = blocks[-1].children
        options = [self._option(item) for item in items]
        if len(items) < FEWEST:
            self._complain(
                self.lineno,
                "a quiz with one option only",
                "add a wrong option that a reader may believe",
            )
        elif not self.faulty:
            self._count([option["right"] for option in options])
        return options

    def _count(self, right: list[bool]) -> None:
        """Complain unless one option is right."""
        if not any(right):
            self._complain(
                self.lineno,
                "a quiz without a right option",
                "mark the right one with '- [x] '",
            )
        elif sum(right) > 1:
            self._complain(
                self.lineno,
                f"a quiz with {sum(right)} right options",
                "mark one with '- [x] ', the others with '- [ ] '",
            )

    def _option(self, item: nodes.list_item) -> quiz_option:
        """Return an option; its list item's first paragraph is its choice."""
        line = item.line or self.lineno
        first, *feedback = item.children or [nodes.paragraph()]
        mark = MARK.match(first.astext())
        if not isinstance(first, nodes.paragraph) or not mark:
            self._complain(
                line,
                "an option without its mark",
                "begin it with '[x] ' if it is right and '[ ] ' if not",
            )
            return quiz_option("", right=False)
        if any(first.findall(nodes.reference)) or any(
            first.findall(addnodes.pending_xref)
        ):
            self._complain(
                line,
                "a link in an option, where a click opens the feedback",
                "put the link into the feedback, and plain words here",
            )
        if not feedback:
            self._complain(
                line,
                "an option without feedback",
                "say below it, after an empty line and indented like the "
                "option's words, why it is right or wrong",
            )
        right = mark[1] != " "
        _cut(first, len(mark[0]))
        option = quiz_option("", right=right)
        option += quiz_choice("", "", *first.children)
        option += _with_verdict(feedback, RIGHT if right else WRONG)
        return option


def _cut(paragraph: nodes.paragraph, count: int) -> None:
    """Take characters from the start of a paragraph's first text."""
    text = next(iter(paragraph.findall(nodes.Text)))
    text.parent.replace(text, nodes.Text(text.astext()[count:]))


def _with_verdict(feedback: list[nodes.Node], verdict: str) -> list[nodes.Node]:
    """Return the feedback, which begins with the verdict."""
    words = nodes.strong("", verdict, classes=["verdict"])
    if feedback and isinstance(feedback[0], nodes.paragraph):
        feedback[0].insert(0, [words, nodes.Text(" ")])
        return feedback
    return [nodes.paragraph("", "", words), *feedback]


def visit_quiz(writer: HTML5Translator, node: quiz) -> None:
    """Open the group of a question and its options."""
    names = {"aria-labelledby": f"{node['ids'][0]}-question"}
    writer.body.append(
        writer.starttag(node, "div", CLASS="quiz", role="group", **names)
    )


def depart_quiz(writer: HTML5Translator, _node: quiz) -> None:
    """Close the group."""
    writer.body.append("</div>\n")


def visit_question(writer: HTML5Translator, node: quiz_question) -> None:
    """Open the line that asks, with its number."""
    number = f'<span class="quiz-number">{node.parent["title"]}</span> '
    writer.body.append(
        f'<p class="quiz-question" id="{node.parent["ids"][0]}-question">'
        + number
    )


def depart_question(writer: HTML5Translator, _node: quiz_question) -> None:
    """Close the line."""
    writer.body.append("</p>\n")


def visit_option(writer: HTML5Translator, node: quiz_option) -> None:
    """Open an option; of one quiz, the browser keeps one open."""
    kind = "right" if node["right"] else "wrong"
    writer.body.append(f'<details class="option {kind}" name="{node["quiz"]}">')


def depart_option(writer: HTML5Translator, _node: quiz_option) -> None:
    """Close an option."""
    writer.body.append("</div></details>\n")


def visit_choice(writer: HTML5Translator, node: quiz_choice) -> None:
    """Open the line of an option, with its letter."""
    writer.body.append(
        f'<summary><span class="letter">{node.parent["letter"]}</span> '
        '<span class="choice">'
    )


def depart_choice(writer: HTML5Translator, _node: quiz_choice) -> None:
    """Close the line, and open what it opens."""
    writer.body.append('</span></summary>\n<div class="feedback">\n')


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directive and its nodes."""
    app.add_directive("quiz", Quiz)
    app.add_node(quiz, html=(visit_quiz, depart_quiz))
    app.add_node(quiz_question, html=(visit_question, depart_question))
    app.add_node(quiz_option, html=(visit_option, depart_option))
    app.add_node(quiz_choice, html=(visit_choice, depart_choice))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
