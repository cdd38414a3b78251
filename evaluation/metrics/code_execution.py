"""Code execution: the share of problems that an answer solves, told by running the problem's tests on it (pass@k).

    row     prompt "def add(a, b):\\n", test "def check(f):\\n    assert f(1, 2) == 3", entry_point "add"
    answer  "    return a + b"   → pass@1 1.0
    answer  "    return a - b"   → pass@1 0.0, and why: AssertionError in: assert f(1, 2) == 3

The program is the cell of the column `prompt`, the answer, the cell of the column `test`, and `check(ENTRY_POINT)`;
without a column `prompt` or `entry_point` without them. Indentation that the answer's first line has lost is put back
where the program is Python only with it. Each answer runs by itself in a cage (docs/explanation/cage.md): no network,
no files, no new process, `seconds` of the processor (5), 1 GiB of memory. Where this system has no cage that holds,
nothing is run without --unsafe. What is not Python, fails, or does not come to its end is wrong, and why is kept.

With n answers to a row of which c pass, pass@k is 1 − C(n−c, k) / C(n, k), the estimator without bias of Chen et al.
2021, "Evaluating Large Language Models Trained on Code"; `k: [1, 10]` gives both values, and each row needs at least so
many answers.
*Not here:* the cage (lfine.evaluation.cage); code inside a longer answer: `extract`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from lfine.evaluation.cage.programs import Limits, Program, Ran, find_cage, run_programs
from lfine.evaluation.judging import Judging, need
from lfine.evaluation.metrics.registry import Answered, Parameter, PerExample, by_row, metric, parameter
from lfine.schemas.errors import MachineError, TaskError
from lfine.schemas.problems import Problem
from lfine.schemas.task import MetricChoice

SECONDS = 5.0
TOP_LEVEL = re.compile(r"(async def|def|class|import|from)\b|@")
"""How an answer begins that is a whole program, and no function's body."""


def ready(choice: MetricChoice, judging: Judging) -> list[Problem]:
    """Try the cage before anything is paid for (LF440)."""
    del choice
    try:
        find_cage(unsafe=judging.unsafe)
    except MachineError as error:
        return list(error.problems)
    return []


def value_names(choice: MetricChoice) -> tuple[str, ...]:
    return tuple(f"pass@{k}" for k in choice.k or (1,))


@by_row(ready, columns=("prompt", "test", "entry_point"), values_of=value_names, samples=True)
@metric(
    output_types=("text",),
    kind="mean",
    source="pass@k of Chen et al. 2021: 1 − C(n−c, k) / C(n, k), by running each row's tests",
    values=("pass@1",),
    parameters={"k": (1,), "prompt": "prompt", "test": "test", "entry_point": "entry_point", "seconds": SECONDS},
    right_or_wrong=True,
)
def code_execution(answered: Answered) -> PerExample:
    judging = need(answered.judging, "code_execution")
    answers = answered.samples or tuple((answer,) for answer in answered.answers)
    _check_counts(answered, answers)
    rows = [judging.row(row.row_id) for row in answered.given]
    programs = [
        (place, program_of(row, answer, answered.choice))
        for place, (row, several) in enumerate(zip(rows, answers, strict=True))
        for answer in several
        if answer is not None
    ]
    seconds = SECONDS if answered.choice.seconds is None else answered.choice.seconds
    limits = Limits(cpu_seconds=max(1, round(seconds)), seconds=10 + 5 * seconds)
    ran = run_programs([program for _, program in programs], cage=find_cage(unsafe=judging.unsafe), limits=limits)
    passed, reasons = _tally(len(rows), [(place, each) for (place, _), each in zip(programs, ran, strict=True)])
    counts = [len(several) for several in answers]
    scores = {
        f"pass@{k}": tuple(pass_at_k(n, c, k) for n, c in zip(counts, passed, strict=True))
        for k in answered.choice.k or (1,)
    }
    return PerExample(scores, reasons=tuple(reasons))


def pass_at_k(n: int, c: int, k: int) -> float:
    """Return the probability that one of k answers passes, of n of which c do: 1 − C(n−c, k) / C(n, k)."""
    failing = 1.0
    for i in range(k):
        failing *= max(0, n - c - i) / (n - i)
    return 1.0 - failing


def program_of(row: Mapping[str, object], answer: str, choice: MetricChoice) -> Program:
    """Return the ways to put prompt, answer and tests together."""
    prompt, test = _cell(row, choice, "prompt"), _cell(row, choice, "test")
    entry_point = _cell(row, choice, "entry_point")
    end = "\n\n" + test + (f"\n\ncheck({entry_point})\n" if entry_point else "\n")
    return Program(tuple(prompt + form + end for form in _forms(prompt, answer)))


def _forms(prompt: str, answer: str) -> Iterator[str]:
    """Yield the answer as it is, and with the indentation that its first line may have lost.

    A whole program may follow a prompt that ends with a function's first line: that function gets an empty body then.
    """
    indentation = body_indentation(prompt)
    forms: tuple[str, ...] = (indentation + answer, answer)
    if TOP_LEVEL.match(answer):
        forms = (answer, indentation + answer, f"{indentation}pass\n{answer}")
    if prompt and not prompt.endswith("\n"):
        yield from dict.fromkeys((*("\n" + form for form in forms), answer))
    else:
        yield from dict.fromkeys(forms)


def body_indentation(prompt: str) -> str:
    """Return the white space before a statement that would follow the prompt."""
    lines = [line for line in prompt.split("\n") if line.strip()]
    if not lines:
        return ""
    last = lines[-1]
    return last[: len(last) - len(last.lstrip())] + ("    " if last.rstrip().endswith(":") else "")


def _cell(row: Mapping[str, object], choice: MetricChoice, name: Parameter) -> str:
    value = row.get(str(parameter(choice, name)))
    if isinstance(value, (list, tuple)):
        return "\n".join(map(str, value))
    return "" if value is None else str(value)


def _tally(n: int, ran: Sequence[tuple[int, Ran]]) -> tuple[list[int], list[str | None]]:
    """Return how many answers of each row pass, and the reason of the first that does not."""
    passed = [0] * n
    reasons: list[str | None] = [None] * n
    for place, each in ran:
        passed[place] += each.passed
        reasons[place] = reasons[place] or each.reason
    return passed, reasons


def _check_counts(answered: Answered, answers: Sequence[Sequence[str | None]]) -> None:
    most = max(answered.choice.k or (1,))
    short = [row.row_id for row, several in zip(answered.given, answers, strict=True) if len(several) < most]
    if short:
        message = (
            f"pass@{most} needs {most} answers to a row, and {len(short)} rows have fewer (the first is row {short[0]})"
        )
        cure = f"give {most} answers: `prediction` of a --predictions file may be a list; or a smaller k"
        raise TaskError(Problem("LF319", message, cure, path="evaluation.metrics"))
