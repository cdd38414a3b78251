"""What a metric is, and how one is found by its name without importing the others.

    @metric(output_types=("category",), kind="corpus", parameters={"average": "macro"}, source="…")
    def f1(answered: Answered) -> Corpus: ...

    find("accuracy").headline == "accuracy"
    value_names(MetricChoice("f1", average="weighted", …)) == ("f1_weighted",)

A new metric is one file in this folder and one line in MODULES.

*Not here:* any metric's arithmetic; what is wrong with a task's metrics (lfine.evaluation.metrics.checking); applying
metrics to a file (lfine.evaluation.scoring).
"""

from __future__ import annotations

import difflib
import importlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

from lfine.evaluation import plugins
from lfine.evaluation.judging import Judging
from lfine.evaluation.records import Confusion, Prediction
from lfine.schemas.errors import TaskError
from lfine.schemas.problems import Problem
from lfine.schemas.task import MetricChoice

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Indices = NDArray[np.int64]
    """(resamples, n): positions of rows."""
    Values = NDArray[np.float64]
    """(resamples,)"""
    FactTable = NDArray[np.float64]
    """(n, facts)"""
    Statistic = Callable[[Indices], Values]
    """A function of which rows are looked at; a row may occur several times."""
    Pool = Callable[[FactTable, MetricChoice], Mapping[str, Statistic]]
    """Facts of some rows → the statistic of each value, by its name without parameters."""

MetricKind = Literal["mean", "corpus", "matrix"]
Parameter = Literal[
    "average",
    "positive",
    "beta",
    "case",
    "stemmer",
    "range",
    "tokenize",
    "word_order",
    "dialect",
    "databases",
    "database",
    "seconds",
    "k",
    "prompt",
    "test",
    "entry_point",
    "function",
]
RowData = Literal["references", "choices", "label_log_probabilities", "gold_log_probability"]
RECORDED: frozenset[RowData] = frozenset({"label_log_probabilities", "gold_log_probability"})
"""What of a row comes from whoever asked the model."""
OUTPUT_TYPES = ("text", "category", "number", "json", "sql")

_NAMES = (
    "accuracy",
    "binary_accuracy",
    "bleu",
    "bounded_error",
    "chrf",
    "code_execution",
    "confusion",
    "custom",
    "drop",
    "entity_f1",
    "exact_match",
    "f1",
    "function_representation",
    "json_fields",
    "json_match",
    "label_and_explanation",
    "likelihood_choice",
    "mcc",
    "multiple_choice",
    "numeric_match",
    "pearson",
    "perplexity",
    "precision",
    "r2",
    "recall",
    "rouge",
    "spearman",
    "sql_exact",
    "sql_execution",
    "sql_match",
    "squad",
    "lora_land.accuracy",
    "lora_land.binary_accuracy_flex",
    "lora_land.customer_support_accuracy",
    "lora_land.dbpedia",
    "lora_land.drop",
    "lora_land.gsm8k_regex",
    "lora_land.hellaswag_accuracy",
    "lora_land.label_and_explanation",
    "lora_land.mmlu_accuracy",
    "lora_land.mnli_accuracy",
    "lora_land.mrpc_accuracy",
    "lora_land.rouge",
    "lora_land.stsb",
)
MODULES = {name: f"lfine.evaluation.metrics.{name}" for name in _NAMES}
"""Name → module; the metric stands in it under its own name. Naming a metric imports none of them."""


def plain(name: str) -> MetricChoice:
    """Return a metric with no parameter given."""
    return MetricChoice(name, average=None, positive=None, beta=None, case=None, stemmer=None)


@dataclass(frozen=True)
class Answered:
    """What a metric sees: gold and extracted answers of the held-out rows in the same order, and what was asked."""

    golds: tuple[str, ...]
    answers: tuple[str | None, ...]
    """None where no answer came or none could be extracted: it counts as wrong."""
    labels: tuple[str, ...]
    """The labels of a category; empty for every other type."""
    choice: MetricChoice = field(default_factory=lambda: plain(""))
    """The parameters that the task gives; None: the metric's own default."""
    schema: str | None = None
    """JSON Schema of a json output, as text."""
    given: tuple[Prediction, ...] = ()
    """The rows as they came, for metrics that need more than gold and answer; empty where there is nothing more."""
    samples: tuple[tuple[str | None, ...], ...] = ()
    """Every answer to each row, the first of them in `answers`; empty: there is one to each."""
    judging: Judging | None = None
    """For metrics with `ready`."""

    @property
    def rows(self) -> tuple[Prediction, ...]:
        """Each row with all that is known of it."""
        pairs = enumerate(zip(self.golds, self.answers, strict=True))
        return self.given or tuple(Prediction(place, gold, answer) for place, (gold, answer) in pairs)

    @property
    def references(self) -> tuple[tuple[str, ...], ...]:
        """Right answers of each row, without repetition, the gold answer first."""
        return tuple(tuple(dict.fromkeys((row.gold, *(row.references or ())))) for row in self.rows)

    def unread(self, found: Sequence[object]) -> int:
        """Return how many answers are there of which a metric found nothing (None)."""
        pairs = zip(self.answers, found, strict=True)
        return sum(answer is not None and each is None for answer, each in pairs)


