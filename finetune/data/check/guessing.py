"""Which columns of a file are input, answer and split, where nobody has said so.

    guess_columns(("id", "sentence1", "sentence2", "label", "split"), rows)
      ─▶  Guess(inputs=("sentence1", "sentence2"), output="label", reasons=("input: columns sentence1, …", …))

Names come first: those that data sets give to answers (`answer`, `label`, …), then those of inputs. Where no input has
a known name, it is the columns of running text. A guess is always said, and `--input`, `--output` overrule it.

*Not here:* the forms of conversations, Alpaca and prompt/completion (lfine.finetune.data.forms).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

from lfine.finetune.data.values import Row
from lfine.finetune.data.wording import column_cure
from lfine.schemas.errors import UsageError
from lfine.schemas.problems import Problem

HEAD = 1000
"""Rows that are looked at."""
ANSWERS = (
    "output",
    "answer",
    "target",
    "completion",
    "response",
    "chosen",
    "label_text",
    "label",
    "labels",
    "lex",
    "sentiment",
    "category",
    "class",
    "intent",
    "score",
    "summary",
    "highlights",
    "sql",
    "query",
    "solution",
    "gold",
    "toxic",
    "topics",
    "tags",
    "reference",
    "type",
)
"""Names of answers, the surest first; also as the last word of a longer name."""
INPUTS = (
    "input",
    "instruction",
    "prompt",
    "question",
    "question1",
    "question2",
    "sentence",
    "sentence1",
    "sentence2",
    "premise",
    "hypothesis",
    "context",
    "passage",
    "document",
    "article",
    "title",
    "text",
    "body",
    "content",
    "choices",
    "options",
    "endings",
    "option1",
    "option2",
    "schema",
    "ctx",
)
"""Names of inputs."""
_RUNNING = 3  # words between blanks, on average, of a column of running text
_UNSPACED = 20  # characters of other scripts than ours that are as good: not all have blanks
_PARTS = re.compile(r"[A-Z]?[a-z0-9]+|[A-Z]+")


_TEXT, _NUMBER, _LIST = range(3)


@dataclass(frozen=True)
class Guess:
    inputs: tuple[str, ...]
    output: str | None
    """None: no column looks like an answer."""
    reasons: tuple[str, ...]
    """How they were found, in one line each."""


def guess_columns(
    columns: Sequence[str],
    rows: Sequence[Row],
    *,
    inputs: Sequence[str] = (),
    output: str | None = None,
    split: str | None = None,
) -> Guess:
    """Return input and answer; what is given is taken. Raises UsageError (LF115) for columns that are not there."""
    _check(columns, inputs, output)
    free = [name for name in columns if name != split and name not in inputs]
    answer, how = (output, "as asked") if output is not None else _answer(free, rows)
    left = [name for name in free if name != answer]
    found, why = (tuple(inputs), "as asked") if inputs else _inputs(left, rows)
    said = f"answer: column {answer} ({how})" if answer else "answer: no column looks like one; name it with --output"
    return Guess(found, answer, (f"input: {_named(found)} ({why})", said))


def _check(columns: Sequence[str], inputs: Sequence[str], output: str | None) -> None:
    asked = [("--input", name) for name in inputs] + ([("--output", output)] if output is not None else [])
    problems = [
        Problem("LF115", f"{option}: the data have no column {name!r}", column_cure(name, columns))
        for option, name in asked
        if name not in columns
    ]
    if problems:
        raise UsageError(*problems)


def _answer(columns: Sequence[str], rows: Sequence[Row]) -> tuple[str | None, str]:
    """Return the column of the surest name; among equals text before numbers, and both before lists."""
    ranked = [(_rank(name, rows) == _LIST, *sure, _rank(name, rows), name) for name in columns if (sure := _sure(name))]
    return (min(ranked)[-1], "by its name") if ranked else (None, "")


def _sure(name: str) -> tuple[bool, int] | None:
    """Return how sure the name of an answer is, the smallest the surest; None for any other name."""
    low = name.lower()
    if low in ANSWERS:
        return False, ANSWERS.index(low)
    found = {part.lower() for part in _PARTS.findall(name)}.intersection(ANSWERS) if low not in INPUTS else set()
    return (True, min(map(ANSWERS.index, found))) if found else None


def _rank(name: str, rows: Sequence[Row]) -> int:
    kinds = {type(row[name]) for row in islice(rows, HEAD) if row[name] is not None}
    return _TEXT if kinds <= {str} else _LIST if kinds & {list, dict} else _NUMBER


def _inputs(columns: Sequence[str], rows: Sequence[Row]) -> tuple[tuple[str, ...], str]:
    named = tuple(name for name in columns if name.lower() in INPUTS and _rank(name, rows) != _NUMBER)
    if named:
        return named, "by name"
    likely = [name for name in columns if _sure(name) is None] or columns
    texts = {name: _mean_words(name, rows) for name in likely if _rank(name, rows) == _TEXT}
    running = tuple(name for name, words in texts.items() if words >= _RUNNING)
    if running:
        return running, f"columns of running text: {_RUNNING} words or more on average"
    return tuple(texts) or tuple(columns), "every column of text besides the answer"


def _mean_words(name: str, rows: Sequence[Row]) -> float:
    texts = [text for row in islice(rows, HEAD) if isinstance(text := row[name], str) and text.strip()]
    return sum(map(_run, texts)) / len(texts) if texts else 0.0


def _run(text: str) -> int:
    """Return the words between blanks; of a long text without blanks in another script than ours, enough of them."""
    return len(text.split()) if text.isascii() or len(text) < _UNSPACED else max(_RUNNING, len(text.split()))


def _named(columns: Sequence[str]) -> str:
    return f"{'column' if len(columns) == 1 else 'columns'} {', '.join(columns)}" if columns else "no column"
