"""What answering took, model by model: time, rows a second, tokens, requests, money; and why answers failed.

    cost_rows(source)[0]    →  CostRow(model="tuned", rows=1000, seconds=62.0, rows_per_second=16.1, prompt_tokens=…)
    reason_rows(scores)[0]  →  ReasonRow("sql_execution", "no such column: nmae", 41)

*Not here:* what training took (lfine.evaluation.reports.training).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from lfine.evaluation.records import EndpointUse, Scores
from lfine.evaluation.reports.sources import ModelEvaluation, ReportFiles

MOST_REASONS = 10


@dataclass(frozen=True)
class CostRow:
    """One model's answers; None where nothing is known."""

    model: str
    rows: int
    seconds: float
    rows_per_second: float | None
    """Not of answers that were kept from an earlier command."""
    prompt_tokens: int | None
    completion_tokens: int | None
    tokens_per_second: float | None
    """Generated ones."""
    use: EndpointUse | None
    usd_per_thousand: float | None
    """Of a thousand rows."""


@dataclass(frozen=True)
class ReasonRow:
    metric: str
    reason: str
    rows: int


def cost_rows(source: ReportFiles) -> list[CostRow]:
    """Return the costs of the report's model and of those beside it."""
    return [_cost(each) for each in (source.subject, *source.others)]


def reason_rows(scores: Scores) -> list[ReasonRow]:
    """Return the commonest reasons that the metrics and the endpoint gave, the commonest first."""
    told = Counter((metric, reason) for metric, each in scores.reasons.items() for reason in each.values())
    if scores.endpoint is not None:
        told.update(("request failed", failed.reason) for failed in scores.endpoint.failed)
        if scores.endpoint.filtered:
            told[("request refused", "content filter of the endpoint")] += len(scores.endpoint.filtered)
    return [ReasonRow(metric, reason, rows) for (metric, reason), rows in told.most_common(MOST_REASONS)]


def _cost(evaluation: ModelEvaluation) -> CostRow:
    scores, use = evaluation.scores, evaluation.scores.endpoint
    prompt = _sum([each.prompt_tokens for each in evaluation.predictions])
    completion = _sum([each.completion_tokens for each in evaluation.predictions])
    if use is not None:
        prompt, completion = use.prompt_tokens, use.completion_tokens
    timed = scores.seconds > 0 and not (use is not None and use.kept_answers)
    return CostRow(
        model=scores.model,
        rows=scores.n,
        seconds=scores.seconds,
        rows_per_second=scores.n / scores.seconds if timed else None,
        prompt_tokens=prompt,
        completion_tokens=completion,
        tokens_per_second=completion / scores.seconds if timed and completion else None,
        use=use,
        usd_per_thousand=None if use is None or use.usd is None else 1000 * use.usd / max(1, scores.n),
    )


def _sum(counts: list[int | None]) -> int | None:
    """Return the sum; None where no row has a count."""
    known = [count for count in counts if count is not None]
    return sum(known) if known else None