@dataclass(frozen=True)
class PerExample:
    """The result of a metric that is a mean: one score for each row, in 0..1 but where the metric says otherwise."""

    scores: dict[str, tuple[float, ...]]
    """By value name without parameters (rouge1, rouge2, …)."""
    unjudged: int = 0
    """Answers in which the metric found nothing to judge; they count as wrong."""
    left_out: dict[str, frozenset[int]] = field(default_factory=dict)
    """By the same name: places of rows of which nothing can be said, whatever the answer (the gold query fails, …)."""
    reasons: tuple[str | None, ...] = ()
    """Why a row has its score, where that can be said; empty: of no row."""
    code: str | None = None
    """sha256 of the file that the metric's own function stands in, for a custom metric."""


@dataclass(frozen=True)
class Corpus:
    """The result of a metric that is no mean: a function of which rows are looked at."""

    statistic: Statistic


@dataclass(frozen=True)
class Facts:
    """The result of a metric that is no mean, in the form of what it keeps of each row; its `pool` computes from it."""

    rows: tuple[tuple[float, ...], ...]
    """(n, facts)"""
    unjudged: int = 0


MetricResult = PerExample | Corpus | Facts | Confusion


@dataclass(frozen=True)
class Metric:
    """One metric: what it declares, and its function."""

    name: str
    output_types: tuple[str, ...]
    """Which of OUTPUT_TYPES it suits."""
    kind: MetricKind
    """mean of per-example scores (they are kept); corpus: computed from all rows at once; matrix: no number."""
    values: tuple[str, ...]
    """Names of the numbers it gives, the headline first; empty for a matrix."""
    source: str
    """The definition or library that it follows."""
    compute: Callable[[Answered], MetricResult]
    parameters: Mapping[Parameter, object]
    """What a task may give with it, and what counts where it does not."""
    right_or_wrong: bool
    """Every per-example score is 0 or 1: McNemar's test is exact for it."""
    judges: Callable[[str], bool]
    """Whether it can judge answers against this gold answer."""
    needs: tuple[Parameter, ...] = ()
    """Those of the parameters that a task must give."""
    ready: Callable[[MetricChoice, Judging], list[Problem]] | None = None
    """For a metric that needs Judging: what keeps it from being computed here, found before any answer is paid for."""
    values_of: Callable[[MetricChoice], tuple[str, ...]] | None = None
    """For a metric whose values depend on what is asked: their whole names."""
    columns: tuple[Parameter, ...] = ()
    """Those of the parameters that name a column of the data."""
    samples: bool = False
    """It looks at every answer to a row, not at the first only."""
    looks_at: tuple[RowData, ...] = ()
    """What of a row it reads besides gold and answer."""
    pool: Pool | None = None
    """For a metric whose result is Facts."""
    higher_is_better: bool = True
    share: bool = True
    """Its values are shares of 1 and are shown in points of 100."""

    @property
    def headline(self) -> str | None:
        """The value that speaks for the metric; None for a matrix."""
        return self.values[0] if self.values else None

    def statistics(self, result: Corpus | Facts, choice: MetricChoice) -> Mapping[str, Statistic]:
        """Return the statistic of each value of a corpus metric's result."""
        if isinstance(result, Corpus):
            return {self.values[0]: result.statistic}
        import numpy as np

        if self.pool is None:
            raise TypeError(f"{self.name} gives facts and has no pool")
        width = len(result.rows[0]) if result.rows else 0
        return self.pool(np.asarray(result.rows, dtype=np.float64).reshape(len(result.rows), width), choice)


def everything(gold: str) -> bool:
    """Say yes: most metrics judge against every gold answer."""
    del gold
    return True


def metric(
    *,
    output_types: tuple[str, ...],
    kind: MetricKind,
    source: str,
    values: tuple[str, ...] | None = None,
    parameters: Mapping[Parameter, object] | None = None,
    right_or_wrong: bool = False,
    judges: Callable[[str], bool] = everything,
) -> Callable[[Callable[[Answered], MetricResult]], Metric]:
    """Turn a function into a Metric of the function's name; `values` is needed by families only."""

    def declare(compute: Callable[[Answered], MetricResult]) -> Metric:
        name = compute.__name__
        own = () if kind == "matrix" else (name,)
        return Metric(
            name=name,
            output_types=output_types,
            kind=kind,
            values=own if values is None else values,
            source=source,
            compute=compute,
            parameters=parameters or {},
            right_or_wrong=right_or_wrong,
            judges=judges,
        )

    return declare


