"""Code execution on generated programs whose verdict is known, and pass@k counted over all choices of k answers.

500 cases run their programs in this process: they are harmless, and a process for each, of 50 ms, would take a minute.
Twelve more cases run in the real ones, which shows that the short cut says what they say.
*Not here:* worked answers, limits and cages (test_code_execution.py, tests/evaluation/cage), HumanEval's solutions.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lfine.evaluation.cage.programs import OPEN, Program, Ran, best_cage, find_hole
from lfine.evaluation.judging import Judging
from lfine.evaluation.metrics import code_execution as room
from lfine.evaluation.metrics.code_execution import code_execution
from lfine.evaluation.metrics.registry import Answered, PerExample, plain
from lfine.evaluation.records import Prediction
from tests.evaluation.metrics.asking import outcome, parity, slow

TEST = "def check(f):\n    assert f([]) == 0\n    assert f([1, 2]) == 3\n    assert f([-1]) == -1"
SIGNATURE = "def total(xs):"
PROMPTS = (
    "",
    f"{SIGNATURE}\n",
    SIGNATURE,
    f'import math\n\n\n{SIGNATURE}\n    """Add them — all."""\n',
    f"{SIGNATURE}\n\t'.'\n",
)
RIGHT = (
    "return sum(xs)",
    "n = 0\nfor x in xs:\n    n += x\nreturn n",
    "import math\nreturn int(math.fsum(xs))",
    "é = sum(xs)\nreturn é",
)
WRONG = (
    "return 0",
    "return sum(xs",
    "pass",
    "return max(xs)",
    "I would add them.",
    "return undefined",
    "raise SystemExit",
    "",
)
FORMS = ("as written", "first line stripped", "whole", "whole, with a main program")


@dataclass(frozen=True)
class Answer:
    body: str
    form: str

    @property
    def passes(self) -> bool:
        return self.body in RIGHT

    def written(self, prompt: str) -> str:
        """Write the body behind the prompt, with the indentation that it has there, or as a program of its own."""
        indentation = "\t" if "\t" in prompt else "    "
        indented = "\n".join(indentation + line.replace("    ", indentation) for line in self.body.split("\n"))
        if not prompt or self.form.startswith("whole"):
            end = "\n\nif __name__ == '__main__':\n    raise SystemExit(1)" if "main" in self.form else ""
            return f"{SIGNATURE}\n{indented}{end}"
        return indented.strip() if self.form == "first line stripped" else indented


ANSWERS = st.builds(Answer, st.sampled_from((*RIGHT, *RIGHT, *WRONG)), st.sampled_from(FORMS)) | st.none()


@dataclass(frozen=True)
class Problem:
    prompt: str
    answers: tuple[Answer | None, ...]
    k: tuple[int, ...]

    @property
    def scores(self) -> dict[str, float]:
        """The share of all choices of k answers among which one passes."""
        passing = [answer is not None and answer.passes for answer in self.answers]
        chosen = {k: list(combinations(passing, k)) for k in self.k}
        return {f"pass@{k}": sum(map(any, each)) / len(each) for k, each in chosen.items()}


PROBLEMS = st.lists(ANSWERS, min_size=1, max_size=4).flatmap(
    lambda answers: st.builds(
        Problem,
        st.sampled_from(PROMPTS),
        st.just(tuple(answers)),
        st.sampled_from([(k,) for k in range(1, len(answers) + 1)] + [tuple(range(1, len(answers) + 1))]),
    )
)


def judged(problem: Problem) -> dict[str, tuple[float, ...]]:
    samples = tuple(None if answer is None else answer.written(problem.prompt) for answer in problem.answers)
    row = {"prompt": problem.prompt, "test": TEST, "entry_point": "total"}
    result = outcome(
        code_execution,
        Answered(
            ("",),
            samples[:1],
            (),
            replace(plain("code_execution"), k=problem.k),
            given=(Prediction(0, "", samples[0]),),
            samples=(samples,),
            judging=Judging(lambda _: row, Path()),
        ),
    )
    assert isinstance(result, PerExample)
    return result.scores


@pytest.fixture
def _cage(monkeypatch: pytest.MonkeyPatch) -> None:
    """Programs of these tests are our own: they run where there is no cage too."""
    hole = find_hole(best_cage())
    monkeypatch.setattr(room, "find_cage", lambda **_: OPEN if hole else best_cage())


@pytest.fixture(scope="module")
def _here() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(room, "find_cage", lambda **_: OPEN)
        patch.setattr(room, "run_programs", lambda programs, **_: run_here(programs))
        yield


def run_here(programs: Sequence[Program]) -> list[Ran]:
    """Run the first text that compiles, and see whether it comes to its end."""
    return [Ran(ends(next((text for text in program.texts if compiles(text)), "1 / 0"))) for program in programs]


def compiles(text: str) -> bool:
    try:
        compile(text, "answer", "exec")
    except SyntaxError:
        return False
    return True


def ends(text: str) -> bool:
    try:
        exec(text, {"__name__": "answer"})  # noqa: S102 - the programs above
    except (Exception, SystemExit):  # noqa: BLE001 - whatever ends a program
        return False
    return True


@parity("code_execution")
@given(PROBLEMS)
@pytest.mark.usefixtures("_here")
def test_equals_the_share_of_choices_that_pass(problem: Problem) -> None:
    assert judged(problem) == {name: pytest.approx((score,), abs=1e-12) for name, score in problem.scores.items()}


@given(PROBLEMS)
@settings(
    max_examples=12, deadline=None, derandomize=True, database=None, suppress_health_check=slow
)  # a process for each answer
@pytest.mark.usefixtures("_cage")
def test_processes_say_the_same(problem: Problem) -> None:
    assert judged(problem) == {name: pytest.approx((score,), abs=1e-12) for name, score in problem.scores.items()}
