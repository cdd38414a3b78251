"""An lfine that requires what a test says, on a machine that has what a test says: nothing real is looked at.

pretend(requires=["jinja2>=3"], has={"jinja2": "3.1"})
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import PackageNotFoundError

import pytest

from lfine.doctor import libraries

REQUIRES = (
    "jinja2>=3.1.6",
    'pyarrow>=16; extra == "data"',
    'torch>=2.8; extra == "train"',
    'pyarrow>=16; extra == "train"',
    'torch==2.11.*; python_version >= "3" and extra == "ludwig"',
    'zebra>=1; python_version < "3" and extra == "old"',
    'lfine[data,train]; extra == "all"',
)
EXTRAS = ("data", "train", "ludwig", "old", "all")


class Metadata:
    """As much of a distribution's metadata as is asked for."""

    def __init__(self, extras: Sequence[str]) -> None:
        self.extras = extras

    def get_all(self, name: str) -> list[str]:
        assert name == "Provides-Extra"
        return list(self.extras)


@pytest.fixture
def pretend(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Return a switch that decides what is installed."""

    def use(has: Mapping[str, str], requires: Sequence[str] = REQUIRES, extras: Sequence[str] = EXTRAS) -> None:
        def version(name: str) -> str:
            if name not in has:
                raise PackageNotFoundError(name)
            return has[name]

        monkeypatch.setattr(libraries, "requires", lambda _: list(requires))
        monkeypatch.setattr(libraries, "metadata", lambda _: Metadata(extras))
        monkeypatch.setattr(libraries, "version", version)

    return use
