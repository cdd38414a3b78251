"""Answers of a local model to held-out rows, kept on disk as they come and taken up again after a crash.

    answer(Answering(training, evaluation, prepared, adapter=Path("…/adapter")), row_ids=[7, 3], folder=…)

*Not here:* generation itself (lfine.finetune.generate.local), scoring (lfine.evaluation).
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from tqdm import tqdm

from lfine.evaluation.records import Prediction
from lfine.finetune.compile.machine import this_machine
from lfine.finetune.compile.plan import EvaluationPlan, TrainingPlan, evaluation_hash, training_hash
from lfine.finetune.compile.prepare import Prepared
from lfine.finetune.data.pairs import Example
from lfine.finetune.generate.local import Answer, GenerationSettings, generate
from lfine.finetune.models.adapters import load_adapter
from lfine.finetune.models.loading import load_base
from lfine.schemas.errors import RunError
from lfine.schemas.problems import Problem
from lfine.schemas.records import ShapeError, digest, from_json, to_json
from lfine.training import PROMPT_FILE

PARTIAL = "predictions.partial.jsonl"


@dataclass(frozen=True)
class Answering:
    """Who answers, and how."""

    training: TrainingPlan
    """Of the run, or compiled afresh for a base model without a run."""
    evaluation: EvaluationPlan
    prepared: Prepared
    adapter: Path | None
    """A folder in peft's format, or `model/` of a full fine-tuning; None: the base model."""


def answer(who: Answering, row_ids: Sequence[int], folder: Path) -> list[Prediction]:
    """Return one prediction for each row, in the order given.

    Answers are appended to predictions.partial.jsonl as they come; the same call after a crash goes on from there.
    """
    check_prompt(who)
    rows = who.prepared.rows.examples_of(row_ids)
    kept = _Kept(
        folder / PARTIAL, digest([training_hash(who.training), evaluation_hash(who.evaluation), str(who.adapter)])
    )
    waiting = [row for row in rows if row.row_id not in kept.answers]
    if waiting:
        _generate(who, waiting, kept)
    found = [replace(kept.answers[row.row_id], gold=row.answer) for row in rows]
    kept.path.unlink(missing_ok=True)
    return found


def check_prompt(who: Answering) -> None:
    """Refuse an adapter that was trained with another prompt: RunError LF506."""
    path = None if who.adapter is None else who.adapter / PROMPT_FILE
    if path is None or not path.is_file():
        return
    trained = json.loads(path.read_text(encoding="utf-8")).get("hash")
    if trained != who.prepared.model.renderer.hash:
        message = f"the adapter {who.adapter} was trained with another prompt than this task renders"
        raise RunError(Problem("LF506", message, "use the task file it was trained with", file=str(path)))


def _generate(who: Answering, rows: list[Example], kept: _Kept) -> None:
    plan, generation = who.training, who.evaluation.generation
    if generation is None:
        raise ValueError("an evaluation plan without generation cannot answer")
    device = this_machine().device if plan.machine.device != "cpu" else "cpu"
    full = who.adapter is not None and plan.adapter is None
    source = who.adapter if full and who.adapter is not None else who.prepared.model.folder
    model = load_base(source, dtype=plan.model.dtype, device=device, quantization=plan.model.quantization)
    if who.adapter is not None and not full:
        model = load_adapter(model, who.adapter)
    model.eval()
    renderer, tokenizer = who.prepared.model.renderer, who.prepared.model.tokenizer
    prompts = renderer.prompt_ids_batch([row.values for row in rows])
    room = plan.model.context - generation.max_new_tokens
    prompts = [prompt[-room:] for prompt in prompts]  # only the model's context cuts a held-out prompt
    settings = GenerationSettings(generation.max_new_tokens, renderer.stop_ids, generation.batch_size)
    bar = tqdm(
        total=len(rows), desc="answer", unit="row", file=sys.stderr, mininterval=0.3 if sys.stderr.isatty() else 15
    )
    with bar, kept.path.open("a", encoding="utf-8") as file:
        for answers in generate(model, prompts, settings):
            for each in answers:
                row = rows[each.number]
                text = tokenizer.decode(list(each.token_ids), skip_special=True)
                kept.add(
                    file, _prediction(row, renderer.prompt_text(row.values), len(prompts[each.number]), each, text)
                )
            file.flush()
            bar.update(len(answers))


def _prediction(row: Example, prompt: str, prompt_tokens: int, made: Answer, text: str) -> Prediction:
    return Prediction(
        row_id=row.row_id,
        gold=row.answer,
        prediction=text.strip(),
        prompt=prompt,
        finish_reason=made.finish_reason,
        prompt_tokens=prompt_tokens,
        completion_tokens=made.generated,
    )


class _Kept:
    """The answers that have arrived: a first line with the hash of who answers, then one prediction a line."""

    def __init__(self, path: Path, identity: str) -> None:
        self.path = path
        self.answers: dict[int, Prediction] = {}
        path.parent.mkdir(parents=True, exist_ok=True)
        lines = path.read_text(encoding="utf-8").split("\n") if path.is_file() else [""]
        if lines[0] == json.dumps({"identity": identity}):
            self._take(lines[1:])
        else:
            path.write_text(json.dumps({"identity": identity}) + "\n", encoding="utf-8")

    def _take(self, lines: Sequence[str]) -> None:
        for line in lines:
            try:
                found = from_json(Prediction, json.loads(line))
            except (ValueError, ShapeError):
                break  # the line that a crash cut short is the last one
            self.answers[found.row_id] = found

    def add(self, file: object, prediction: Prediction) -> None:
        """Remember an answer and append its line."""
        self.answers[prediction.row_id] = prediction
        print(json.dumps(to_json(prediction), ensure_ascii=False), file=file)  # type: ignore[arg-type]
