"""What turns ``book/`` into the site; readers never import it."""
