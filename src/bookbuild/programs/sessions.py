"""What a reader types of a session: a block that shows prompts and answers.

The prompts are a shell's or Python's.
"""

import re

SESSIONS = {
    *("console", "doscon", "ps1con", "pwsh-session", "pycon", "shell-session")
}
PROMPT = re.compile(
    r"(?:\(\S+\) ?)?(?:"  # a virtual environment
    r"(?:[\w.-]+@[\w.-]+(?::\S*?| \S+ |)|\[[\w.-]+@[^]]+\]|\w*sh-[\d.]+)?"
    r"[$#%>](?: |$)|PS[^>]*> ?|[A-Z]:\\[^>]*> ?)|(?:>>>|In \[\d+\]:)(?: |$)"
)
WEAK = {"#", "%", ">"}  # a comment or an answer may begin so, too
PYTHON_MORE = re.compile(r"(?:\.\.\.| +\.\.\.:)(?: |$)")
SHELL_MORE = re.compile(r"(?:>>?|More\?)(?: |$)")
HERE = re.compile(r"(?<!<)<<-? ?['\"]?(\w+)")  # a text follows, to this word
QUOTED = re.compile(r"\\[\s\S]|'[^']*'|\"(?:\\[\s\S]|[^\"\\])*\"|(?<!\S)#.*")
UNFINISHED = re.compile(r"['\"]|(?:[\\`^|]|&&)\s*\Z")
LOOP = re.compile(
    r"(?:^|[;\n]|(?<=do )|(?<=then ))\s*(?:(do|if|case)|done|fi|esac)\b"
)


def typed(text: str, language: str) -> str | None:
    """Return what one types, or nothing if the block is not a session."""
    lines = text.rstrip("\n").split("\n")
    prompts = _prompts(lines, language)
    if not any(prompts):
        return None
    taken, at = [], 0
    while at < len(lines):
        command = _command(lines[at:], prompts[at:]) if prompts[at] else []
        taken += command if any(command) else []
        at += len(command) or 1
    return "\n".join(taken)


def _prompts(lines: list[str], language: str) -> list[str]:
    """Return the prompt of each line, an empty text where there is none."""
    found = [m[0] if (m := PROMPT.match(line)) else "" for line in lines]
    signs = [prompt.strip() for prompt in found]
    known = set(signs) - WEAK - {""}
    if language not in SESSIONS:  # a script, unless its code has a prompt first
        begins = [n for n, line in enumerate(lines) if line and line[0] != "#"]
        known = known if known & {signs[n] for n in begins[:1]} else set()
    elif not known:
        known = {next((sign for sign in signs if sign not in {"", "#"}), "#")}
    return [prompt if prompt.strip() in known else "" for prompt in found]


def _command(lines: list[str], prompts: list[str]) -> list[str]:
    """Return the lines of the command that the first line begins."""
    prompt = prompts[0]
    python = prompt.startswith((">>>", "In ["))
    more = PYTHON_MORE if python else SHELL_MORE
    marked = more.match(lines[1]) if lines[1:] else None
    taken = [lines[0].removeprefix(prompt)]
    here = HERE.search(taken[0])
    words = [line.lstrip("> \t") for line in lines] if here else []
    end = words.index(here[1]) if here and here[1] in words else 0
    for number, line in enumerate(lines[1:], 1):
        mark = marked and more.match(line)
        alone = python or end or prompts[number]
        if not (
            mark or number <= end or (not alone and _unfinished(taken, prompt))
        ):
            break
        taken.append(line[mark.end() :] if mark else line)
    return taken


def _unfinished(lines: list[str], prompt: str) -> bool:
    """Return whether the shell would ask for another line."""
    code = "\n".join(lines)
    if re.search(r"PS|:\\", prompt):  # here a backslash is a letter
        code = code.replace("\\", "/")
    bare = QUOTED.sub("", code)
    opened = sum(1 if begins else -1 for begins in LOOP.findall(bare))
    return opened > 0 or bool(UNFINISHED.search(bare))
