"""The run of a chapter: its outputs, its values, and what each block needs."""

KERNEL = "checked-gradients"  # the name of the kernel specification
FIGURE = "text/x-figure-data"  # the type under which a figure says what it is
# Cells that the build adds to a chapter begin with one of these lines.
VALUES = "# What the text quotes"
DEPENDENCIES = "# What each statement needs"
