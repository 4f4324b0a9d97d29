"""Write the lists of the site's pages that programs read.

- ``llms.txt``: the chapters as Markdown, for language models (llmstxt.org);
- ``sitemap.xml`` and ``robots.txt``, for search engines: both name whole
  addresses, so they are written only where the site's address is known.
"""

from itertools import groupby
from pathlib import Path
from xml.sax.saxutils import escape

from docutils import nodes
from sphinx.application import Sphinx

from bookbuild.pages.page_metadata import beginning, own_description, places
from bookbuild.programs.page_programs import pages

SITEMAP = "http://www.sitemaps.org/schemas/sitemap/0.9"


def describe(app: Sphinx, doctree: nodes.document) -> None:
    """Keep what a page that has just been read describes itself as."""
    words = own_description(doctree) or beginning(doctree)
    docname = app.env.current_document.docname
    app.env.metadata[docname]["book_description"] = words


def chapter_list(app: Sphinx) -> str:
    """Return the text of ``llms.txt``."""
    env, root = app.env, app.config.root_doc
    parts = [f"# {app.config.project}"]
    if about := env.metadata[root].get("book_description"):
        parts.append(f"> {about}")
    in_order = groupby(places(env).items(), lambda place: place[1]["part"])
    for part, found in in_order:
        lines = []
        for name, _place in found:
            if name not in env.found_docs:  # the index, or another site
                continue
            suffix = ".md" if name in pages(env) else ".html"
            words = env.metadata[name].get("book_description", "")
            link = f"- [{env.titles[name].astext()}]({name}{suffix})"
            lines.append(f"{link}: {words}" if words else link)
        parts += [f"## {part or 'Pages'}", "\n".join(lines)]
    return "\n\n".join(parts) + "\n"


def write(app: Sphinx, error: Exception | None) -> None:
    """Write the lists."""
    if error or app.builder.format != "html":
        return
    files = {"llms.txt": chapter_list(app)}
    if address := app.config.html_baseurl.rstrip("/"):
        names = map(app.builder.get_target_uri, sorted(app.env.found_docs))
        urls = (
            f"<url><loc>{escape(f'{address}/{n}')}</loc></url>" for n in names
        )
        files["sitemap.xml"] = "\n".join(
            [f'<urlset xmlns="{SITEMAP}">', *urls, "</urlset>", ""]
        )
        files["robots.txt"] = (
            f"User-agent: *\nAllow: /\nSitemap: {address}/sitemap.xml\n"
        )
    for name, text in files.items():
        Path(app.outdir, name).write_text(text, "utf-8", newline="\n")


def setup(app: Sphinx) -> dict[str, bool]:
    """Keep each page's description; write the lists at the end."""
    app.connect("doctree-read", describe)
    app.connect("build-finished", write)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
