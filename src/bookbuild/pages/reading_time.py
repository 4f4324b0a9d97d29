"""Say how long a page takes to read: the role ``{reading-time}``.

``{reading-time}`tensors``` becomes "35 minutes": the page's words of prose,
answers included, at 200 a minute, and half a minute for each block of code,
rounded up to five minutes.  MyST-Parser counts the words.
"""

import math

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util import logging
from sphinx.util.docutils import SphinxRole

from bookbuild.programs.page_programs import pages

WORDS_PER_MINUTE, BLOCKS_PER_MINUTE, STEP = 200, 2, 5

logger = logging.getLogger(__name__)


class reading_time(nodes.Inline, nodes.Element):  # noqa: N801 (docutils' habit)
    """Stands for the time until all pages have been read."""


def minutes(env: BuildEnvironment, name: str) -> int:
    """Return how long it takes to read a page, in minutes."""
    words = env.metadata[name].get("wordcount", {}).get("words", 0)
    blocks = len(pages(env)[name].blocks) if name in pages(env) else 0
    exact = words / WORDS_PER_MINUTE + blocks / BLOCKS_PER_MINUTE
    return STEP * math.ceil(exact / STEP)


class ReadingTimeRole(SphinxRole):
    """The time that a page takes; the argument is the page's name."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        """Return a node that becomes the text when all pages are read."""
        node = reading_time(page=self.text)
        self.set_source_info(node)
        return [node], []


def refuse(_app: Sphinx, doctree: nodes.document) -> None:
    """Take the role out of titles, which other pages and lists show."""
    for title in doctree.findall(nodes.title):
        for node in [*title.findall(reading_time)]:
            message = "a reading time in a title\n  remedy: put it in the text"
            logger.warning(message, location=node)
            node.parent.remove(node)


class Resolve(SphinxPostTransform):
    """Put the time in each node's place."""

    default_priority = 10

    def run(self) -> None:
        """Replace the nodes of one page."""
        for node in [*self.document.findall(reading_time)]:
            text = ""
            if node["page"] in self.env.found_docs:
                text = f"{minutes(self.env, node['page'])} minutes"
            else:
                message = "there is no page %r\n  remedy: name it as a toctree"
                logger.warning(message, node["page"], location=node)
            node.replace_self(nodes.Text(text))


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the role; shared_contents.py sees when a time has changed."""
    app.add_node(reading_time)
    app.add_role("reading-time", ReadingTimeRole())
    app.add_post_transform(Resolve)
    app.connect("doctree-read", refuse, priority=400)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
