"""Keep the few rules of the theme's style sheets that the book builds on.

The book's own sheets style most parts of a page from scratch, and would
otherwise have to undo the theme's rules. ``book_theme_parts`` in ``conf.py``
names what stays.
"""

import re
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path

from sphinx.application import Sphinx

COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
RULE = re.compile(r"([^{};]+)\{((?:[^{}]|\{[^{}]*\})*)\}")
COMMA = re.compile(r",(?![^()]*\))")
NO_NAME = re.compile(r"\[[^]]*\]|::?[\w-]+")  # attributes, pseudo-classes
NAME = re.compile(r"[.#]?[A-Za-z_][\w-]*")


@cache
def keep(css: str, parts: tuple[str, ...]) -> str:
    """Return a style sheet with the selectors that name nothing else.

    Args:
        css: The style sheet; its rules may stand in ``@media``. Fonts
            (the theme's are of icons, which the book draws itself) and
            animations are dropped.
        parts: Elements, ``.classes`` and ``#ids``; ``*`` stands for any end.
    """

    def stays(selector: str) -> bool:
        names = NAME.findall(NO_NAME.sub("", selector))
        return all(any(fnmatchcase(n, part) for part in parts) for n in names)

    def kept(rule: re.Match) -> str:
        head, body = rule[1].strip(), rule[2]
        if head.startswith(("@media", "@supports")):
            inside = RULE.sub(kept, body).strip()
            return f"{head}{{{inside}}}\n" if inside else ""
        if head.startswith("@"):
            return ""
        selectors = [s for s in COMMA.split(head) if stays(s)]
        return f"{','.join(selectors)}{{{body}}}\n" if selectors else ""

    return RULE.sub(kept, COMMENT.sub("", css))


def forget(app: Sphinx) -> None:
    """Remove what the last build has cut: Sphinx refuses to overwrite it."""
    for path in Path(app.outdir, "_static").rglob("*.css"):
        path.unlink()


def cut(app: Sphinx, error: Exception | None) -> None:
    """Cut all style sheets of a site but the book's own."""
    if error or app.builder.name != "html":
        return
    static = Path(app.outdir, "_static")
    own = {path.name for path in Path(app.confdir, "static").glob("*.css")}
    for path in sorted(static.rglob("*.css")):
        if path.name not in own:
            css = path.read_text(encoding="utf-8")
            css = keep(css, tuple(app.config.book_theme_parts))
            path.write_text(css, encoding="utf-8")


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the setting and the step."""
    app.add_config_value("book_theme_parts", [], "html", list)
    app.connect("builder-inited", forget, priority=100)  # others write then
    # After sphinx_exercise, which brings its sheet at the same event.
    app.connect("build-finished", cut, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
