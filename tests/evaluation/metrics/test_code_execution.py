"""Code execution: how a program is put together, pass@k, and HumanEval's own solutions."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import pytest

from lfine.evaluation.cage.programs import OPEN, Limits, Program, Ran, best_cage, find_hole, run_programs
from lfine.evaluation.judging import Judging
from lfine.evaluation.metrics import code_execution as room
from lfine.evaluation.metrics.code_execution import body_indentation, code_execution, pass_at_k, program_of, ready
from lfine.evaluation.metrics.registry import Answered, PerExample, plain, value_names
from lfine.evaluation.records import Prediction
from lfine.schemas.errors import TaskError

DATA = Path(__file__).parents[4] / "shared" / "data"
CHOICE = plain("code_execution")
PROMPT = 'from typing import List\n\n\ndef total(xs: List[int]) -> int:\n    """Add them up."""\n'
ROW = {
    "prompt": PROMPT,
    "test": "def check(f):\n    assert f([]) == 0\n    assert f([1, 2]) == 3\n",
    "entry_point": "total",
}


@pytest.fixture(autouse=True)
def _any_cage(monkeypatch: pytest.MonkeyPatch) -> None:
    """Programs of these tests are our own: they run where there is no cage too."""
    hole = find_hole(best_cage())
    monkeypatch.setattr(room, "find_cage", lambda **_: OPEN if hole else best_cage())


def judged(
    answers: Sequence[Sequence[str | None]], row: Mapping[str, object] | None = None, **asked: object
) -> PerExample:
    rows = tuple(Prediction(n, "", each[0]) for n, each in enumerate(answers))
    result = code_execution.compute(
        Answered(
            tuple("" for _ in rows),
            tuple(each[0] for each in answers),
            (),
            replace(CHOICE, **asked),  # type: ignore[arg-type]
            given=rows,
            samples=tuple(map(tuple, answers)) if any(len(each) > 1 for each in answers) else (),
            judging=Judging(lambda _: ROW if row is None else row, Path()),
        )
    )
    assert isinstance(result, PerExample)
    return result


RIGHT = {
    "as written": "    return sum(xs)\n",
    "stripped": "return sum(xs)",
    "two lines, stripped": "n = 0\n    return n + sum(xs)",
    "a loop, stripped": "n = 0\n    for x in xs:\n        n += x\n    return n",
    "an import in the body": "import math\n    return int(math.fsum(xs))",
    "the function anew": "def total(xs):\n    return sum(xs)",
    "a whole program": "import functools\n\ndef total(xs):\n    return functools.reduce(lambda a, b: a + b, xs, 0)",
    "with helpers behind": "return plus(xs)\n\ndef plus(xs):\n    return sum(xs)",
    "with a main program": "return sum(xs)\n\nif __name__ == '__main__':\n    raise SystemExit(1)",
}
WRONG = {
    "wrong": ("return 0", r"AssertionError in: assert f([1, 2]) == 3"),
    "no Python": ("return sum(xs", "SyntaxError"),
    "another name": ("pass\n\ndef other(xs):\n    return sum(xs)", "AssertionError"),
    "a sentence": ("I would add them up.", "SyntaxError"),
    "leaves": ("import os\n    os._exit(0)", "it ended before the tests were through"),
}


def test_answers_are_read_as_bodies_or_programs() -> None:
    result = judged([[answer] for answer in RIGHT.values()])
    assert dict(zip(RIGHT, result.reasons, strict=True)) == dict.fromkeys(RIGHT)
    assert result.scores == {"pass@1": (1.0,) * len(RIGHT)}


def test_wrong_answers_have_their_reason() -> None:
    result = judged([*([answer] for answer, _ in WRONG.values()), [None]])
    assert result.scores == {"pass@1": (0.0,) * (len(WRONG) + 1)}
    for reason, (_, expected) in zip(result.reasons, WRONG.values(), strict=False):
        assert (reason or "").startswith(expected)
    assert result.reasons[-1] is None


def test_tests_may_be_a_list_of_statements_without_prompt_or_check() -> None:
    row = {"cases": ["assert f(1) == 2", "assert f(2) == 3"]}
    result = judged([["def f(x):\n    return x + 1"], ["def f(x):\n    return 2"]], row, test="cases")
    assert result.scores == {"pass@1": (1.0, 0.0)}


@pytest.mark.parametrize("prompt", ["def f(x):", "def f(x):\n", "import math\n\ndef f(x):\n"])
def test_a_whole_program_may_follow_a_function_without_a_body(prompt: str) -> None:
    row = {"prompt": prompt, "test": "assert f(1) == 2"}
    answers = [["def f(x):\n    return x + 1"], ["def f(x):\n    return x"], ["def g(x):\n    return x + 1"]]
    assert judged(answers, row).scores == {"pass@1": (1.0, 0.0, 0.0)}


@pytest.mark.parametrize(
    ("prompt", "answer", "first"),
    [
        ("", "x = 1", "x = 1"),
        ("def f():\n", "return 1", "def f():\n    return 1"),
        ("def f():", "return 1", "def f():\n    return 1"),
        (
            "class A:\n    def f(self):\n        '''.'''\n",
            "return 1",
            "class A:\n    def f(self):\n        '''.'''\n        return 1",
        ),
        ("def f():\n\t'.'\n", "return 1", "def f():\n\t'.'\n\treturn 1"),
        ("def f():\n    '.'\n", "def f():\n    return 1", "def f():\n    '.'\ndef f():\n    return 1"),
    ],
)
def test_the_first_form_of_a_program(prompt: str, answer: str, first: str) -> None:
    assert program_of({"prompt": prompt, "test": "T"}, answer, CHOICE).texts[0] == f"{first}\n\nT\n"


def test_indentation_is_that_of_the_last_line() -> None:
    assert [body_indentation(text) for text in ("", "\n\n", "x\n", "if x:\n", "  if x:\n\n", "\tx")] == [
        "",
        "",
        "",
        "    ",
        "      ",
        "\t",
    ]


def counted_pass_at_k(n: int, c: int, k: int) -> float:
    """The share of all choices of k answers among which one passes."""
    chosen = list(combinations(range(n), k))
    return sum(any(each < c for each in some) for some in chosen) / len(chosen)


@pytest.mark.parametrize("n", range(1, 8))
def test_pass_at_k_is_the_share_of_choices_that_pass(n: int) -> None:
    for c in range(n + 1):
        for k in range(1, n + 1):
            assert pass_at_k(n, c, k) == pytest.approx(counted_pass_at_k(n, c, k), abs=1e-12)
    assert pass_at_k(n, n, n) == 1.0
    assert pass_at_k(n, 0, n) == 0.0


def test_several_answers_to_a_row(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "run_programs", _by_word)
    answers: list[list[str | None]] = [["right", "wrong", "wrong", None], ["right"] * 4, ["wrong"] * 4]
    result = judged(answers, k=(1, 2))
    assert result.scores == {"pass@1": (0.25, 1.0, 0.0), "pass@2": (0.5, 1.0, 0.0)}
    assert result.reasons == ("no", None, "no")


def _by_word(programs: Sequence[Program], *, cage: object, limits: object) -> list[Ran]:
    del cage, limits
    return [Ran("right" in each.texts[0], None if "right" in each.texts[0] else "no") for each in programs]


def test_too_few_answers_for_k_are_refused() -> None:
    with pytest.raises(TaskError) as caught:
        judged([["return 1", "return 2"], ["return 1"]], k=(1, 2))
    (problem,) = caught.value.problems
    assert (problem.code, "row 1" in problem.message) == ("LF319", True)


def test_values_are_named_after_k() -> None:
    assert value_names(CHOICE) == ("pass@1",)
    assert value_names(replace(CHOICE, k=(10, 1))) == ("pass@10", "pass@1")


def test_the_limits_are_those_of_the_task(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Limits] = []

    def run(programs: Sequence[Program], *, cage: object, limits: Limits) -> list[Ran]:
        asked.append(limits)
        return _by_word(programs, cage=cage, limits=limits)

    monkeypatch.setattr(room, "run_programs", run)
    judged([["right"]], seconds=3.0)
    judged([["right"]])
    assert [each.cpu_seconds for each in asked] == [3, 5]
    assert asked[0].seconds > 3 * 3


def test_a_cage_with_a_hole_is_said_before(monkeypatch: pytest.MonkeyPatch) -> None:
    from lfine.evaluation.cage.programs import no_cage
    from lfine.schemas.errors import MachineError

    def find(*, unsafe: bool) -> object:
        if unsafe:
            return OPEN
        raise MachineError(no_cage("a hole"))

    monkeypatch.setattr(room, "find_cage", find)
    (problem,) = ready(CHOICE, Judging(lambda _: {}, Path()))
    assert problem.code == "LF440"
    assert ready(CHOICE, Judging(lambda _: {}, Path(), unsafe=True)) == []


@pytest.mark.shared
def test_solutions_of_humaneval_pass_and_those_of_others_do_not() -> None:
    """All of them, white space stripped as that of answers is; and each with the next problem's solution."""
    path = DATA / "humaneval.parquet"
    if not path.exists():
        pytest.skip(f"{path} is not there")
    from pyarrow.parquet import read_table

    rows = read_table(path).to_pylist()
    assert len(rows) == 164
    right = [program_of(row, row["canonical_solution"].strip(), CHOICE) for row in rows]
    some = random.Random(1).sample(range(len(rows) - 1), 12)
    wrong = [program_of(rows[n], rows[n + 1]["canonical_solution"].strip(), CHOICE) for n in some]
    cage = OPEN if find_hole(best_cage()) else best_cage()
    ran = run_programs([*right, *wrong], cage=cage, limits=Limits(cpu_seconds=30, seconds=300))
    failing = {row["task_id"]: each.reason for row, each in zip(rows, ran, strict=False) if not each.passed}
    assert failing == {}
    assert sum(each.passed for each in ran[len(rows) :]) <= 1
