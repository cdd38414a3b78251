"""Which scores a path means, several against one, and the gate."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from lfine.comparing import Gate, compare_places, judge, scores_at
from lfine.evaluation.files import read_scores, write_scores
from lfine.evaluation.metrics.registry import plain
from lfine.schemas.errors import RunError, TaskError
from tests.lfine.projects import Project, lfine


def test_a_run_an_evaluation_and_a_file_mean_the_same(finished: Project) -> None:
    run = finished.run_folders()[0]
    tuned = run / "evaluations" / "tuned"
    assert scores_at(run) == scores_at(tuned) == scores_at(tuned / "scores.json")
    (found,) = compare_places([run, tuned])
    assert found.main.difference == 0.0


def test_no_scores_there(tmp_path: Path) -> None:
    for place, message in ((tmp_path, ""), (tmp_path / "a", ": there is no such file or folder")):
        with pytest.raises(TaskError) as caught:
            scores_at(place)
        (problem,) = caught.value.problems
        assert (problem.code, problem.message) == ("LF501", f"no scores in {place}{message}")


def answers(project: Project, **right: int) -> list[Path]:
    """Score files of answers, each with so many right of 12; return their evaluation folders."""
    golds = ["card", "transfer", "fee"]
    for name, count in right.items():
        said = [golds[place % 3] if place < count else "none" for place in range(12)]
        lines = (f'{{"row_id": {48 + place}, "prediction": "{answer}"}}\n' for place, answer in enumerate(said))
        (project.folder / f"{name}.jsonl").write_text("".join(lines), encoding="utf-8")
        assert lfine("evaluate", "topics.yaml", "--predictions", f"{name}.jsonl").code == 0
    return [project.runs / "topics" / "evaluations" / name for name in right]


def test_several_are_judged_together(trained: Project) -> None:
    first, second, third = compare_places(answers(trained, best=12, good=6, poor=0, fair=3))
    assert first.main.p_value == pytest.approx(0.03, abs=0.01)
    assert first.holm_p == first.main.p_value  # the largest of three
    assert second.holm_p is not None
    assert third.holm_p is not None
    assert second.main.p_value < third.main.p_value < third.holm_p
    assert [each.main.verdict for each in (first, second, third)] == ["better"] * 3


def test_the_gate_counts_points_not_chance(trained: Project) -> None:
    comparisons = compare_places(answers(trained, before=12, after=11))
    gate = judge(comparisons, margin=0.05)
    assert gate.record() == {"metric": "accuracy", "margin": 0.05, "met": False, "worse": ["after"]}
    assert gate.reasons[0].startswith(
        "after is worse than before by 8.3 points of accuracy, more than 5.0 points (--fail-if-worse 0.05);"
        " before minus after: -16.8 to +31.1 at 95%; chance alone could do that"
    )
    assert gate.reasons[0].endswith(" (p = 1.0000)")
    assert judge(comparisons, margin=0.09).met
    assert judge(comparisons, margin=1 / 12).met  # a gap as large as the margin is not more


def test_a_gap_as_large_as_the_margin_is_not_more_though_floats_say_so(trained: Project) -> None:
    (found,) = compare_places(answers(trained, before=12, after=12))
    assert 0.91 - 0.90 > 0.01
    assert judge([replace(found, differences=(replace(found.main, difference=0.91 - 0.90),))], margin=0.01).met
    assert not judge([replace(found, differences=(replace(found.main, difference=0.0101),))], margin=0.01).met


def test_where_less_is_better_a_higher_value_is_worse(trained: Project) -> None:
    (found,) = compare_places(answers(trained, before=12, after=12))

    def of(difference: float) -> Gate:
        gap = replace(found.main, difference=difference, higher_is_better=False, share=False, metric="perplexity")
        return judge([replace(found, differences=(gap,), headline="perplexity")], margin=0.3)

    assert of(+0.5).met
    assert of(-0.2).met
    (reason,) = of(-0.5).reasons
    assert reason.startswith("after is worse than before by 0.50 of perplexity, more than 0.30 (--fail-if-worse 0.3);")


def test_a_gate_is_about_the_headline_or_about_nothing(trained: Project) -> None:
    before, after = answers(trained, before=12, after=11)
    path = before / "scores.json"
    scores = read_scores(path)
    asked = (*scores.settings.metrics, plain("f1"))
    write_scores(path, replace(scores, headline="f1", settings=replace(scores.settings, metrics=asked)))
    assert compare_places([before, after])[0].headline == "accuracy"
    with pytest.raises(RunError) as caught:
        compare_places([before, after], headline=True)
    (problem,) = caught.value.problems
    assert (problem.code, problem.message) == (
        "LF560",
        "before and after cannot be compared in f1, only in accuracy",
    )


def test_two_models_of_one_name_are_told_apart_by_task_or_run(finished: Project, tmp_path: Path) -> None:
    tuned = finished.run_folders()[0] / "evaluations" / "tuned"
    scores = read_scores(tuned / "scores.json")
    again, other = (tmp_path / name / "evaluations" / "tuned" for name in ("20990101T000000Z", "20990102T000000Z"))
    for folder, task in ((again, scores.task), (other, "rows_300")):
        folder.mkdir(parents=True)
        write_scores(folder / "scores.json", replace(scores, task=task))
    (run,) = compare_places([tuned, again])
    assert (run.first, run.second) == (f"{finished.run_folders()[0].name}/tuned", "20990101T000000Z/tuned")
    (across,) = compare_places([tuned, other])
    assert (across.first, across.second) == ("topics/tuned", "rows_300/tuned")
    (itself,) = compare_places([tuned, tuned])
    assert (itself.first, itself.second) == ("tuned", "tuned")
