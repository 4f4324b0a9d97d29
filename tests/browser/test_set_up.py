"""The browser of the tests: installed, provided, or a word on what to do."""

import pytest

from tools import browser

DOWNLOAD, UPDATE, SHELL = "playwright install ", "apt-get update", "-shell"


@pytest.mark.parametrize(
    ("root", "apt", "works", "tried"),
    [
        (False, True, "", []),  # one is there
        (False, True, DOWNLOAD, [DOWNLOAD]),
        (True, True, SHELL + ",", [DOWNLOAD, UPDATE, SHELL]),
        (True, True, "none", [DOWNLOAD, UPDATE, SHELL, "-deps", " chromium"]),
        (False, True, "none", [DOWNLOAD]),  # may not install packages
        (True, False, "none", [DOWNLOAD]),  # has no apt-get
    ],
)
def test_ways_to_get_a_chromium(monkeypatch, root, apt, works, tried):
    said = []
    monkeypatch.setattr(browser, "_is_root", lambda: root)
    monkeypatch.setattr(browser.shutil, "which", lambda _name: apt)
    monkeypatch.setattr(browser, "_try", lambda c: said.append(" ".join(c)))
    monkeypatch.setattr(
        browser, "starts", lambda: works in "".join(f"{line}," for line in said)
    )
    if works == "none":
        with pytest.raises(SystemExit, match="install your system's package"):
            browser.provide()
    else:
        browser.provide()
    assert len(said) == len(tried)
    assert all(part in line for part, line in zip(tried, said, strict=True))
