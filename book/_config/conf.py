"""Settings of the site, and no logic; the logic is in src/bookbuild."""

# -- Project -----------------------------------------------------------------
# https://www.sphinx-doc.org/en/master/usage/configuration.html

project = "Checked Gradients"
author = "The Checked Gradients authors"
copyright = "The Checked Gradients authors. Text: CC BY 4.0, code: MIT"
language = "en"

extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.doctest",
    "sphinx.ext.intersphinx",
    "sphinx.ext.napoleon",
    "sphinx_design",
    "sphinxcontrib.bibtex",
    "bookbuild.book",
    "bookbuild.mathml",
    "bookbuild.questions",
    "bookbuild.record",
    "bookbuild.remedies",
    "bookbuild.take",
]
source_suffix = {".md": "myst-nb"}
exclude_patterns = ["_config"]
templates_path = ["templates"]
nitpicky = True  # every reference must lead somewhere
nitpick_ignore = [
    # Axes names the private module it is written in, which no page documents.
    ("py:class", "matplotlib.axes._axes.Axes"),
]

# -- Chapters: how they are read and run -------------------------------------
# src/bookbuild/book.py

nb_custom_formats = {".md": ("bookbuild.book.read", {}, False)}
nb_execution_mode = "off"  # bookbuild.book has run them
book_matplotlibrc = "matplotlibrc"
book_cell_timeout = 60  # seconds; the whole book takes less

# -- MyST --------------------------------------------------------------------
# https://myst-parser.readthedocs.io/en/latest/configuration.html

myst_enable_extensions = [
    "attrs_inline",
    "colon_fence",
    "deflist",
    "dollarmath",
]
myst_dmath_double_inline = True

# -- Numbers -----------------------------------------------------------------

numfig = True
numfig_secnum_depth = 0  # Figure 7, not Figure 3.2
numfig_format = {"figure": "Figure %s", "exercise": "Question %s"}
math_eqref_format = "({number})"

# -- Reference ---------------------------------------------------------------

strip_signature_backslash = True  # else the argument var_ reads as a link
add_module_names = False
python_use_unqualified_type_names = True
python_maximum_signature_line_length = 60
autodoc_typehints = "signature"
autodoc_member_order = "bysource"
napoleon_google_docstring = True
napoleon_numpy_docstring = False
napoleon_custom_sections = [
    ("Explained in", "returns_style"),
    ("Source", "returns_style"),
]
bibtex_bibfiles = ["references.bib"]
bibtex_default_style = "plain"

# Committed, so that no build needs the network; paths are from book/.
# CONTRIBUTING says how to add to them.
intersphinx_mapping = {
    "python": (
        "https://docs.python.org/3",
        "_config/inventories/python.inv",
    ),
    "numpy": (
        "https://numpy.org/doc/stable",
        "_config/inventories/numpy.inv",
    ),
    "torch": (
        "https://docs.pytorch.org/docs/stable",
        "_config/inventories/torch.inv",
    ),
    "matplotlib": (
        "https://matplotlib.org/stable",
        "_config/inventories/matplotlib.inv",
    ),
}

# -- HTML --------------------------------------------------------------------
# https://sphinx-book-theme.readthedocs.io/en/stable/reference.html

html_theme = "sphinx_book_theme"
html_title = project
html_math_renderer = "mathml"
html_static_path = ["static"]
html_css_files = ["book.css"]
html_copy_source = False
html_show_sourcelink = False
html_theme_options = {
    "use_download_button": False,
    "use_fullscreen_button": False,
    "show_toc_level": 2,
}
