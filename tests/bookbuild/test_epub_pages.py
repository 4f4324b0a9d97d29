"""What the site's pages are in an ePub: valid XHTML, nothing closed."""

import pytest
from lxml import etree, html

from bookbuild.pages import epub

FRACTION = "<mfrac><mn>1</mn><mn>2</mn></mfrac>"


@pytest.mark.parametrize(
    ("site", "page"),
    [
        ('<mfrac displaystyle="true"><mn>1</mn><mn>2</mn></mfrac>',
         f'<mstyle displaystyle="true">{FRACTION}</mstyle>'),
        ('<mrow scriptlevel="1"><mn>1</mn></mrow>',
         '<mstyle scriptlevel="1"><mn>1</mn></mstyle>'),
        ("<mtext><b>a</b></mtext>",
         '<mtext><b xmlns="http://www.w3.org/1999/xhtml">a</b></mtext>'),
        ("<details><summary>a</summary></details>",
         '<div><p class="summary">a</p></div>'),
        ("<p>a<!-- b -- c --></p><i></i>", "<p>a</p><i></i>"),
    ],
)  # fmt: skip
def test_a_part_becomes_what_an_epub_has(site, page):
    root = html.fragment_fromstring(site, create_parent="div")
    epub.settle(root)
    assert etree.tostring(root, encoding="unicode") == f"<div>{page}</div>"


def test_a_picture_may_have_a_name_in_capitals():
    types = epub.Epub.media_types
    assert types[".PNG"] == types[".png"] == "image/png"
