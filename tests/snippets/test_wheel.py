"""The wheel is for readers: it holds the snippets and nothing else."""

import zipfile
from importlib.metadata import PathDistribution
from pathlib import Path

import pytest
from hatchling import build

import snippets

FOLDER = Path(snippets.__file__).parent


@pytest.fixture
def built(root, tmp_path, monkeypatch):
    """A function that has the project's backend build, without a network."""
    monkeypatch.chdir(root)
    return lambda make: zipfile.ZipFile(tmp_path / make(str(tmp_path)))


def test_the_wheel_holds_the_snippets_alone(built):
    with built(build.build_wheel) as wheel:
        names = wheel.namelist()
        [record] = [name for name in names if name.endswith("/RECORD")]
        metadata = zipfile.Path(wheel, record).parent
        found = [ep.module for ep in PathDistribution(metadata).entry_points]
    held = {name for name in names if ".dist-info/" not in name}
    own = {f"snippets/{path.name}" for path in FOLDER.glob("*.py")}
    assert held == own | {"snippets/py.typed"}
    # No entry point leads to what the wheel does not hold.
    assert {f"{m.replace('.', '/')}.py" for m in found} <= held


def test_an_editable_installation_finds_the_machinery_too(built, root):
    with built(build.build_editable) as wheel:
        [path] = [name for name in wheel.namelist() if name.endswith(".pth")]
        folders = wheel.read(path).decode().split()
    assert folders == [str(root / "src")]
