"""The table of docs/how-to/start-from-data.md is what the guesser says, and its last column can say no."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from benchmarks.init_accuracy import HEAD, Truth, choice, is_right, line, truths
from lfine.starting.starting import Asked, start
from lfine.starting.writing import written
from lfine.validating import check_file

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "how-to" / "start-from-data.md"
NEEDED = 25
"""Of thirty, how many guesses must be right."""


def folder() -> Path:
    """Return the folder of the real data sets, or skip."""
    found = Path(os.environ.get("LFINE_DATA") or ROOT.parent / "shared" / "data")
    if not (found / "ag_news.parquet").is_file():
        pytest.skip(f"the real data sets are absent: {found}")
    pytest.importorskip("pyarrow")
    return found


def in_the_page() -> list[str]:
    text = PAGE.read_text(encoding="utf-8")
    start_at = text.index(HEAD)
    return text[start_at : text.index("\n\n", start_at)].split("\n")


def test_thirty_sets_have_a_truth() -> None:
    found = truths()
    assert len({truth.data for truth in found}) == 30
    assert all(truth.output and truth.metrics for truth in found)


def test_the_page_shows_each_of_them_and_most_are_right() -> None:
    lines = in_the_page()[2:]
    assert [each.split(" | ")[0].strip("| ") for each in lines] == [truth.data for truth in truths()]
    assert sum(each.endswith("| yes |") for each in lines) >= NEEDED


@pytest.mark.shared
@pytest.mark.parametrize("truth", truths(), ids=lambda truth: truth.data)
def test_a_set_is_guessed_as_the_page_says_and_its_task_validates(
    truth: Truth, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LFINE_DATA", str(folder()))
    out = tmp_path / f"{truth.data}.yaml"
    started = start(str(folder() / f"{truth.data}.parquet"), Asked(out=str(out)))
    assert line(truth, started) in in_the_page()
    out.write_text(written(started.draft, schema=None), encoding="utf-8")
    loaded, problems = check_file(out)
    assert loaded is not None
    assert problems == []


def test_a_wrong_guess_is_told(tmp_path: Path) -> None:
    data = tmp_path / "a.csv"
    data.write_text("text,label\n" + "".join(f"some words {n},{n % 2}\n" for n in range(100)), encoding="utf-8")
    started = start(str(data), Asked(out="-"))
    assert line(Truth("a", "label", ("accuracy",)), started) == "| a | `label` | sure | accuracy | sure | yes |"
    wrong = Truth("a", "text", ("rouge",))
    assert not is_right(wrong, choice(started, "output"), choice(started, "metric"))
    assert line(wrong, started).endswith("| no: `text`, rouge |")
