"""`lfine compare`: what may be named, the document, and the gate."""

from __future__ import annotations

from pathlib import Path

import pytest

from lfine.evaluation.files import write_predictions
from tests.lfine.projects import Project, lfine, refused


@pytest.fixture
def two(trained: Project) -> tuple[Path, Path]:
    """The evaluation folders of a model that is always wrong and of one that is always right."""
    evaluations = trained.runs / "topics" / "evaluations"
    for name, answers in (("wrong", ["none"] * 3), ("right", ["card", "transfer", "fee"])):
        lines = (f'{{"row_id": {n}, "prediction": "{answers[n % 3]}"}}\n' for n in range(48, 60))
        (trained.folder / f"{name}.jsonl").write_text("".join(lines), encoding="utf-8")
        assert lfine("evaluate", "topics.yaml", "--predictions", f"{name}.jsonl").code == 0
    return evaluations / "wrong", evaluations / "right"


def test_a_run_folder_means_its_tuned_model(finished: Project) -> None:
    run = finished.run_folders()[0]
    ended = lfine("compare", run, run / "evaluations" / "majority")
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.startswith("tuned against majority on the same 12 rows of test\n")


def test_the_document_and_its_direction(two: tuple[Path, Path]) -> None:
    document = lfine("compare", *two, "--format", "json").json()
    assert (document["first"], document["second"], document["n"]) == ("wrong", "right", 12)
    assert document["differences"][0]["difference"] == -1.0
    assert (document["differences"][0]["wins"], document["differences"][0]["losses"]) == (0, 12)


def test_several_against_the_first(two: tuple[Path, Path]) -> None:
    wrong, right = two
    document = lfine("compare", wrong, right, wrong / "scores.json", "--format", "json").json()
    assert [each["second"] for each in document["comparisons"]] == ["right", "wrong"]


@pytest.mark.parametrize("margin", ["0", "0.05"])
def test_the_gate_is_about_the_second_being_worse(two: tuple[Path, Path], margin: str) -> None:
    wrong, right = two
    ended = lfine("compare", right, wrong, "--fail-if-worse", margin)
    assert (ended.code, ended.out.startswith("right against wrong")) == (1, True)
    assert ended.err.startswith("wrong is worse than right by 100.0 points of accuracy, more than ")
    assert ended.err.endswith(" at 95%\n")
    assert lfine("compare", wrong, right, "--fail-if-worse", margin).code == 0
    assert lfine("compare", wrong, wrong, "--fail-if-worse", margin).code == 0
    assert lfine("compare", right, wrong).code == 0


def test_the_gate_in_the_document(two: tuple[Path, Path]) -> None:
    wrong, right = two
    ended = lfine("compare", right, wrong, wrong, right, "--fail-if-worse", "0.01", "--format", "json")
    document = ended.json()
    assert (ended.code, len(ended.err.splitlines())) == (1, 2)
    assert document["gate"] == {"metric": "accuracy", "margin": 0.01, "met": False, "worse": ["wrong", "wrong"]}
    assert [each["differences"][0]["verdict"] for each in document["comparisons"]] == [
        "better",
        "better",
        "no difference shown",
    ]
    met = lfine("compare", wrong, right, "--fail-if-worse", "0.01", "--format", "json")
    assert (met.code, met.err, met.json()["gate"]["met"]) == (0, "", True)
    assert "gate" not in lfine("compare", wrong, right, "--format", "json").json()


@pytest.mark.parametrize("margin", ["nan", "inf", "-0.01", "1%", ""])
def test_a_margin_that_would_let_everything_pass_is_refused(two: tuple[Path, Path], margin: str) -> None:
    ended = lfine("compare", *two, f"--fail-if-worse={margin}")
    assert (ended.code, ended.out) == (2, "")
    assert f"must be a number of 0 or more, got {margin!r}" in ended.err


def test_markdown_for_a_pull_request(two: tuple[Path, Path]) -> None:
    wrong, right = two
    ended = lfine("compare", right, wrong, "--format", "markdown", "--fail-if-worse", "0.01")
    assert ended.code == 1
    assert ended.out.startswith("**right against wrong on the same 12 rows of test**\n\n| metric | right | wrong |")
    assert "| `accuracy` | 100.0 | 0.0 | +100.0 | " in ended.out


def test_nothing_to_compare(trained: Project) -> None:
    for named in (trained.folder, trained.folder / "foo"):
        ended = refused("compare", named, trained.run_folders()[0])
        assert (ended.code, ended.problem()["code"]) == (1, "LF501")
        assert str(named) in ended.problem()["message"]


def test_scores_of_other_rows(trained: Project) -> None:
    assert lfine("evaluate", "topics.yaml", "--base", "--limit", "5").code == 0
    run = trained.run_folders()[0]
    ended = refused("compare", run, run / "evaluations" / "base")
    assert (ended.code, ended.problem()["code"]) == (5, "LF502")


def test_damaged_scores(trained: Project) -> None:
    run = trained.run_folders()[0]
    write_predictions(run / "evaluations" / "tuned" / "scores.json", [])
    ended = refused("compare", run, run)
    assert (ended.code, ended.problem()["code"]) == (5, "LF505")
