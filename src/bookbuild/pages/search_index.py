"""The Sphinx extension that completes the search index of incremental builds.

``sphinx.search.IndexBuilder`` of Sphinx 9.0 reads back the index that the last
build has written, without the entries of the general index, and keeps words
that are on no page any more.  A clean build gives another index.
https://github.com/sphinx-doc/sphinx/blob/v9.0.4/sphinx/search/__init__.py#L322
"""

import json
from pathlib import Path

from sphinx.application import Sphinx


def complete(app: Sphinx) -> list:
    """Make the index what a clean build makes; add no page."""
    indexer = app.builder.indexer
    if not indexer:  # an ePub has none
        return []
    for words in indexer._mapping, indexer._title_mapping:  # noqa: SLF001 (see above)
        for word in [word for word, names in words.items() if not names]:
            del words[word]
    entries = indexer._index_entries  # noqa: SLF001 (see above)
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
