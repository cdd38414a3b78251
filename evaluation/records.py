"""The two files that scoring stands between: predictions.jsonl and scores.json.

    {"row_id": 7, "prompt": "…", "gold": "claims", "prediction": "claims", "finish_reason": "stop",
     "prompt_tokens": 141, "completion_tokens": 2}

*Not here:* computing anything (lfine.evaluation.scoring).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from lfine.schemas.task import Extract, MetricChoice

IntervalMethod = Literal["percentile", "bca"]


@dataclass(frozen=True)
class Prediction:
    """One answer of one model to one held-out row: a line of predictions.jsonl."""

    row_id: int
    """0-based position of the row in the data as read."""
    gold: str
    """The answer that stands in the data."""
    prediction: str | None
    """The model's answer, as it came; None where none came."""
    prompt: str | None = None
    """The text the model was given, whole."""
    finish_reason: str | None = None
    """stop: the model ended its answer; length: max_new_tokens was reached. Of a remote model also content_filter and
    refusal, and failed where no try was answered."""
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    """Generated tokens, the end-of-sequence token among them."""
    samples: tuple[str | None, ...] | None = None
    """Every answer, `prediction` the first of them, where the row was answered several times; None: there is one."""
    references: tuple[str, ...] | None = None
    """Further answers that are right, from the column `evaluation.references`; None: the gold answer alone is."""
    choices: tuple[str, ...] | None = None
    """What could be chosen, from the column `evaluation.choices`: one text for each label, labels in sorted order."""
    label_log_probabilities: dict[str, float] | None = None
    """Natural logarithm of the probability that the model gives each possible answer, summed over its tokens."""
    gold_log_probability: float | None = None
    """The same of the gold answer, its end-of-sequence token among the tokens."""
    gold_tokens: int | None = None
    """Tokens that gold_log_probability is the sum over."""
    confidence: float | None = None
    """Share of `prediction` among label_log_probabilities (their softmax); None where it is none of these."""


@dataclass(frozen=True)
class ScoringSettings:
    """What scoring needs to know of a plan: no model, no data."""

    metrics: tuple[MetricChoice, ...]
    """Registered names with their parameters; the first is the headline (see Scores.headline)."""
    output_type: str
    """text, category, number, json or sql."""
    labels: tuple[str, ...]
    """The labels of a category, most frequent first; empty for every other type."""
    extract: Extract
    """What of an answer is scored."""
    confidence: float
    """Level of the intervals, for instance 0.95."""
    seed: int
    """Of the bootstrap."""
    schema: str | None = None
    """JSON Schema that the answers of a json output should satisfy, as text."""
    interval: IntervalMethod = "percentile"
    """How the bootstrap's values become an interval; files that say nothing were made by percentiles."""


@dataclass(frozen=True)
class MetricScore:
    """The value of one metric with its interval."""

    value: float
    low: float
    high: float
    """Both ends at the level ScoringSettings.confidence."""


@dataclass(frozen=True)
class Confusion:
    """How often each gold label (row) was answered with each label (column)."""

    labels: tuple[str, ...]
    """Row names; the columns are these and, last, "(no label)"."""
    counts: tuple[tuple[int, ...], ...]
    """(gold labels, labels + 1)."""


@dataclass(frozen=True)
class LabelScore:
    """One label of a category by itself."""

    label: str
    rows: int
    """Gold answers with it."""
    answered: int
    """Answers with it."""
    precision: MetricScore
    recall: MetricScore
    f1: MetricScore


@dataclass(frozen=True)
class CodedAnswers:
    """Gold and answered label of every row of a category, as positions: what a corpus metric needs of two models."""

    labels: tuple[str, ...]
    """The label of each position, as in Confusion."""
    golds: tuple[int, ...]
    """In the order of Scores.row_ids."""
    answers: tuple[int, ...]
    """In the order of Scores.row_ids; len(labels) stands for "(no label)"."""


@dataclass(frozen=True)
class Provenance:
    """What made a score, so that it can be made again."""

    lfine_version: str
    python_version: str
    packages: dict[str, str]
    """Versions of the libraries whose change could change the number."""
    git_commit: str | None
    """Of the working folder, None outside a repository."""
    git_dirty: bool | None
    created: str
    """UTC, ISO 8601."""
    command: str
    """The command line that made it."""
    data: dict[str, str]
    """sha256 of each data file by its name."""


@dataclass(frozen=True)
class Overlap:
    """Scored rows whose input stands among the rows that the adapter was trained on."""

    row_ids: tuple[int, ...]
    """Of these rows, in the order in which they are scored."""
    known: int
    """How many of them did so when the run was planned: copies that the data came with."""
    allowed: bool
    """Whether `--allow-overlap` was given; without it only known ones are scored."""


