"""The commands behind the nox sessions: ``python -m bookbuild <command>``."""

import importlib
import os
import subprocess
import sys

COMMANDS = {
    "html": "html",
    "epub": "epub",
    "live": "live",
    "doctest": "checks",
    "linkcheck": "checks",
    "record": "checks",
}
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
    module = importlib.import_module(f"bookbuild.commands.{COMMANDS[name]}")
    return getattr(module, name)(arguments)


def _again(environment: dict[str, str]) -> int:
    """Run this very command in another environment."""
    command = [sys.executable, *sys.orig_argv[1:]]
    if sys.platform != "win32":  # where it would start a second process
        os.execve(command[0], command, environment)  # noqa: S606 (no shell)
    return subprocess.run(  # noqa: S603 (this command itself)
        command, env=environment, check=False
    ).returncode


if __name__ == "__main__":
    sys.exit(main())
