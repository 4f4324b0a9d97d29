"""The Sphinx extension that completes the search index of incremental builds.

``sphinx.search.IndexBuilder.load`` of Sphinx 9.0 takes everything from the
index that the last build has written but the entries of the general index:
pages that are not written again would lose theirs.
https://github.com/sphinx-doc/sphinx/blob/v9.0.4/sphinx/search/__init__.py#L322
"""

import json
from pathlib import Path

from sphinx.application import Sphinx


def complete(app: Sphinx) -> list:
    """Add the entries of the pages that were not written; add no page."""
    entries = app.builder.indexer._index_entries  # noqa: SLF001 (see above)
    kept = Path(app.doctreedir, "index_entries.json")
    old = json.loads(kept.read_text("utf-8")) if kept.exists() else {}
    found = {name: old.get(name, []) for name in sorted(app.env.found_docs)}
    found.update((name, entries[name]) for name in found.keys() & entries)
    entries.clear()
    entries.update(found)
    kept.write_text(json.dumps(found), encoding="utf-8")
    return []


def setup(app: Sphinx) -> dict[str, bool]:
    """Complete the index before Sphinx writes it."""
    app.connect("html-collect-pages", complete)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
