"""Checks of a chapter's file, before anything of it runs."""

import ast
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import yaml
from myst_nb.core.config import NbParserConfig, Section
from nbformat import NotebookNode

from bookbuild.chapters import turns
from bookbuild.chapters.blocks import blocks, count_options
from bookbuild.chapters.errors import ChapterError, nearest
from bookbuild.chapters.roles import INLINE

# Control characters, those at which Python and MyST-NB end a line and Markdown
# does not, and two that XML has not.
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufffe\uffff]")
# An option whose text YAML would cut at ' #'.
CUT = re.compile(r"""\s*:?(?:alt|caption|title): +[^\s"'|>].*? #""")
BAR = re.compile(r"(?<!\\)\|")  # between two cells of a table
WITH_VALUE = {"differs", "label", "needs", "shown-in"}  # options that say
LANGUAGES = {"", "ipython", "ipython3", "python", "python3"}
# A cell's options, and what is inside one; MyST-NB overlooks all others.
OPTIONS = {
    "": {"mystnb", "snippet", "tags", *WITH_VALUE, *turns.OPTIONS},
    "mystnb": {
        part.metadata.get("cell_key", part.name)
        for part in fields(NbParserConfig)
        if Section.cell_lvl in part.metadata.get("sections", ())
    },
    "figure": {"align", "caption", "caption_before", "classes", "name"},
    "image": {"align", "alt", "classes", "height", "scale", "width"},
}
FRONT_MATTER = re.compile(
    r"---[ \t]*\n(.*?)^---[ \t]*$", re.DOTALL | re.MULTILINE
)
UNENDED = re.compile(r"---[ \t]*\n\w+:")
SETTINGS = {"kernelspec", "language_info", "myst", "mystnb"}
# MyST-NB's tags, nbclient's, and those that this book's style uses.
TAGS = {
    *{"hide-cell", "hide-input", "hide-output"},
    *{"remove-cell", "remove-input", "remove-output"},
    *{"remove_cell", "remove_input", "remove_output"},
    *{"remove-stderr", "remove-stdout", "scroll-output"},
    *{"raises-exception", "shows-warning", "skip-execution"},
    *{"numpy", "pytorch"},
}


def check_bytes(path: Path) -> list[ChapterError]:
    """Return what keeps a file from being read as text.

    Sphinx decodes a file before any extension sees it, and a fault there ends
    the build with a traceback that does not name the file.
    """
    # Sphinx follows links to folders, this one again and again.
    for link in reversed(path.parents):
        if link.is_symlink() and link.parent.is_relative_to(link.resolve()):
            message = "the link leads to a folder that it is in"
            return [ChapterError(link, 1, message, "remove the link")]
    try:
        content = path.read_bytes()
        content.decode("utf-8")
    except OSError as error:
        message = f"the file cannot be read: {error.strerror}"
        remedy = "remove it, or, if it is a link, have it lead to a file"
        return [ChapterError(path, 1, message, remedy)]
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        message = f"byte 0x{content[error.start]:02x} is not UTF-8"
        return [ChapterError(path, line, message, "save the file as UTF-8")]
    return []


def check_source(path: Path) -> Iterator[ChapterError]:
    """Yield what keeps a file of Python from being shown."""
    errors = check_bytes(path)
    text = "" if errors else path.read_text("utf-8")
    yield from errors or check_text(path, text)
    try:
        ast.parse(text)
    except SyntaxError as error:
        message = f"the code does not parse: {error.msg}"
        yield ChapterError(path, error.lineno or 1, message, "mend the code")


def check_text(path: Path, text: str) -> Iterator[ChapterError]:
    """Yield characters that would not reach the page; an empty text."""
    for found in CONTROL.finditer(text):
        name = unicodedata.name(found[0], "a control character")
        yield ChapterError(
            path,
            text.count("\n", 0, found.start()) + 1,
            f"the text holds U+{ord(found[0]):04X} ({name}), which some "
            "programs take for the end of a line and others drop",
            "remove it; in a string of Python write " + ascii(found[0])[1:-1],
        )
    if not text.strip():
        remedy = "write it, or remove the file"
        yield ChapterError(path, 1, "the file is empty", remedy)


def check_front_matter(path: Path, text: str) -> Iterator[ChapterError]:
    """Yield what is wrong with the settings above a chapter's text."""
    found, key, line, wrong = FRONT_MATTER.match(text), "---", 0, ""
    try:
        matter = yaml.safe_load(found[1]) if found else {}
        if not found and UNENDED.match(text):
            wrong = "it does not end"
        elif key := _no_mapping(matter):
            wrong = f"{key!r} has no lines 'key: value'"
        elif "execution_mode" in matter.get(key := "mystnb", {}):
            wrong = "every chapter runs; take 'execution_mode' out"
        else:
            NbParserConfig().copy(**matter.get(key, {}))
    except yaml.MarkedYAMLError as error:
        line, wrong = error.problem_mark.line + 2, error.problem
    except (TypeError, ValueError) as error:
        wrong = str(error).removeprefix("NbParserConfig.__init__() ")
    if wrong:
        lines = enumerate(text.split("\n"), 1)
        yield ChapterError(
            path,
            line or next((i for i, t in lines if t.startswith(key)), 1),
            f"the front matter could not be read: {wrong}",
            "mend the YAML between the two '---', lines 'key: value'; "
            "put a value with ': ' or ' #' in quotes",
        )


