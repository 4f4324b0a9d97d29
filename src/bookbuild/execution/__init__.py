"""The run of a chapter: its outputs, its values, and what each block needs."""
