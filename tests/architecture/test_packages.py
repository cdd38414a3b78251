"""What the wheel holds: exactly the folders that hold Python, under one top level.

    [tool.setuptools]  packages = ["lfine", "lfine.schemas", …]    package-dir = {"lfine.schemas" = "schemas", …}

*Not here:* whether the installed code works; the whole suite runs on the installed package.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

HOUSE = ("lfine", "schemas", "evaluation", "finetune", "task_configs")


def on_disk(root: Path) -> dict[str, str]:
    """Return package name → folder, for every folder of the house that holds Python files."""
    folders = {path.parent.relative_to(root) for top in HOUSE for path in (root / top).rglob("*.py")}
    return {
        ".".join(folder.parts if folder.parts[0] == "lfine" else ("lfine", *folder.parts)): folder.as_posix()
        for folder in folders
    }


def test_the_package_list_equals_the_disk(root: Path) -> None:
    setuptools = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]
    assert sorted(setuptools["packages"]) == sorted(on_disk(root))
    assert setuptools["package-dir"] == on_disk(root)


def test_every_package_has_its_own_file(root: Path) -> None:
    missing = [folder for folder in on_disk(root).values() if not (root / folder / "__init__.py").exists()]
    assert missing == [], "a folder without __init__.py is no package to mypy and to setuptools"


def test_a_new_folder_is_noticed(root: Path, tmp_path: Path) -> None:
    (tmp_path / "finetune/new").mkdir(parents=True)
    (tmp_path / "finetune/new/thing.py").write_text("", encoding="utf-8")
    assert on_disk(tmp_path) == {"lfine.finetune.new": "finetune/new"}
    assert "lfine.finetune.new" not in on_disk(root)


@pytest.fixture(scope="module")
def wheel(root: Path, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Build the wheel from a copy, so that no build/ is left in the tree, and return the names of its files."""
    copy = tmp_path_factory.mktemp("wheel")
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(root / name, copy)
    for name in HOUSE:
        shutil.copytree(root / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
    command = [sys.executable, "-m", "pip", "wheel", ".", "--no-deps", "--no-build-isolation", "-q", "-w", "dist"]
    done = subprocess.run(command, cwd=copy, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    (built,) = (copy / "dist").glob("*.whl")
    with zipfile.ZipFile(built) as archive:
        return archive.namelist()


def test_the_wheel_has_one_top_level(wheel: list[str]) -> None:
    tops = {name.split("/")[0] for name in wheel}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"lfine"}
    assert len(tops) == 2


def test_the_wheel_holds_every_file_of_the_house(root: Path, wheel: list[str]) -> None:
    """Modules, and the data beside them: task files, schemas, catalogues, the report's template."""
    expected = {
        f"{package.replace('.', '/')}/{path.name}"
        for package, folder in on_disk(root).items()
        for path in (root / folder).iterdir()
        if path.is_file() and path.suffix != ".pyc" and not path.name.startswith(".")
    }
    assert expected - set(wheel) == set(), "a suffix is missing in [tool.setuptools.package-data]"
    assert any(name.endswith(".dist-info/licenses/LICENSE") for name in wheel)
