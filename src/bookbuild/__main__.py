"""The commands behind the nox sessions: ``python -m bookbuild <command>``.

This module imports nothing heavy, so that a site that is up to date is known
to be so in an instant; the commands themselves are in ``bookbuild.commands.sphinx``.
"""

import gc
import importlib
import os
import subprocess
import sys

COMMANDS = ("html", "doctest", "linkcheck", "record", "live")
# A build gives the same bytes in every environment, so it has but one: the
# order of sets, the time zone and the language are always these.
ENVIRONMENT = {"PYTHONHASHSEED": "0", "TZ": "UTC", "LC_ALL": "C.UTF-8"}


def main() -> int:
    """Run the command that is named on the command line."""
    name, *arguments = sys.argv[1:] or [""]
    if name not in COMMANDS:
        print(
            "usage: python -m bookbuild {" + ",".join(COMMANDS) + "} ...",
            file=sys.stderr,
        )
        return 2
    if ENVIRONMENT.items() - os.environ.items():
        return _again({**os.environ, **ENVIRONMENT})
    os.umask(0o022)
    if name == "html":
        from bookbuild.commands import html as site  # noqa: PLC0415 (no other command needs it)

        return site.html(arguments)
    commands = importlib.import_module("bookbuild.commands.sphinx")
    return getattr(commands, name)(arguments)


def _again(environment: dict[str, str]) -> int:
    """Run this very command in another environment."""
    command = [sys.executable, *sys.orig_argv[1:]]
    if sys.platform != "win32":  # where it would start a second process
        os.execve(command[0], command, environment)  # noqa: S606 (no shell)
    return subprocess.run(  # noqa: S603 (this command itself)
        command, env=environment, check=False
    ).returncode


if __name__ == "__main__":
    status = main()
    gc.freeze()  # to look through all pages for garbage takes two seconds
    sys.exit(status)
