"""Short questions with options, each of which says whether it is right.

An option is a native disclosure: its line is the option, what it opens is the
verdict and the feedback.  That works without a script, by keyboard, from a
disk, and is found by the browser's own search.  ``CONTRIBUTING.md`` shows how
to write one.
"""

import re
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
RIGHT, WRONG = VERDICTS = "Right.", "Not quite."
# An outermost fenced block; a fence of colons is no code, so what is in it is
# read, too.
FENCED = re.compile(
    r"^(?P<fence>(?P<mark>[`~])(?P=mark){2,}+)(?P<info>.*)\n"
    r"(?P<body>(?:.*\n)*?)(?:(?P<end>(?P=fence)(?P=mark)*[ \t]*$)"
    r"|(?P<rest>.*)\Z)",
    re.MULTILINE,
)
MARK = re.compile(r"^\[([ xX])\]\s+")
SEEN = "bookbuild.chapters.quiz"  # the labels of the page that is being read


class quiz(nodes.General, nodes.Element):  # noqa: N801 (docutils' habit)
    """A question with options: its question, more of it, then options."""


class quiz_question(nodes.TextElement):  # noqa: N801
    """The line that asks."""


class quiz_option(nodes.General, nodes.Element):  # noqa: N801
    """An option: its choice, then the feedback."""


class quiz_choice(nodes.TextElement):  # noqa: N801
    """The line of an option."""


# The HTML before and after each node.  Of the options that share a name, a
# browser keeps one open.
NAMED = '<div aria-labelledby="{id}-question" class="quiz" '
QUESTION = '<p class="quiz-question" id="{id}-question">'
NUMBER = '<span class="quiz-number">{title}</span> '
OPTION = '<details class="option {kind}" name="{id}">'
CHOICE = '<summary><span class="letter">{letter}</span> <span class="choice">'
HTML = {
    quiz: (NAMED + 'id="{id}" role="group">\n', "</div>\n"),
    quiz_question: (QUESTION + NUMBER, "</p>\n"),
    quiz_option: (OPTION, "</div></details>\n"),
    quiz_choice: (CHOICE, '</span></summary>\n<div class="feedback">\n'),
}


def with_tildes(text: str) -> str:
    """Fence quizzes with tildes, so that a question may hold backquotes.

    A fence of backquotes cannot have backquotes on its first line, says
    CommonMark; one of tildes can.  Lines keep their numbers.
    """

    def fence(found: re.Match) -> str:
        mark, info, body = found.group("mark", "info", "body")
        if mark == "~" or not info.lstrip().startswith("{quiz}"):
            return found[0]
        longest = max(map(len, re.findall("~+", body)), default=0)
        tildes = "~" * max(3, longest + 1)
        end = tildes if found["end"] else found["rest"]
        return f"{tildes}{info}\n{body}{end}"

    return FENCED.sub(fence, text)


class Quiz(SphinxDirective):
    """A question, its options as a list, feedback below each of them."""

    optional_arguments = 1  # the question; Quiz itself tells if it misses
    final_argument_whitespace = True
    has_content = True
    option_spec: ClassVar[dict] = {"label": directives.unchanged}

    def run(self) -> list[nodes.Node]:
        """Return the quiz, or nothing if it is at fault."""
        self.faulty = False
        label = self._label()
        question = " ".join(self.arguments).strip()
        if not question:
            self._complain("a quiz without a question")
        words, messages = self.parse_inline(question)
        blocks = [
            block
            for block in self.parse_content_to_nodes()
            if not isinstance(block, nodes.comment)
        ]
        options = self._options(blocks)
        if self.faulty:
            return messages
        title = f"{NUMBERED} {len(self.env.current_document[SEEN])}"
        node = quiz("", ids=[label], id=label, title=title)
        self.set_source_info(node)
        node += quiz_question("", "", *words, id=label, title=title)
        node += blocks[:-1]
        for option, letter in zip(options, ascii_uppercase, strict=False):
            option["id"] = label
            option["letter"] = option[0]["letter"] = letter
        node += options
        return [node, *messages]

    def _complain(self, message: str, line: int = 0) -> None:
        """Warn of a fault; ``remedies`` adds what to do."""
        self.faulty = True
        place = (self.env.docname, line or self.lineno)
        logger.warning(message, location=place, type="quiz")

    def _label(self) -> str:
        """Return the quiz's label, and note it."""
        given = self.options.get("label") or ""
        label = nodes.make_id(given)
        seen = self.env.current_document.get(SEEN, {})
        if not label:
            self._complain("a quiz without a label")
        elif label in seen or label in self.state.document.ids:
            line = f"; line {seen[label]} has it too" if label in seen else ""
            self._complain(f"duplicate label {given!r}{line}")
        self.env.current_document[SEEN] = {label: self.lineno, **seen}
        return label

    def _options(self, blocks: list[nodes.Node]) -> list[quiz_option]:
        """Return the options, from the list that the quiz ends with."""
        if not (blocks and isinstance(blocks[-1], nodes.bullet_list)):
            self._complain("a quiz without options")
            return []
        options = [self._option(item) for item in blocks[-1].children]
        right = sum(option["kind"] == "right" for option in options)
        if len(options) == 1:
            self._complain("a quiz with one option only")
        elif right != 1 and not self.faulty:
            self._complain(f"a quiz with {right or 'no'} right options")
        return options

    def _option(self, item: nodes.list_item) -> quiz_option:
        """Return an option; its list item's first paragraph is its choice."""
        line = item.line or self.lineno
        first, *feedback = item.children or [nodes.paragraph()]
        mark = MARK.match(first.astext())
        if not isinstance(first, nodes.paragraph) or not mark:
            self._complain("an option without its mark", line)
            return quiz_option(kind="")
        if first.next_node(nodes.reference) or first.next_node(
            addnodes.pending_xref
        ):
            self._complain("a link in an option, which a click opens", line)
        if not feedback:
            self._complain("an option without feedback", line)
        text = first.next_node(nodes.Text)
        text.parent.replace(text, nodes.Text(text[mark.end() :]))
        is_wrong = mark[1] == " "
        verdict = nodes.strong("", VERDICTS[is_wrong], classes=["verdict"])
        if not (feedback and isinstance(feedback[0], nodes.paragraph)):
            feedback.insert(0, nodes.paragraph())
        gap = [nodes.Text(" ")] if feedback[0].children else []
        feedback[0].insert(0, [verdict, *gap])
        kind = "wrong" if is_wrong else "right"
        choice = quiz_choice("", "", *first.children)
        return quiz_option("", choice, *feedback, kind=kind)


def visit(writer: HTML5Translator, node: nodes.Element) -> None:
    """Write what goes before a node."""
    writer.body.append(HTML[type(node)][0].format(**node.attributes))


def depart(writer: HTML5Translator, node: nodes.Element) -> None:
    """Write what goes after a node."""
    writer.body.append(HTML[type(node)][1])


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directive and its nodes."""
    app.add_directive("quiz", Quiz)
    for node in HTML:
        app.add_node(node, html=(visit, depart))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