def by_row(
    ready: Callable[[MetricChoice, Judging], list[Problem]],
    *,
    needs: tuple[Parameter, ...] = (),
    columns: tuple[Parameter, ...] = (),
    values_of: Callable[[MetricChoice], tuple[str, ...]] | None = None,
    samples: bool = False,
) -> Callable[[Metric], Metric]:
    """Say of a metric that it needs Judging; stands above `@metric`."""
    return lambda found: replace(found, ready=ready, needs=needs, columns=columns, values_of=values_of, samples=samples)


def also(
    *,
    needs: tuple[Parameter, ...] = (),
    looks_at: tuple[RowData, ...] = (),
    pool: Pool | None = None,
    higher_is_better: bool = True,
    share: bool = True,
) -> Callable[[Metric], Metric]:
    """Say of a metric what few have; stands above `@metric`."""
    return lambda found: replace(
        found, needs=needs, looks_at=looks_at, pool=pool, higher_is_better=higher_is_better, share=share
    )


def of_family(family: str) -> Callable[[Metric], Metric]:
    """Put the family before the name of a metric with one value: `lora_land.stsb`; stands above `@metric`."""
    return lambda found: replace(found, name=f"{family}.{found.name}", values=(f"{family}.{found.name}",))


def names() -> tuple[str, ...]:
    return tuple(MODULES)


def find(name: str) -> Metric:
    """Import one metric.

    Raises:
        TaskError: LF209, no metric has this name.
    """
    if name not in MODULES:
        plugin = plugins.find(name)
        if plugin is None:
            raise TaskError(unknown(name, path=""))
        from lfine.evaluation.metrics.custom import from_plugin

        return from_plugin(plugin)
    found = getattr(importlib.import_module(MODULES[name]), name.rpartition(".")[2])
    if not isinstance(found, Metric):
        raise TypeError(f"{MODULES[name]} does not declare {name} with @metric")
    return found


def is_known(name: str) -> bool:
    """Say whether a metric of lfine or of an installed package has this name."""
    return name in MODULES or plugins.find(name) is not None


def unknown(name: str, *, path: str) -> Problem:
    """Return the problem of a name that no metric has."""
    known = (*MODULES, *plugins.names())
    close = difflib.get_close_matches(name.lower(), known, n=1)
    hint = f"; did you mean {close[0]!r}?" if close else ""
    return Problem("LF209", f"no metric is called {name!r}{hint}", f"choose from {listed(known)}", path=path)


def listed(metrics: Iterable[str]) -> str:
    """Return names for a reader; one of the family stands for all."""
    return ", ".join(name for name in metrics if "." not in name) + ", lora_land.accuracy, …"


def value_names(choice: MetricChoice) -> tuple[str, ...]:
    """Return the names of a metric's values, the headline first: what it is asked otherwise than usual, behind each.

    `f1`, `f1_weighted`, `f1_binary_yes`, `f1_beta2`, `accuracy_case`, `rougeL_stemmer`, `bleu_char`, `chrf_word2`.
    """
    found = find(choice.name)
    values = found.values if found.values_of is None else found.values_of(choice)
    return tuple(value + suffix(choice) for value in values)


def gives(choice: MetricChoice, value: str) -> bool:
    """Say whether this metric gave the value: one of its names, or a part of a custom one (`custom_score.length`)."""
    names = value_names(choice)
    return value in names or (find(choice.name).ready is not None and value.partition(".")[0] in names)


def parameter(choice: MetricChoice, name: Parameter) -> object:
    """Return what the task gives for a parameter, or what counts where it gives nothing."""
    given = getattr(choice, name)
    return find(choice.name).parameters.get(name) if given is None else given


def suffix(choice: MetricChoice) -> str:
    """Return what stands behind a value's name: every parameter that is not the metric's own default."""
    usual = find(choice.name).parameters
    parts: list[str] = []
    if choice.average not in (None, usual.get("average")):
        parts.append(choice.average)
    if choice.positive is not None:
        parts.append(choice.positive)
    if choice.beta is not None and choice.beta != usual.get("beta"):
        parts.append(f"beta{choice.beta:g}")
    if choice.dialect not in (None, usual.get("dialect")):
        parts.append(choice.dialect)
    parts += [name for name in ("case", "stemmer") if getattr(choice, name)]
    if choice.tokenize not in (None, usual.get("tokenize")):
        parts.append(choice.tokenize)
    if choice.word_order not in (None, usual.get("word_order")):
        parts.append(f"word{choice.word_order}")
    return "".join(f"_{part}" for part in parts)
