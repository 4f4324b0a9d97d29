"""Write lists of the site's pages for programs.

- ``llms.txt``: each page with its description, for language models
  (llmstxt.org);
- ``sitemap.xml`` and ``robots.txt``, for search engines, where the site's
  address is known: they name whole addresses.
"""

from itertools import groupby
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx

from bookbuild.pages.page_metadata import beginning, own_description, places
from bookbuild.programs.page_programs import pages

SITEMAP = '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">'


def describe(app: Sphinx, doctree: nodes.document) -> None:
    """Keep what a page that has just been read describes itself as."""
    words = own_description(doctree) or beginning(doctree)
    docname = app.env.current_document.docname
    app.env.metadata[docname]["book_description"] = words


def write(app: Sphinx, error: Exception | None) -> None:
    """Write the lists."""
    if error or app.builder.name != "html":
        return
    env, out = app.env, Path(app.outdir)
    about = env.metadata[app.config.root_doc]["book_description"]
    lines = [f"# {app.config.project}\n\n> {about}"]
    for part, found in groupby(places(env).items(), lambda p: p[1]["part"]):
        lines.append(f"\n## {part or 'Pages'}\n")
        for page in (name for name, _ in found if name in env.found_docs):
            path = page + (".md" if page in pages(env) else ".html")
            words = env.metadata[page]["book_description"]
            lines.append(f"- [{env.titles[page].astext()}]({path}): {words}")
    (out / "llms.txt").write_text("\n".join(lines) + "\n", "utf-8")
    if address := app.config.html_baseurl.rstrip("/"):
        names = map(app.builder.get_target_uri, sorted(env.found_docs))
        urls = [f"<url><loc>{address}/{name}</loc></url>" for name in names]
        text = "\n".join([SITEMAP, *urls, "</urlset>\n"])
        (out / "sitemap.xml").write_text(text, "utf-8")
        robots = f"User-agent: *\nAllow: /\nSitemap: {address}/sitemap.xml\n"
        (out / "robots.txt").write_text(robots, "utf-8")


def setup(app: Sphinx) -> dict[str, bool]:
    """Keep each page's description; write the lists at the end."""
    app.connect("doctree-read", describe)
    app.connect("build-finished", write)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
