"""An evaluation as a run leaves it, made up by a seeded generator: predictions of several models, a log, a plan.

    folder = make_up(Path("/tmp/look"), rows=10_000, labels=77, seed=0)     # …/evaluations/tuned

The messages are those of task_configs/insurance_routing.csv; gold labels, answers, probabilities, times and costs are
drawn. What the page shows of them is computed by lfine as ever: nothing of a score is made up.
"""

from __future__ import annotations

import csv
import json
import math
import random
from dataclasses import replace
from pathlib import Path

from lfine.evaluation.files import write_predictions, write_scores
from lfine.evaluation.metrics.registry import plain
from lfine.evaluation.provenance import provenance
from lfine.evaluation.records import EndpointUse, FailedRow, Latency, Prediction, ScoreIdentity, ScoringSettings
from lfine.evaluation.scoring import score
from lfine.schemas.task import Extract

MESSAGES = Path(__file__).resolve().parent.parent / "task_configs" / "insurance_routing.csv"
KINDS = ("claims", "billing", "cover", "cancellation", "renewal", "documents", "fraud", "complaints", "quotes")
THINGS = ("car", "home", "travel", "life", "health", "pet", "boat", "business", "legal")
UPDATES = 130
HOSTED = "hosted"
"""A model behind an endpoint; no real one, for no real one gave these answers."""
RIGHT = {"tuned": 0.87, "base": 0.3, HOSTED: 0.83, "tfidf": 0.74}
"""Share of rows that each model answers right, about."""


def make_up(place: Path, *, rows: int, labels: int, seed: int) -> Path:
    """Write a run of made-up answers and return the tuned model's evaluation folder."""
    run = place / "routing" / "20261129T080000Z"
    names = [f"{thing} {kind}" for kind in KINDS for thing in THINGS][:labels]
    golds = _golds(rows, names, random.Random(seed))  # noqa: S311 - a drawing, no secret
    for model in (*RIGHT, "majority"):
        _evaluation(run, model, golds, random.Random(f"{seed} {model}"))  # noqa: S311 - the same
    _log(run, random.Random(seed))  # noqa: S311 - the same
    return run / "evaluations" / "tuned"


def _golds(rows: int, names: list[str], drawn: random.Random) -> list[tuple[str, str]]:
    """Return (message, label) of each row; some labels are ten times as frequent as others."""
    with MESSAGES.open(encoding="utf-8", newline="") as file:
        messages = [line["query"] for line in csv.DictReader(file)]
    weights = [1 / (1 + place % 10) for place in range(len(names))]
    return [
        (f"{drawn.choice(messages)} {drawn.choice(messages)}", label)
        for label in drawn.choices(names, weights=weights, k=rows)
    ]


def _evaluation(run: Path, model: str, golds: list[tuple[str, str]], drawn: random.Random) -> None:
    names = tuple(sorted({label for _, label in golds}, key=[label for _, label in golds].count, reverse=True))
    predictions = [_prediction(row, model, golds[row], names, drawn) for row in range(len(golds))]
    settings = ScoringSettings(
        metrics=tuple(map(plain, ("accuracy", "f1", "confusion"))),
        output_type="category",
        labels=names,
        extract=Extract("label", None, None),
        confidence=0.95,
        seed=0,
    )
    made = provenance(f"lfine evaluate routing.yaml, made up for {model}", {"routing.csv": "0" * 64})
    seconds = {"tuned": 412.0, "base": 530.0, HOSTED: 96.0}.get(model, 0.4)
    identity = ScoreIdentity("routing", model, "test", None, "made up", "made up", made, seconds)
    if model == HOSTED:
        failed = tuple(
            FailedRow(each.row_id, "no answer within 60 s, 5 times") for each in predictions if each.prediction is None
        )
        identity = replace(identity, endpoint=_use(model, predictions, failed))
    folder = run / "evaluations" / model
    write_predictions(folder / "predictions.jsonl", predictions)
    write_scores(folder / "scores.json", score(predictions, settings=settings, identity=identity))


def _prediction(
    row: int, model: str, gold: tuple[str, str], names: tuple[str, ...], drawn: random.Random
) -> Prediction:
    message, label = gold
    prompt = f"Which department should answer this message? Name it and nothing else.\nMessage: {message}\nDepartment:"
    tokens = 18 + len(message) // 4
    if model == "majority":
        return Prediction(row, label, names[0])
    sure = min(0.999, max(1.5 / len(names), drawn.betavariate(6, 0.9)))
    right = drawn.random() < RIGHT[model] * (0.55 + 0.5 * sure) - 0.0004 * tokens
    near = [name for name in names if name != label and (name.split()[0] == label.split()[0] or drawn.random() < 0.1)]
    answer: str | None = label if right else drawn.choice(near or list(names))
    if model == "base" and drawn.random() < 0.4:
        answer = f"I would send it to the team for {answer}, but it could be {drawn.choice(names)}, too."
    if model == "tfidf":
        return Prediction(row, label, answer)
    if drawn.random() < 0.003:
        answer = None
    given = None
    if model == "tuned" and answer is not None:
        rest = (1 - sure) / (len(names) - 1)
        given = {name: round(math.log(sure if name == answer else rest), 4) for name in names}
    return Prediction(
        row, label, answer, prompt, "stop", tokens, 2 + len((answer or "").split()), label_log_probabilities=given
    )


def _use(model: str, predictions: list[Prediction], failed: tuple[FailedRow, ...]) -> EndpointUse:
    prompt, completion = (
        sum(getattr(each, name) or 0 for each in predictions) for name in ("prompt_tokens", "completion_tokens")
    )
    return EndpointUse(
        host="api.example.com",
        model=model,
        api="chat",
        few_shot_rows=(),
        requests=len(predictions) + 4 * len(failed),
        answers=len(predictions) - len(failed),
        kept_answers=0,
        prompt_tokens=prompt,
        cached_tokens=prompt // 5,
        completion_tokens=completion,
        usd=prompt * 0.4e-6 + completion * 1.6e-6,
        spent_usd=prompt * 0.4e-6 + completion * 1.6e-6,
        latency=Latency(0.61, 1.2, 1.7, 3.9, 11.2),
        failed=failed,
        filtered=(),
    )


def _log(run: Path, drawn: random.Random) -> None:
    lines: list[dict[str, object]] = []
    for step in range(1, UPDATES + 1):
        rate = 1e-3 * min(1, step / 6) * (1 + math.cos(math.pi * step / UPDATES)) / 2
        loss = 0.25 + 2.4 * math.exp(-step / 18) + drawn.gauss(0, 0.06)
        lines.append(
            {
                "step": step,
                "loss": max(0.02, loss),
                "learning_rate": rate,
                "step_seconds": 1.4,
                "tokens": 1900,
                "computed_tokens": 820,
            }
        )
        if step % 13 == 0:
            value = 0.88 - 0.7 * math.exp(-step / 30) + drawn.gauss(0, 0.01)
            lines.append(
                {
                    "step": step,
                    "kind": "validation",
                    "validation_loss": 0.32 + 2.2 * math.exp(-step / 20),
                    "metrics": {"accuracy": value},
                    "best": step == 117,
                    "seconds": 6.0,
                }
            )
    (run / "log.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    made_up = {
        "format": 1,
        "status": "finished",
        "steps": UPDATES,
        "train_examples": 8 * UPDATES,
        "seconds": 242.0,
        "best_step": 117,
    }
    (run / "run.json").write_text(json.dumps(made_up), encoding="utf-8")
