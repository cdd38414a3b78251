"""What kind of answer a column holds, and the metric that suits it.

    answer_of_column(label, …)    ─▶  Answer("category", "label", labels=("positive", "negative"))
    metrics_of(Answer("sql", …))  ─▶  Metrics(("sql_exact", "exact_match"))

*Not here:* which column it is (lfine.finetune.data.guess.outputs).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lfine.evaluation.metrics.registry import find
from lfine.finetune.data.answers import is_json
from lfine.finetune.data.guess import relations
from lfine.finetune.data.guess.lexicon import language_of, parts
from lfine.finetune.data.guess.profiles import MOST, Profile
from lfine.finetune.data.guess.records import Answer, Certainty, Metrics
from lfine.finetune.data.outputs import MAX_LABELS
from lfine.finetune.data.values import decimal_commas, number_of, signed_number, whole_of

FEW_NUMBERS = 20
"""Distinct whole numbers up to which they are labels."""
SHORT_SPAN = 8
"""Words of an answer that is a part of another column's text."""
SPANS = 0.6
"""Share of the answers that stand in another column from which they are parts of it."""
ONE_SIDED = 0.8
"""Share of the most frequent label from which accuracy says little."""
SHOWN_KEYS = 12
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@dataclass(frozen=True)
class Context:
    """What the kind of an answer goes by, besides its own column."""

    inputs: Sequence[Profile]
    columns: Mapping[str, Profile]
    options: str | None


@dataclass(frozen=True)
class Scoring:
    """The metrics of an answer, and what is said of them."""

    metrics: Metrics
    certainty: Certainty
    why: str
    others: tuple[str, ...] = ()


def answer_of_column(output: Profile, texts: Sequence[str], context: Context) -> Answer:
    """Return the kind of an answer; `texts` are all answers, those of the rows that were not sampled too."""
    filled = [text for text in texts if text]
    longest = max(map(len, filled), default=0)
    if output.kind == "list" and (found := _of_list(output, filled, longest)) is not None:
        return found
    if output.kind in ("list", "mapping") and all(map(is_json, filled)):
        entities = all(map(find("entity_f1").judges, filled)) and _are_entities(output, context)
        return Answer("json", "entities" if entities else "json", keys=_keys(output), longest=longest)
    if decimal_commas(filled):
        numbers = [float(signed_number(text, ",") or 0) for text in filled]
        return Answer("number", "number", low=min(numbers), high=max(numbers), longest=longest, decimal=",")
    if output.is_sql:
        return Answer("sql", "sql", longest=longest)
    if context.options is not None and relations.points_into(output, context.columns[context.options]):
        choice = _of_choice(output, filled, longest)
        if choice is not None:
            return choice
    if _is_category(output, filled):
        return _of_category(filled, longest)
    if output.kind == "number" and all(number_of(text) is not None for text in filled):
        numbers = [float(number_of(text) or 0) for text in filled]
        return Answer("number", "number", low=min(numbers), high=max(numbers), longest=longest)
    return _of_text(output, longest, context)


def _of_list(output: Profile, filled: Sequence[str], longest: int) -> Answer | None:
    """Return lists of short texts as texts with commas between, or None where an item holds a comma or more."""
    items = [item for cell in output.cells if isinstance(cell, (list, tuple)) for item in cell]
    plain = all(isinstance(item, (str, int)) and not {",", "\n"} & set(str(item)) for item in items)
    whole = all(is_json(text) and text[:1] == "[" for text in filled)
    filled_lists = all(isinstance(cell, (list, tuple)) and cell for cell in output.cells)
    return Answer("text", "list", longest=longest) if items and plain and whole and filled_lists else None


def _is_category(output: Profile, filled: Sequence[str]) -> bool:
    if output.kind == "flag":
        return True
    if output.kind == "number":
        return output.whole and output.label_like and output.distinct <= FEW_NUMBERS
    return output.label_like and len(set(filled)) >= 2


def _of_category(filled: Sequence[str], longest: int) -> Answer:
    counts = Counter(filled)
    floats = all(number_of(text) is not None and text.rstrip("0").endswith(".") for text in counts)
    labels = sorted(counts, key=lambda label: (-counts[label], label))
    if floats:
        labels = list(dict.fromkeys(str(int(float(label))) for label in labels))
    if all(label.isdecimal() for label in labels):
        labels.sort(key=int)
    few = 2 <= len(labels) <= MAX_LABELS
    return Answer(
        "category", "label", labels=tuple(labels) if few else (), longest=longest, cast="integer" if floats else None
    )


def _of_choice(output: Profile, filled: Sequence[str], longest: int) -> Answer | None:
    """Return the answer as a letter, or None where some answer is neither letter nor number."""
    found = sorted(set(filled))
    places = [whole_of(text) for text in found] if output.kind == "number" else []
    if places:
        if any(at is None or not 0 <= at < len(LETTERS) for at in places):
            return None
        found = [LETTERS[at] for at in places if at is not None]
    elif len(found) > len(LETTERS) or any(len(text) > 1 for text in found):
        return None
    labels = tuple(sorted(set(found)))
    return Answer("category", "choice", labels if len(labels) > 1 else (), longest=longest, letters=bool(places))


