"""What ``nox -s colab`` says of notebooks that print something else."""

from nbformat import v4

from tools.colab import printed, report


def block(number, text, name="stdout"):
    outputs = [v4.new_output("stream", name=name, text=text)]
    return v4.new_code_cell("pass", id=f"block-{number}", outputs=outputs)


def test_text_and_warnings_are_read_unless_they_differ_each_time():
    cells = [
        block(1, "1\n"),
        v4.new_code_cell("pass", id="task-2"),
        block(2, "0.12 s\n"),
        v4.new_markdown_cell("*This output differs each time: a time*"),
        block(3, "a/b.py:1: UserWarning: too large\n  mean()\n", name="stderr"),
    ]
    found = printed(v4.new_notebook(cells=cells))
    assert found == {"block-1": "1\n", "block-3": "UserWarning: too large"}


def test_the_report_tells_other_words_from_other_digits():
    pairs = {
        "a, block-1": ("1\n", "1\n"),
        "a, block-2": ("[1.0000]", "[1.0001]"),
        "b, block-3": ("same\nTrue\n", "same\nFalse\n"),
    }
    text = report(["torch 2.13.0"], pairs)
    assert "Here: torch 2.13.0." in text
    assert "Of 3 blocks with text, 1 print exactly" in text
    assert "in a thousand, 1 more do." in text
    assert text.endswith("\n## b, block-3\n\n```diff\n-True\n+False\n```\n")