@dataclass(frozen=True)
class FailedRow:
    """A row that a remote model did not answer, whatever was tried; it counts as wrong."""

    row_id: int
    reason: str


@dataclass(frozen=True)
class Latency:
    """Seconds from sending a request to the last byte of its answer; waiting and failed tries left out."""

    p50: float
    p90: float
    p95: float
    p99: float
    longest: float


@dataclass(frozen=True)
class EndpointUse:
    """What the answers of a remote model took. Rows that ask the same are one request."""

    host: str
    model: str
    """As the endpoint calls it."""
    api: str
    """chat, completions or lorax."""
    few_shot_rows: tuple[int, ...]
    """Training rows shown in every prompt."""
    requests: int
    """Sent by this command, every try counted."""
    answers: int
    kept_answers: int
    """Of these, paid for by an earlier command."""
    prompt_tokens: int | None
    """Of all answers, kept ones too; None where the endpoint does not count."""
    cached_tokens: int
    """Of prompt_tokens, those that the endpoint had kept from earlier requests."""
    completion_tokens: int | None
    usd: float | None
    """Of all answers, by the prices of the task; None where these or the counts are not known."""
    spent_usd: float | None
    """Of the answers that this command paid for."""
    latency: Latency | None
    failed: tuple[FailedRow, ...]
    filtered: tuple[int, ...]
    """Row ids that the endpoint's content filter refused."""


@dataclass(frozen=True)
class ScoreIdentity:
    """Whose scores these are: all that scoring writes down but does not need."""

    task: str
    model: str
    """tuned, base, few_shot, majority, tfidf, or the name of the remote model or predictions file."""
    split: str
    """test or validation."""
    limit: int | None
    """The --limit that was given; None: the whole held-out sample."""
    plan_hash: str | None
    """Of the run that trained the model; None without a run."""
    evaluation_hash: str
    provenance: Provenance
    seconds: float
    """Generation, wall clock; scoring adds its own."""
    overlap: Overlap | None = None
    """None: the model has no training rows, or none that are known."""
    endpoint: EndpointUse | None = None
    """None: the model was on this machine, or answered elsewhere by itself."""
    base_model: str | None = None
    """As the task names it; None where no model on this machine answered."""


@dataclass(frozen=True)
class Scores:
    """scores.json: everything a report needs but the answers themselves."""

    task: str
    model: str
    """tuned, base, few_shot, majority, tfidf, or the name of the remote model or predictions file."""
    split: str
    n: int
    """Held-out rows asked for (after --limit)."""
    scored: int
    """Rows with an answer that could be judged."""
    unscored: int
    """Rows without an answer, or without what is to be extracted from it; they count as wrong."""
    limit: int | None
    metrics: dict[str, MetricScore]
    """By value name: that of the metric with its parameters (`f1_weighted`); a family (rouge) gives several."""
    headline: str
    """The key of `metrics` that speaks for the task."""
    per_example: dict[str, tuple[float | None, ...]]
    """Per-example scores in the order of row_ids, for metrics that are means of such; None: a row that nothing can be
    said of, whatever the answer, and that is left out of the mean."""
    row_ids: tuple[int, ...]
    """The held-out sample in its fixed order."""
    confusion: Confusion | None
    settings: ScoringSettings
    plan_hash: str | None
    evaluation_hash: str
    provenance: Provenance
    seconds: float
    """Generation and scoring, wall clock."""
    rows_hash: str
    """sha256 of the row ids with their gold answers: scores are compared only where it is the same."""
    coded: CodedAnswers | None = None
    """Labels by row, for a category; None for text."""
    overlap: Overlap | None = None
    """With the training rows of the adapter; None where there are none, or none that are known."""
    reasons: dict[str, dict[str, str]] = field(default_factory=dict)
    """Metric's first value → row id (as text) → why the row has its score: the error of a query, of a program, …"""
    code: dict[str, str] = field(default_factory=dict)
    """Custom metric's value → sha256 of the file that its function stands in: only equal ones are the same metric."""
    unextracted: int = 0
    """Of the unscored rows those with an answer, in which nothing was to be extracted."""
    unjudged: dict[str, int] = field(default_factory=dict)
    """Metric's first value → answers in which it found nothing to judge (no number, no JSON); they count as wrong."""
    facts: dict[str, tuple[tuple[float, ...], ...]] = field(default_factory=dict)
    """Corpus metric's first value → what it keeps of each row, in the order of row_ids; it is computed from these."""
    per_label: tuple[LabelScore, ...] | None = None
    """For a category: each gold label by itself."""
    endpoint: EndpointUse | None = None
    """Of a remote model."""
    base_model: str | None = None
    """Whose weights answered, with or without an adapter, as the task names it; None for others."""
