"""A section's height is estimated from what is shown in it."""

import pytest

from bookbuild.pages.heights import TABLE, Heights, with_heights

PAGE = '<section id="page"><h1>Title</h1>{}</section>'
SECTION = '<section id="a">{}</section>'
ANSWER = "<details{}><summary>Answer</summary><p>{}</p></details>"


def parts(html):
    reader = Heights()
    reader.feed(PAGE.format(html))
    reader.close()
    return reader.parts


def only(html):
    (section,) = parts(SECTION.format(html))
    return section.fixed, section.characters


def test_the_page_itself_has_no_place_to_keep():
    assert parts("<p>Text</p>") == []


@pytest.mark.parametrize(
    ("html", "same"),
    [
        ('<img height="160">', '<img height="160"><img class="dark">'),
        (ANSWER.format("", ""), ANSWER.format("", "Hidden")),
        ("", "<button>Copy</button><svg><path></svg>"),
        ("<p></p>", '<p><script type="application/json">[1]</script></p>'),
        (
            "<p><math><mi>x</mi></math></p>",
            "<p><math><mi>x</mi><annotation>\\mathbf x</annotation></math></p>",
        ),
    ],
)
def test_what_is_not_shown_takes_no_room(html, same):
    assert only(html) == only(same)


@pytest.mark.parametrize(
    ("less", "more"),
    [
        ("", "<p></p>"),
        ("", '<math display="block"></math>'),
        ("<pre>1\n</pre>", "<pre>1\n2\n</pre>"),
        ("<p></p>", '<div class="note admonition"><p></p></div>'),
        ('<img height="160">', '<img height="320">'),
        (ANSWER.format("", ""), ANSWER.format(" open", "")),
    ],
)
def test_what_is_shown_takes_room(less, more):
    assert only(less)[0] < only(more)[0]
    assert only(less)[1] == only(more)[1]


def test_prose_is_counted_by_its_letters():
    assert only("<p>four</p>\n<ul>\n<li>two</li></ul>")[1] == len("fourtwo")
    assert only(ANSWER.format(" open", "four"))[1] == len("Answerfour")
    assert only("<p><math><mi>x</mi></math></p>")[1] == 6


def test_a_section_is_as_tall_as_those_in_it():
    outer, inner = parts(
        SECTION.format('<p>one</p><section id="b"><p>four</p></section>')
    )
    assert (outer.characters, inner.characters) == (7, 4)
    assert outer.fixed == pytest.approx(2 * inner.fixed)


def test_a_table_is_a_part_of_its_own():
    table = f'<div class="{TABLE}"><table><td>four</td></table></div>'
    section, first, second = parts(SECTION.format(table + table))
    assert (first.characters, section.characters) == (4, 8)
    assert (first.fixed, first.characters) == (second.fixed, second.characters)


def test_a_meaning_of_a_term_is_a_part_of_its_own():
    term = "<dt>one</dt><dd><p>four</p></dd>"
    (meaning,) = parts(f'<dl class="simple glossary">{term}</dl>')
    assert meaning.characters == 4
    assert parts(f"<dl>{term}</dl>") == []


def test_the_page_says_it_of_each_section():
    html = PAGE.format(
        '<section class="x" id="a"><p>one</p></section>'
        '<section id="b"><pre>1\n</pre></section>'
    )
    reader = Heights()
    reader.feed(html)
    page = with_heights(html, reader.parts)
    assert '<section id="page">' in page
    assert '<section style="--rem:0;--text:3" class="x" id="a"><p>' in page
    assert '<section style="--rem:6;--text:0" id="b"><pre>' in page


def test_of_equal_tags_the_right_one_says_it():
    html = PAGE.format(
        f'<div class="{TABLE}"></div><details><div class="{TABLE}"></div>'
        f'</details>\n<div class="{TABLE}"></div><section><p>1</p></section>'
    )
    reader = Heights()
    reader.feed(html)
    page = with_heights(html, reader.parts)
    place = 'style="--rem:-2;--text:0" '
    before, inside, after = page.split("details")
    assert [part.count(place) for part in (before, inside, after)] == [1, 0, 1]
    assert '<section style="--rem:0;--text:1"><p>' in after
