"""What the architecture tests look at: the repository's root and its Python files by module name.

*Not here:* any rule; each test file states its own.
"""

from __future__ import annotations

from pathlib import Path

import pytest

PACKAGES = ("lfine", "schemas", "evaluation", "finetune", "task_configs")


@pytest.fixture(scope="session")
def root() -> Path:
    return Path(__file__).parents[2]


@pytest.fixture(scope="session")
def source_files(root: Path) -> dict[str, Path]:
    """Map `lfine.schemas.task`, `lfine.schemas.__init__`, … to the files that `import lfine` can reach."""
    found: dict[str, Path] = {}
    for package in PACKAGES:
        for path in sorted((root / package).rglob("*.py")):
            parts = path.relative_to(root).with_suffix("").parts
            found[".".join(parts if package == "lfine" else ("lfine", *parts))] = path
    return found


@pytest.fixture(scope="session")
def test_files(root: Path) -> list[Path]:
    return sorted((root / "tests").rglob("*.py"))