def _no_mapping(matter: object) -> str:
    """Return which setting of a front matter, or "---", is no mapping."""
    if not isinstance(matter, dict):
        return "---"
    found = (k for k, v in matter.items() if not isinstance(v, dict))
    return next((key for key in found if key in SETTINGS), "")


def check_fences(path: Path, text: str) -> Iterator[ChapterError]:
    """Yield fences that do not end, and cells that would not run."""
    lines = text.split("\n")
    for block in blocks(text):
        name, language = block.directive
        wrong = {}  # messages and remedies
        body = lines[block.first + 1 : block.end]
        for line in body[: count_options(body) if name else 0]:
            if CUT.match(line):
                message = f"YAML takes the end of this for a comment: {line!r}"
                wrong[message] = "put the text of the option in quotes"
        if not block.closed:
            remedy = "close it; a fence around another has the longer marker"
            wrong["the fence that begins here is not closed"] = remedy
        if name == "code-cell" and block.info.split()[2:]:
            remedy = "give each option a line of its own below"
            wrong["an option on the first line of a cell"] = remedy
        if name == "code-cell" and language not in LANGUAGES:
            remedy = f"write ```{{code-cell}}, or ```{language} to show it only"
            wrong[f"a cell in {language}; this book runs Python"] = remedy
        if name == "code-cell" and (
            block.nested or block.kind != "fence" or block.info[0] != "{"
        ):
            wrong["a cell that would not run"] = (
                "begin its line with ```{code-cell}, outside any list, "
                "quotation and directive; the cells of an answer stand "
                "between {solution-start} and {solution-end}"
            )
        for message, remedy in wrong.items():
            yield ChapterError(path, block.first + 1, message, remedy)


def check_tables(path: Path, text: str) -> Iterator[ChapterError]:
    """Yield rows of tables whose last cells Markdown would drop."""
    lines, width = text.split("\n"), 0
    for block in blocks(text):
        line = lines[block.first].strip("> \t")
        cells = len(BAR.split(line.removeprefix("|").removesuffix("|")))
        if block.kind == "head":
            width = cells
        elif block.kind == "row" and cells > width:
            message = f"a row of {cells} cells in a table of {width}"
            remedy = "remove cells, or write '\\|' for a bar inside one"
            yield ChapterError(path, block.first + 1, message, remedy)


def check_roles(path: Path, text: str) -> Iterator[ChapterError]:
    """Yield each ``{run}`` that no expression follows."""
    lines = text.split("\n")
    for block in blocks(text) if "{run}" in text else ():
        part = "\n".join(lines[block.first : block.end])
        left = INLINE.sub(lambda found: "\n" * found[0].count("\n"), part)
        if block.kind == "text" and "{run}" in left:
            line = block.first + 1 + left.count("\n", 0, left.index("{run}"))
            message = "{run} without an expression in backquotes"
            remedy = "write {run}`expression`, without a space, on one line"
            yield ChapterError(path, line, message, remedy)


def check_cell(
    path: Path, line: int, cell: NotebookNode
) -> Iterator[ChapterError]:
    """Yield the options and tags of a cell that mean nothing."""
    for wrong in _wrong_options(cell.metadata, ""):
        yield ChapterError(path, line, wrong, "correct it")
    for option in WITH_VALUE.intersection(cell.metadata):
        if cell.metadata[option] in (None, False, True, ""):
            message = f"the option {option!r} says nothing"
            remedy = "give a label, labels, a page or a reason, or remove it"
            yield ChapterError(path, line, message, remedy)
    if "shown-in" in cell.metadata and "snippet" not in cell.metadata:
        message = "the option 'shown-in' in a cell without a snippet"
        yield ChapterError(path, line, message, "give it a ':snippet:', too")
    for tag in cell.metadata.get("tags", []):
        if tag not in TAGS:
            message = f"there is no tag {tag!r}{nearest(tag, TAGS)}"
            remedy = "correct it; TAGS in chapters/checks.py has all tags"
            yield ChapterError(path, line, message, remedy)


def _wrong_options(found: object, name: str) -> Iterator[str]:
    """Yield what is wrong with the options of a cell, or inside one."""
    if not isinstance(found, dict):
        yield f"the option {name!r} has no lines 'key: value'"
        return
    for option, value in found.items():
        if option not in OPTIONS[name]:
            inside = f" in {name!r}" if name else ""
            known = nearest(str(option), OPTIONS[name])
            yield f"a cell has no option {option!r}{inside}{known}"
        elif option in OPTIONS:
            yield from _wrong_options(value, option)


def check_labels(
    path: Path, line: int, cell: NotebookNode, labels: set[str]
) -> Iterator[ChapterError]:
    """Yield labels that no cell above has; add the cell's own to them."""
    for label in needed_labels(cell):
        if label not in labels:
            message = f"no cell above has the label {label!r}"
            remedy = "correct it, or give that cell ':label: name'"
            message += nearest(label, labels)
            yield ChapterError(path, line, message, remedy)
    label = str(cell.metadata.get("label", ""))
    if label in labels:
        message = f"two cells have the label {label!r}"
        yield ChapterError(path, line, message, "choose another")
    labels.update([label] if label else [])


def needed_labels(cell: NotebookNode) -> list[str]:
    """Return the labels in a cell's option ``needs``: one, several, a list."""
    needs = cell.metadata.get("needs", "")
    if not isinstance(needs, list):
        needs = str(needs).replace(",", " ").split()
    return [*map(str, needs)]
