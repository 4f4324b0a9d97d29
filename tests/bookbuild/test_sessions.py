"""What a reader types of a session: every line of a command, no more."""

import pytest

from bookbuild.programs.sessions import typed

SESSIONS = {
    "answers are not typed": (
        "console",
        "$ python -m pip show torch\nName: torch\n\n$ ls\n",
        "python -m pip show torch\nls",
    ),
    "a comment of the author is not, either": (
        "console",
        "# once\n$ ls\n# again\n$ ls -a",
        "ls\nls -a",
    ),
    "a backslash goes on": (
        "console",
        "$ python -m pip install torch \\\n    --index-url https://x.org\nDone",
        "python -m pip install torch \\\n    --index-url https://x.org",
    ),
    "with the shell's second prompt": (
        "bash",
        "$ python -m pip \\\n>     install \\\n> torch\nCollecting torch\n> a",
        "python -m pip \\\n    install \\\ntorch",
    ),
    "a here-document": (
        "console",
        "$ cat > a <<'END'\nprint(\"it's\")\n\n$ no prompt\n> x\nEND\n$ ls\na",
        "cat > a <<'END'\nprint(\"it's\")\n\n$ no prompt\n> x\nEND\nls",
    ),
    "a here-document with prompts": (
        "console",
        "$ cat <<-END\n> a\n> \tEND\na\n",
        "cat <<-END\na\n\tEND",
    ),
    "no here-document": (
        "console",
        "$ echo $((1 << two)) <<< here\n4",
        "echo $((1 << two)) <<< here",
    ),
    "a quoted text of several lines": (
        "console",
        "$ python -c \"\nprint('it')  # don't\n\"\nit",
        "python -c \"\nprint('it')  # don't\n\"",
    ),
    "a loop": (
        "sh",
        "$ for f in *; do if x; then\n  echo don\\'t $f\nfi\ndone\nanswer",
        "for f in *; do if x; then\n  echo don\\'t $f\nfi\ndone",
    ),
    "a pipe, and what is not finished stops at a prompt": (
        "console",
        "$ ls |\n  wc\n3\n$ echo don't\n$ ls",
        "ls |\n  wc\necho don't\nls",
    ),
    "a virtual environment": (
        "shell",
        "(torch-env) $ python a.py\n1\n(torch-env) $ deactivate\n$ ls",
        "python a.py\ndeactivate\nls",
    ),
    "a user, a machine and a folder": (
        "bash",
        "me@box:~/a$ ls\n[me@box a]$ ls\n(x) root@box:/# ls\n50 % done",
        "ls\nls\nls",
    ),
    "other shells": ("text", "me@mac ~ % ls\nbash-5.2$ ls\n", "ls\nls"),
    "root": (
        "console",
        "# apt-get update\nReading\n# ls",
        "apt-get update\nls",
    ),
    "zsh": ("console", "# once\n% ls\n50 % done", "ls"),
    "fish": ("console", "> ls\na\n> pwd", "ls\npwd"),
    "PowerShell": (
        "powershell",
        '(x) PS C:\\a> cd "C:\\a\\"\nPS C:\\a> ls `\n>> -Name\na.py\nPS>ls',
        'cd "C:\\a\\"\nls `\n-Name\nls',
    ),
    "Windows": (
        "bat",
        "C:\\a>cd C:\\\nC:\\>dir ^\nMore? /b\na.py",
        "cd C:\\\ndir ^\n/b",
    ),
    "a prompt alone": ("console", "$ ls\na\n$", "ls"),
    "Python": (
        "pycon",
        '>>> for i in "ab":\n...     print("...")\n...\n...\n>>> i\n1\n... 2',
        'for i in "ab":\n    print("...")\n\n\ni',
    ),
    "Python in a shell": (
        "console",
        "$ python\nPython 3.11\n>>> 1 + 1\n2\n>>> exit()\n$ ls",
        "python\n1 + 1\nexit()\nls",
    ),
    "IPython": (
        "text",
        "In [1]: def f():\n   ...:     pass\n\nIn [2]: f()\nOut[2]: 1",
        "def f():\n    pass\nf()",
    ),
}
SCRIPTS = {
    "a script": ("bash", "# first\npython a.py > out\n> empty\n"),
    "a script that writes a session": ("bash", "cat <<END\n$ ls\nEND"),
    "no prompt": ("console", "pip install torch\n"),
    "prose": ("text", "> quoted\n# title\n50 % done"),
    "Python": ("python", '"""Double.\n\n>>> double(1)\n2\n"""\nx = "\n$ 5"'),
    "nothing": ("console", ""),
}


@pytest.mark.parametrize(
    ("language", "text", "wanted"), SESSIONS.values(), ids=SESSIONS
)
def test_a_session_is_typed_without_prompts_and_answers(language, text, wanted):
    assert typed(text, language) == wanted


@pytest.mark.parametrize(("language", "text"), SCRIPTS.values(), ids=SCRIPTS)
def test_what_is_no_session_is_typed_as_it_stands(language, text):
    assert typed(text, language) is None
