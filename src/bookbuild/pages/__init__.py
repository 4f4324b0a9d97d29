"""The page that a reader sees."""
