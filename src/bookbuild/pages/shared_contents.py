"""The Sphinx extension that makes all pages again when what they share changes.

Sphinx makes again the pages whose source has changed.  Other pages may show a
changed title in their navigation, or the number of a figure that has moved;
an incremental build must give the site that a clean one gives.
"""

from collections.abc import Collection

from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

from bookbuild.pages.reading_time import minutes
from bookbuild.programs.page_programs import pages


def shared(env: BuildEnvironment) -> str:
    """Return all that one page may show of another, as text."""
    citations = env.get_domain("cite").citations
    return repr(
        [
            sorted((name, str(title)) for name, title in env.titles.items()),
            sorted((name, str(toc)) for name, toc in env.tocs.items()),
            sorted(env.toctree_includes.items()),
            sorted((name, minutes(env, name)) for name in env.found_docs),
            sorted(env.toc_fignumbers.items()),
            sorted(env.domains.math_domain.equations.items()),
            [
                sorted(map(str, domain.get_objects()))
                for _name, domain in sorted(env.domains.items())
            ],
            sorted((c.key, c.formatted_entry.label) for c in citations),
            sorted(pages(env)),  # those that have a notebook
        ]
    )


def outdated(_app: Sphinx, env: BuildEnvironment) -> Collection[str]:
    """Return all pages if what they share has changed, else none."""
    before = vars(env).get("book_shared")
    env.book_shared = shared(env)
    return env.found_docs if env.book_shared != before else ()


def forget_toctrees(_app: Sphinx, env: BuildEnvironment) -> None:
    """Make no page again only because its toctree names a changed page."""
    env.files_to_rebuild.clear()


def setup(app: Sphinx) -> dict[str, bool]:
    """Compare after Sphinx has numbered figures."""
    app.connect("env-get-updated", outdated, priority=900)
    # Sphinx's own check looks there for pages that are in no toctree.
    app.connect("env-check-consistency", forget_toctrees)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
