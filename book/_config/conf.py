"""Settings of the site, and no logic; the logic is in src/bookbuild."""

import os

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
    "bookbuild.pages.accessibility",
    "bookbuild.execution.executed_chapters",
    "bookbuild.programs.downloads",
    "bookbuild.pages.epub",
    "bookbuild.pages.figures",
    "bookbuild.pages.loaded_files",
    "bookbuild.pages.mathml",
    "bookbuild.pages.page_lists",
    "bookbuild.pages.page_metadata",
    "bookbuild.pages.reading_time",
    "bookbuild.pages.search_index",
    "bookbuild.pages.shared_contents",
    "bookbuild.pages.theme_rules",
    "bookbuild.pages.turn_controls",
    "bookbuild.chapters.exercises",
    "bookbuild.chapters.quiz",
    "bookbuild.chapters.verified",
    "bookbuild.chapters.remedies",
    "bookbuild.chapters.bibliography",
    "bookbuild.programs.tasks",
    "bookbuild.programs.copy_buttons",
]
source_suffix = {".md": "myst-nb"}
exclude_patterns = ["_config", "**/.*"]  # editors make files with dots
templates_path = ["templates"]
nitpicky = True  # every reference must lead somewhere
nitpick_ignore = [
    # Axes names the private module it is written in, which no page documents.
    ("py:class", "matplotlib.axes._axes.Axes"),
]

# -- Chapters: how they are read and run -------------------------------------
# https://myst-nb.readthedocs.io/en/latest/configuration.html
# src/bookbuild/execution/executed_chapters.py hands MyST-NB the notebooks.

nb_custom_formats = {".md": ("nbformat.reads", {"as_version": 4}, False)}
nb_execution_mode = "cache"
nb_execution_cache_path = "../../build/runs"  # one folder in it for each set
#                                               of versions
nb_execution_timeout = 60  # seconds for one cell
nb_execution_in_temp = True  # an empty folder
nb_execution_raise_on_error = True
# run.py merges streams and shows them as a terminal does; MyST-NB's own way
# takes minutes for a line of a million letters (1.4.0, coalesce_streams).
nb_merge_streams = False
suppress_warnings = ["mystnb.exec"]  # an error of ours says more: the line
book_matplotlibrc = "matplotlibrc"

# -- Downloads ---------------------------------------------------------------

# On GitHub, as owner/name: where Colab finds the branch of the notebooks.
book_repository = os.environ.get("BOOK_REPOSITORY", "")
# What each script says that it needs (PEP 723): as in pyproject.toml.
book_requires = """\
requires-python = ">=3.11"
dependencies = ["matplotlib>=3.9,<4", "numpy>=2.0,<3", "torch>=2.6,<3"]"""

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
html_sidebars = {"**": ["sbt-sidebar-nav.html"]}
html_math_renderer = "mathml"
mathml_macros = {}  # TeX commands of the book's own, as "R": r"\mathbb{R}"
# What stays of the styles of the theme and the extensions: rules that name
# nothing else. How all other parts look, static/*.css says from scratch.
# src/bookbuild/pages/theme_rules.py
book_theme_parts = [
    # Bootstrap's common ground for all browsers
    *["body", "p", "ol", "ul", "li", "dl", "dd", "svg", "button", "input"],
    # the frame of a page
    *[".bd-container", ".bd-container__inner", ".bd-page-width", ".bd-main"],
    *[".skip-link", ".d-none", ".d-print-none"],
    # sphinx-design's cards in a grid; a test says what a page uses besides
    *[".sd-card*", ".sd-col", ".sd-container-fluid", ".sd-d-flex-*", ".sd-g-*"],
    *[".sd-font-weight-bold", ".sd-hide-link-text", ".sd-mb-4", ".sd-row*"],
    *[".sd-shadow-sm", ".sd-sphinx-override", ".sd-stretched-link"],
    ".sd-w-100",
]
html_static_path = ["static"]
book_palette = "static/palette.css"  # dark figures take their colours from it
html_css_files = [
    "palette.css",
    "text.css",
    "layout.css",
    "code.css",
    "boxes.css",
    "search.css",
    "quiz.css",
    "print.css",
    "sheet.css",
]
html_js_files = ["book.js"]
html_favicon = "static/favicon.svg"
html_additional_pages = {"404": "404.html"}
# Where the site stands, if it stands somewhere: the canonical address, the
# social card and the site map need it, nothing else does.
html_baseurl = os.environ.get("BOOK_ADDRESS", "")
html_copy_source = False
html_show_sourcelink = False
html_theme_options = {
    "article_header_end": [],
    "article_header_start": [],
    "back_to_top_button": False,
    "footer_content_items": "verified.html, copyright.html",
    "primary_sidebar_end": [],
    "search_bar_text": "Search the book",
    "secondary_sidebar_items": "page-toc.html",
    "show_toc_level": 2,
    "toc_title": "On this page",
    "use_download_button": False,
    "use_fullscreen_button": False,
}

# -- ePub --------------------------------------------------------------------
# https://www.sphinx-doc.org/en/master/usage/configuration.html#options-for-epub-output

epub_basename = "checked-gradients"
epub_description = "A PyTorch tutorial in which every output comes from a run."
epub_contributor = author
epub_uid = "book"  # the name of the identifier in the file
epub_identifier = "urn:uuid:4bd2a3d4-6a1e-4e0c-9d0d-0c8f3d6b7a51"
epub_show_urls = "no"  # links are links
epub_tocscope = "includehidden"  # the toctrees, which the start page hides
epub_tocdepth = 2
epub_tocdup = False
