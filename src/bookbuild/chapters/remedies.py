"""Add to a warning of Sphinx what its author should do about it.

Sphinx names the file and the line; every warning fails the build; this adds
the remedy.
"""

import logging
import re

from sphinx.application import Sphinx

REMEDIES = {
    "term not in glossary": (
        "add the term to the glossary in reference/glossary.md, or correct "
        "the spelling"
    ),
    "repeated bibliography entry": "take one of the two out",
    "could not find bibtex key": (
        "add the entry to book/_config/references.bib, or correct the key"
    ),
    "duplicate (label|citation|term|equation|explicit target|object)": (
        "give one of the two another label; a task stands once in the book"
    ),
    "image file not (readable|found)": (
        "add the image, or correct its path; its name is of a-z, 0-9, '-', '_'"
    ),
    "unknown mimetype": "an ePub holds pictures: .png, .jpg, .gif, .svg, .webp",
    "file not (readable|found)|' not found or reading it failed": (
        "add the file, or correct its path"
    ),
    "Non-consecutive header level": "use one more '#' than the heading above",
    r"argument\(s\) required|Error parsing content|Error with CSV": (
        "mend the first line or the content of the directive"
    ),
    r"py:\w+ reference target not found": (
        "correct the name, or add it to the inventory of its library in "
        "book/_config/inventories (CONTRIBUTING says how)"
    ),
    "Unknown target name": "add what it names, or correct the name",
    "undefined label|cross-reference target not found|local id not found"
    "|reference target not found|unknown document|equation not found"
    "|Failed to create a cross reference": (
        "correct the name of the target, or add the label where it should lead"
    ),
    "Unknown directive|Unknown interpreted text role": (
        "correct the name of the directive or role"
    ),
    "document isn't included in any toctree": (
        "add the page to the toctree in index.md"
    ),
    "toctree contains reference to": (
        "correct the entry, or add the page that it names"
    ),
    "duplicated entry found in toctree": "name each page once",
    "Invalid options format|Invalid option value|Unknown option": (
        "correct the option; a text with ': ' or ' #' needs quotes"
    ),
    "Ignored unreadable document": "remove it; a link has to lead to a file",
    "a quiz without a question": "write it behind {quiz}, on the same line",
    "a quiz without a label": "give it a ':label: quiz-...' on the next line",
    "a quiz without options": "end it with a list of '- [x] ' and '- [ ] '",
    "a quiz with one option only": "add a wrong option that seems right",
    r"a quiz with \w+ right options": (
        "mark one with '- [x] ', the others with '- [ ] '"
    ),
    "an option without its mark": (
        "begin it with '[x] ' if it is right and '[ ] ' if not"
    ),
    "a link in an option": "put the link into the feedback, plain words here",
    "an option without feedback": (
        "say why it is right or wrong, below an empty line and indented like "
        "the option's words"
    ),
    "unexpected `code-cell`": "move the cell into the chapter, to the margin",
    "Pygments lexer": "correct the language behind the fence, or write 'text'",
    "": "change what this names; the page would not show what is written",
}


class AddRemedy(logging.Filter):
    """A filter that lets everything pass and completes what it knows."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Add the remedy to a warning that has none."""
        message = record.getMessage()
        if record.levelno >= logging.WARNING and "remedy:" not in message:
            for pattern, remedy in REMEDIES.items():
                if re.search(pattern, message, re.IGNORECASE):
                    record.msg = f"{message}\n  remedy: {remedy}"
                    record.args = ()
                    break
        return True


def setup(_app: Sphinx) -> dict[str, bool]:
    """Put the filter before those of Sphinx's own handlers."""
    for handler in logging.getLogger("sphinx").handlers:
        handler.filters.insert(0, AddRemedy())
    return {"parallel_read_safe": True, "parallel_write_safe": True}
