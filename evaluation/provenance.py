"""What made a score, collected from this machine: versions, git state, time, command, data.

    provenance("lfine evaluate claims.yaml", {"claims.csv": "9f86d0…"})
        →  Provenance("0.1.0", "3.11.9", {"numpy": "2.4.6", …}, git_commit="9f19465…", git_dirty=False, …)

*Not here:* hashing data files (lfine.finetune.data) and plans (lfine.finetune.compile).
"""

from __future__ import annotations

import platform
import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version

from lfine.evaluation.records import Provenance

PACKAGES = (
    "accelerate",
    "bitsandbytes",
    "datasets",
    "httpx",
    "nltk",
    "numpy",
    "openai",
    "peft",
    "pyarrow",
    "rouge-score",
    "sacrebleu",
    "safetensors",
    "scikit-learn",
    "scipy",
    "sqlglot",
    "tokenizers",
    "torch",
    "transformers",
)
"""Libraries whose change could change a score; those that are not installed are left out."""

GIT_SECONDS = 5
"""`git status` in a very large folder is given up after this; the state is then unknown, not clean."""


def provenance(command: str, data: Mapping[str, str]) -> Provenance:
    """Collect what made a score; `data` holds the sha256 of each data file by its name."""
    found = {name: _version(name) for name in PACKAGES}
    commit = _git("rev-parse", "HEAD")
    changes = None if commit is None else _git("status", "--porcelain")
    return Provenance(
        lfine_version=_version("lfine") or "unknown",
        python_version=platform.python_version(),
        packages={name: number for name, number in found.items() if number is not None},
        git_commit=commit,
        git_dirty=None if changes is None else bool(changes),
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        command=command,
        data=dict(data),
    )


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _git(*arguments: str) -> str | None:
    """Return what git prints about the working folder; None without git, outside a repository or after a timeout."""
    try:
        done = subprocess.run(  # noqa: S603 - a fixed command; its arguments are the literals above
            ["git", *arguments],  # noqa: S607 - the user's own git, wherever it is
            capture_output=True,
            text=True,
            encoding="utf-8",
            errors="replace",
            timeout=GIT_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None
