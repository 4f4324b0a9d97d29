"""The browser that the tests use: installed, Playwright's, or none."""

from types import SimpleNamespace

import pytest
from playwright.sync_api import Error

from tools import browser as web


def _driver(launch):
    return SimpleNamespace(chromium=SimpleNamespace(launch=launch))


def test_who_has_no_chromium_is_told_what_to_install():
    def launch(**_options):
        raise Error("Executable doesn't exist")

    remedy = "install the package 'chromium', or run 'playwright install"
    with (
        pytest.raises(RuntimeError, match=remedy),
        web.browser(_driver(launch)),
    ):
        pytest.fail("there is none")


@pytest.mark.parametrize(
    ("installed", "expected"),
    [
        ([], None),  # then it is Playwright's own
        (["chromium"], "chromium"),
        (["chromium", web.SHELL], web.SHELL),
    ],
)
def test_the_chromium_that_is_installed_goes_before(
    monkeypatch, installed, expected
):
    monkeypatch.setattr(
        web.shutil, "which", lambda name: name if name in installed else None
    )
    launched = []

    class Started:
        def __init__(self, **options):
            launched.append(options["executable_path"])

        def __enter__(self):
            return self

        def __exit__(self, *_error):
            pass

    with web.browser(_driver(Started)):
        assert launched == [expected]
    # What measures a page takes the whole browser.
    assert web.chromium() in {None, "chromium"}
