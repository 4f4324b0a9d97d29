"""The browser of the tests: installed, provided, or a word on what to do."""

from types import SimpleNamespace

import pytest
from playwright.sync_api import Error

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


@pytest.mark.parametrize(
    ("installed", "expected"),
    [
        ([], None),  # then it is Playwright's own
        (["chromium"], "chromium"),
        (["chromium", browser.INSTALLED[0]], browser.INSTALLED[0]),
    ],
)
def test_the_chromium_that_is_installed_goes_before(
    monkeypatch, installed, expected
):
    monkeypatch.setattr(
        browser.shutil, "which", lambda n: n if n in installed else None
    )
    launched = []

    def launch(**options):
        launched.append(options["executable_path"])
        raise Error("Executable doesn't exist")

    driver = SimpleNamespace(chromium=SimpleNamespace(launch=launch))
    remedy = "install your system's package 'chromium' or"
    with (
        pytest.raises(RuntimeError, match=remedy),
        browser.browser(driver),
    ):
        pytest.fail("there is none")
    assert launched == [expected]
