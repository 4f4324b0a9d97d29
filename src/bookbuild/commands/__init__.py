"""The commands behind the nox sessions."""
