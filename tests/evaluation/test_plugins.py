"""Entry points of installed packages: found by name, twice is refused, and none is imported to find it."""

from __future__ import annotations

from pathlib import Path

import pytest

from lfine.evaluation.judging import Judging
from lfine.evaluation.metrics.checking import check_metrics, check_ready
from lfine.evaluation.metrics.registry import is_known, plain
from lfine.evaluation.plugins import Plugin, ambiguous, find, installed, names


def install(folder: Path, package: str, entry_points: str) -> None:
    info = folder / f"{package}-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[lfine.metrics]\n{entry_points}\n")


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.syspath_prepend(str(tmp_path))
    return tmp_path


def test_packages_declare_metrics(site: Path) -> None:
    before = installed()
    install(site, "polite", "courtesy = not_there.metrics:courtesy\nother = not_there:other")
    assert set(installed()) - set(before) == {
        Plugin("courtesy", "not_there.metrics:courtesy", "polite 1.0"),
        Plugin("other", "not_there:other", "polite 1.0"),
    }
    assert find("courtesy") == Plugin("courtesy", "not_there.metrics:courtesy", "polite 1.0")
    assert find("nobody") is None
    assert {"courtesy", "other"} <= set(names())
    assert is_known("courtesy")
    assert check_metrics([plain("courtesy")], "category") == []
    (problem,) = check_metrics([plain("courtesi")], "category")
    assert "did you mean 'courtesy'?" in problem.message


def test_one_name_in_two_packages_is_ambiguous(site: Path) -> None:
    install(site, "polite", "courtesy = a:a")
    assert ambiguous("courtesy", ()) == []
    install(site, "rude", "courtesy = b:b")
    (problem,) = ambiguous("courtesy", ())
    assert (problem.code, "polite 1.0 and by rude 1.0" in problem.message) == ("LF441", True)


def test_a_package_that_takes_a_name_of_lfine_is_refused(site: Path) -> None:
    judging = Judging(lambda _: {}, site)
    assert check_ready([plain("accuracy")], judging) == []
    install(site, "rude", "accuracy = b:b")
    (problem,) = check_ready([plain("accuracy")], judging)
    assert (problem.code, "lfine itself and by rude 1.0" in problem.message) == ("LF441", True)
