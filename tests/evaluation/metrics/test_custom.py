"""Custom metrics: what a function may give, and every way in which it fails, with the row and the file's line."""

from __future__ import annotations

import hashlib
import json
import sys
import types
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lfine.evaluation import plugins
from lfine.evaluation.custom_child import load
from lfine.evaluation.custom_child import plain as plain_score
from lfine.evaluation.judging import Judging
from lfine.evaluation.metrics import custom as room
from lfine.evaluation.metrics.custom import custom, from_plugin, ready
from lfine.evaluation.metrics.registry import Answered, PerExample, find, gives, plain, value_names
from lfine.evaluation.plugins import Plugin
from lfine.evaluation.records import Prediction
from lfine.schemas.errors import RunError
from lfine.schemas.problems import Problem
from tests.evaluation.metrics.asking import outcome, parity

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


OVERLAP = """
def score(prediction, gold, row):
    if row["said"] == "nothing":
        return None
    share = len(set(prediction) & set(gold)) / max(1, len(set(prediction) | set(gold)))
    if row["said"] == "parts":
        return {"share": share, "é": None if prediction == "" else prediction == gold}
    return share if row["said"] == "share" else prediction == gold
"""
FUNCTION: dict[str, Any] = {}
exec(OVERLAP, FUNCTION)  # noqa: S102 - the text above


class ChildHere:
    """What the process answers, without one: 500 of them, of 60 ms, would take half a minute."""

    def __init__(self, command: object, **options: object) -> None:
        del command, options
        self.function: Any = None

    def ask(self, record: dict[str, Any], *, seconds: float) -> dict[str, Any]:
        del seconds
        asked = json.loads(json.dumps(record))
        if self.function is None:
            self.function, source = load(asked)
            return {"source": source}
        found: dict[str, Any] = {"score": plain_score(self.function(asked["prediction"], asked["gold"], asked["row"]))}
        return dict(json.loads(json.dumps(found)))

    def close(self) -> None:
        """End nothing."""


@pytest.fixture(scope="module")
def overlap(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("overlap")
    (folder / "my_metrics.py").write_text(OVERLAP)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "path", [*sys.path])
        patch.setitem(sys.modules, "lfine_custom_metric", types.ModuleType("lfine_custom_metric"))
        patch.setattr(room, "Child", ChildHere)
        yield folder


TEXTS = st.text('ab é\n"\u2028', max_size=3)
CASES = st.tuples(
    st.sampled_from(("share", "same", "parts")),
    st.lists(st.tuples(TEXTS, TEXTS, st.sampled_from(("", "", "gold", "missing", "nothing"))), min_size=1, max_size=3),
)


@parity("custom")
@given(CASES)
def test_scores_are_those_of_the_function_called_here(
    overlap: Path, case: tuple[str, list[tuple[str, str, str]]]
) -> None:
    said, drawn = case
    rows = [
        (
            gold,
            None if kind == "missing" else gold if kind == "gold" else text,
            "nothing" if kind == "nothing" else said,
        )
        for gold, text, kind in drawn
    ]
    called = [0.0 if answer is None else FUNCTION["score"](answer, gold, {"said": how}) for gold, answer, how in rows]
    names = list(next((each for each in called if isinstance(each, dict)), {"": 0}))
    expected, without = {}, {}
    for name in names:
        of_name = [each.get(name) if isinstance(each, dict) else each for each in called]
        value = f"custom_score.{name}" if name else "custom_score"
        expected[value] = tuple(float(each or 0) for each in of_name)
        without[value] = {place for place, each in enumerate(of_name) if each is None}
    result = outcome(
        custom,
        Answered(
            tuple(gold for gold, _, _ in rows),
            tuple(answer for _, answer, _ in rows),
            (),
            CHOICE,
            given=tuple(Prediction(place, gold, answer) for place, (gold, answer, _) in enumerate(rows)),
            judging=Judging(lambda place: {"said": rows[place][2]}, overlap, allow_code=True),
        ),
    )
    assert isinstance(result, PerExample)
    assert result.scores == expected
    assert result.left_out == without
