"""Custom metrics: what a function may give, and every way in which it fails, with the row and the file's line."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from lfine.evaluation import plugins
from lfine.evaluation.judging import Judging
from lfine.evaluation.metrics.custom import custom, from_plugin, ready
from lfine.evaluation.metrics.registry import Answered, PerExample, find, gives, plain, value_names
from lfine.evaluation.plugins import Plugin
from lfine.evaluation.records import Prediction
from lfine.schemas.errors import RunError
from lfine.schemas.problems import Problem

CHOICE = replace(plain("custom"), function="my_metrics.py:score", seconds=20.0)
ROWS: dict[int, dict[str, object]] = {
    7: {"city": "Rome", "when": b"x"},
    8: {"city": "Oslo"},
    9: {"city": "Bern"},
}


def judged(folder: Path, body: str, answers: Sequence[str | None] = ("a", "b", "c"), **asked: object) -> PerExample:
    (folder / "my_metrics.py").write_text(body)
    rows = tuple(Prediction(n, "a", answer) for n, answer in zip((7, 8, 9), answers, strict=True))
    result = custom.compute(
        Answered(
            ("a",) * 3,
            tuple(answers),
            (),
            replace(CHOICE, **asked),  # type: ignore[arg-type]
            given=rows,
            judging=Judging(lambda row_id: ROWS[row_id], folder, allow_code=True),
        )
    )
    assert isinstance(result, PerExample)
    return result


def failure(folder: Path, body: str, *, seconds: float = 20.0) -> Problem:
    with pytest.raises(RunError) as caught:
        judged(folder, body, seconds=seconds)
    (problem,) = caught.value.problems
    assert problem.code == "LF530"
    return problem


def test_numbers_are_scores(tmp_path: Path) -> None:
    body = "def score(prediction, gold, row):\n    print('noise')\n    return prediction == gold\n"
    result = judged(tmp_path, body, ("a", None, "c"))
    assert result.scores == {"custom_score": (1.0, 0.0, 0.0)}
    assert result.left_out == {"custom_score": frozenset()}
    assert result.code == hashlib.sha256(body.encode()).hexdigest()


def test_the_row_is_given_and_modules_beside_are_found(tmp_path: Path) -> None:
    (tmp_path / "beside.py").write_text("SHARE = {'Rome': 1, 'Oslo': 0.5, 'Bern': 0.25}\n")
    body = "from beside import SHARE\n\ndef score(prediction, gold, row):\n    return SHARE[row['city']]\n"
    assert judged(tmp_path, body).scores == {"custom_score": (1.0, 0.5, 0.25)}


def test_a_mapping_gives_several_values(tmp_path: Path) -> None:
    body = "def score(p, g, row):\n    return {'same': p == g, 'short': None if p == 'b' else 0.5}\n"
    result = judged(tmp_path, body, ("a", "b", None))
    assert result.scores == {"custom_score.same": (1.0, 0.0, 0.0), "custom_score.short": (0.5, 0.0, 0.0)}
    assert result.left_out["custom_score.short"] == frozenset({1})


def test_none_leaves_the_row_out_of_all_values(tmp_path: Path) -> None:
    body = "def score(p, g, row):\n    return None if p == 'a' else {'one': 1, 'two': 0}\n"
    result = judged(tmp_path, body)
    assert result.scores == {"custom_score.one": (0.0, 1.0, 1.0), "custom_score.two": (0.0, 0.0, 0.0)}
    assert set(result.left_out.values()) == {frozenset({0})}
    result = judged(tmp_path, "def score(p, g, row):\n    return None if p == 'b' else 1\n")
    assert result.left_out == {"custom_score": frozenset({1})}


RETURNED = {
    "row['country']": "fails for row 7: KeyError: 'country' (my_metrics.py, line 2); so it does for 2 more (row 8, 9)",
    "float('nan')": "fails for row 7: the score is not a number",
    "1 if p != 'c' else 37.5": "fails for row 9: the score is 37.5, and must be from 0 to 1",
    "-0.5": "the score is -0.5",
    "float('inf')": "the score is inf",
    "'good'": "it must return a number, a mapping of names to numbers, or None, and returned 'good'",
    "{}": "and returned {}",
    "{'a': 'b'}": "and returned 'b'",
    "{p: 1}": "fails for row 8: it gives b, and gave a for the rows before",
    "1 if p == 'a' else {'x': 1}": "it gives x, and gave one number for the rows before",
    "exit(0)": "ended with exit code 0 for row 7",
    "1 if p == 'a' else os._exit(3)": "ended with exit code 3 for row 8",
}


@pytest.mark.parametrize("expression", RETURNED)
def test_a_function_that_fails_is_said_with_the_row(tmp_path: Path, expression: str) -> None:
    imported = "import os" if "os." in expression else ""
    problem = failure(tmp_path, f"def score(p, g, row):\n    return {expression}\n\n{imported}\n")
    assert problem.message.startswith("custom_score ")
    assert RETURNED[expression] in problem.message
    assert "the answers are kept" in problem.cure


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("def score(p, g):\n    return 1\n", "TypeError: score() takes 2 positional arguments but 3 were given"),
        ("import nowhere\nscore = len\n", "cannot be loaded: ModuleNotFoundError: No module named 'nowhere'"),
        ("score = 3\n", "cannot be loaded: TypeError: score is int, not a function"),
        ("raise ValueError('early')\n", "cannot be loaded: ValueError: early (my_metrics.py, line 1)"),
    ],
)
def test_a_file_that_cannot_be_used_is_said(tmp_path: Path, body: str, said: str) -> None:
    assert said in failure(tmp_path, body).message


def test_a_function_that_takes_too_long_is_stopped(tmp_path: Path) -> None:
    body = "import time\ndef score(p, g, row):\n    time.sleep(0 if p == 'a' else 600)\n    return 1\n"
    problem = failure(tmp_path, body, seconds=0.5)
    assert problem.message == "custom_score took more than 0.5 s for row 8"
    assert "`seconds`" in problem.cure


def test_nothing_runs_without_the_flag(tmp_path: Path) -> None:
    (tmp_path / "my_metrics.py").write_text("open('ran', 'w')\ndef score(p, g, row):\n    return 1\n")
    judging = Judging(lambda row_id: ROWS[row_id], tmp_path)
    (problem,) = ready(CHOICE, judging)
    assert (problem.code, "--allow-code" in problem.cure) == ("LF242", True)
    answered = Answered(("a",), ("a",), (), CHOICE, given=(Prediction(7, "a", "a"),), judging=judging)
    with pytest.raises(RunError):
        custom.compute(answered)
    assert not list(tmp_path.glob("ran"))
    assert not (Path.cwd() / "ran").exists()


@pytest.mark.parametrize(
    ("function", "said"),
    [
        ("my_metrics.score", "must be FILE.py:NAME"),
        ("my_metrics.py", "must be FILE.py:NAME"),
        ("my_metrics.py:", "must be FILE.py:NAME"),
        ("other.py:score", "there is no file 'other.py'"),
        ("my_metrics.py:scor", "has no function 'scor'"),
        ("broken.py:score", "broken.py cannot be read as Python"),
    ],
)
def test_what_is_no_function_is_said_before(tmp_path: Path, function: str, said: str) -> None:
    (tmp_path / "my_metrics.py").write_text("def score(p, g, row):\n    return 1\n")
    (tmp_path / "broken.py").write_text("def score(:\n")
    (problem,) = ready(replace(CHOICE, function=function), Judging(lambda _: {}, tmp_path, allow_code=True))
    assert problem.code == "LF353"
    assert said in problem.message


@pytest.mark.parametrize(
    "text",
    ["score = len\n", "from os import getcwd as score\n", "class score:\n    pass\n", "if True:\n    score = len\n"],
)
def test_functions_by_other_means_are_found(tmp_path: Path, text: str) -> None:
    (tmp_path / "my_metrics.py").write_text(text)
    assert ready(CHOICE, Judging(lambda _: {}, tmp_path, allow_code=True)) == []


def test_values_are_named_after_the_function() -> None:
    assert value_names(CHOICE) == ("custom_score",)
    assert gives(CHOICE, "custom_score.length")
    assert not gives(CHOICE, "custom_other")
    assert not gives(plain("accuracy"), "accuracy.length")


def test_a_metric_of_an_installed_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "courtesies.py").write_text("def courtesy(p, g, row):\n    return p in ('a', 'b')\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setattr(plugins, "installed", lambda: (Plugin("courtesy", "courtesies:courtesy", "polite 1.2"),))
    found = find("courtesy")
    assert (found.name, found.values, found.source) == ("courtesy", ("courtesy",), "courtesies:courtesy of polite 1.2")
    rows = tuple(Prediction(n, "a", answer) for n, answer in zip((7, 8, 9), "abc", strict=True))
    answered = Answered(
        ("a",) * 3,
        ("a", "b", "c"),
        (),
        plain("courtesy"),
        given=rows,
        judging=Judging(lambda row_id: ROWS[row_id], tmp_path),
    )
    result = found.compute(answered)
    assert isinstance(result, PerExample)
    assert result.scores == {"courtesy": (1.0, 1.0, 0.0)}
    assert result.code == hashlib.sha256((tmp_path / "courtesies.py").read_bytes()).hexdigest()


def test_a_metric_that_two_packages_declare_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    both = (Plugin("courtesy", "a:a", "one 1"), Plugin("courtesy", "b:b", "two 2"))
    monkeypatch.setattr(plugins, "installed", lambda: both)
    metric = from_plugin(both[0])
    assert metric.ready is not None
    (problem,) = metric.ready(plain("courtesy"), Judging(lambda _: {}, tmp_path))
    assert problem.code == "LF441"
    assert "one 1 and by two 2" in problem.message
