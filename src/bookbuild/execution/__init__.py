"""The run of a chapter: its outputs, its values, and what each block needs."""

KERNEL = "checked-gradients"  # the name of the kernel specification
# Cells that the build adds to a chapter begin with one of these lines.
FIGURE = "text/x-figure-data"  # the type under which a figure says what it is
VALUES = "# What the text quotes"
DEPENDENCIES = "# What each statement needs"