def _are_entities(output: Profile, context: Context) -> bool:
    """Tell whether texts of mappings stand in an input: what is found there, and not what is said of it."""
    found = [
        (text, row)
        for row, cell in enumerate(output.cells)
        if isinstance(cell, Mapping)
        for texts in cell.values()
        if isinstance(texts, list)
        for text in texts
        if isinstance(text, str)
    ]
    rows = [" ".join(one.texts[row] for one in context.inputs) for row in range(len(output.cells))]
    return bool(found) and sum(text in rows[row] for text, row in found) >= MOST * len(found)


def _keys(output: Profile) -> tuple[str, ...]:
    keys = dict.fromkeys(str(key) for cell in output.cells if isinstance(cell, Mapping) for key in cell)
    return tuple(keys) if len(keys) <= SHOWN_KEYS else ()


def _of_text(output: Profile, longest: int, context: Context) -> Answer:
    if any(_is_test(one) for name, one in context.columns.items() if name != output.name):
        return Answer("text", "code", longest=longest)
    if language_of(output.name) and any(language_of(one.name) for one in context.inputs):
        return Answer("text", "translation", longest=longest)
    if output.ends_in_number and output.words > 1:
        return Answer("text", "steps", longest=longest)
    if output.words <= SHORT_SPAN and any(
        one.running and relations.stands_in(output, one) >= SPANS for one in context.inputs
    ):
        return Answer("text", "span", longest=longest)
    return Answer("text", "text", longest=longest)


def _is_test(one: Profile) -> bool:
    """Tell whether a column holds the tests of programs."""
    named = parts(one.name)[:1] in (("test",), ("tests",))
    return named and bool(one.filled) and sum("assert" in text for text in one.filled) >= MOST * len(one.filled)


def metrics_of(answer: Answer, output: Profile, context: Context) -> Scoring:
    """Return the metrics, how sure they are, why, and what else would do."""
    if answer.type == "category":
        return _of_labels(answer, output, context)
    if answer.type == "number":
        return _of_numbers(answer)
    if answer.manner == "code":
        why = "answers are programs, and the data have tests"
        return Scoring(Metrics((_code(context), "exact_match")), "sure", why)
    if answer.manner in _SCORINGS:
        return _SCORINGS[answer.manner]
    references = next((name for name, one in context.columns.items() if relations.references_of(output, one)), None)
    several = f"; of the right answers in `{references}` the best counts" if references else ""
    if answer.manner == "span":
        why = f"most answers stand in the input, word for word{several}"
        return Scoring(Metrics(("squad",), references=references), "likely", why, ("rouge", "exact_match"))
    if answer.manner == "translation":
        return Scoring(
            Metrics(("chrf", "bleu"), references=references), "likely", f"a translation{several}", ("rouge",)
        )
    others = ("chrf", "bleu", "exact_match")
    return Scoring(Metrics(("rouge",), references=references), "likely", f"answers are texts{several}", others)


_SCORINGS = {
    "sql": Scoring(
        Metrics(("sql_exact", "exact_match")),
        "likely",
        "queries that mean the same count as right, as far as their text tells",
        ("{name: sql_execution, databases: FOLDER} where you have the databases",),
    ),
    "entities": Scoring(
        Metrics(("entity_f1",)), "sure", "answers name texts of the input by their kind", ("json_match",)
    ),
    "json": Scoring(Metrics(("json_match", "json_fields")), "likely", "answers are JSON", ("exact_match",)),
    "steps": Scoring(Metrics(("numeric_match",)), "likely", "every answer ends in a number", ("rouge", "exact_match")),
    "list": Scoring(Metrics(("rouge", "exact_match")), "a guess", "a list, learned as text", ("exact_match",)),
}


def _code(context: Context) -> str | tuple[tuple[str, object], ...]:
    """Return the metric, told the column of the tests where it has another name than the usual."""
    test = next(name for name, one in context.columns.items() if _is_test(one))
    return "code_execution" if test == "test" else (("name", "code_execution"), ("test", test))


def _of_labels(answer: Answer, output: Profile, context: Context) -> Scoring:
    if answer.manner == "choice" and context.options is not None:
        lists = context.columns[context.options].lists
        each = context.options if all(len(found) == len(answer.labels) for found in lists) else None
        why = "the answer is one of several choices"
        return Scoring(Metrics(("multiple_choice", "accuracy"), choices=each), "sure", why, ("accuracy",))
    top = max(output.counts.values(), default=0) / max(1, len(output.filled))
    if top >= ONE_SIDED:
        why = f"{top:.0%} of the rows have one label, so accuracy would be high for a model that knows nothing"
        return Scoring(Metrics(("f1", "accuracy"), extract_label=True), "likely", why, ("accuracy", "mcc"))
    return Scoring(Metrics(("accuracy", "f1"), extract_label=True), "sure", "answers are labels", ("f1", "mcc"))


def _of_numbers(answer: Answer) -> Scoring:
    low, high = answer.low or 0.0, answer.high or 0.0
    if 0 < high - low <= 100:
        bounded = (("name", "bounded_error"), ("range", _plain(high - low)))
        why = f"answers are numbers from {_plain(low)} to {_plain(high)}: near ones are nearly right"
        return Scoring(Metrics(("pearson", "spearman", bounded)), "likely", why, ("numeric_match",))
    return Scoring(Metrics(("numeric_match",)), "likely", "answers are numbers", ("pearson",))


def _plain(number: float) -> int | float:
    return int(number) if number == int(number) else number
