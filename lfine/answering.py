"""Answers of a local model to held-out rows, kept on disk as they come and taken up again after a crash.

    speaker = Speaker(training, prepared.model.folder)
    answer(Answering(training, evaluation, prepared, adapter=Path("…/adapter")), [7, 3], folder, speaker)

*Not here:* generation itself (lfine.finetune.generate), scoring (lfine.evaluation).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from lfine.compiling import say, warn
from lfine.evaluation.label_confidence import confidence
from lfine.evaluation.records import Prediction
from lfine.finetune.compile.encoding import asked_prompts
from lfine.finetune.compile.encoding_cache import EncodingCache
from lfine.finetune.compile.generating import merges
from lfine.finetune.compile.plan import EvaluationPlan, TrainingPlan, evaluation_hash, training_hash
from lfine.finetune.compile.prepare import Prepared
from lfine.finetune.data.pairs import Example
from lfine.finetune.data.wording import counted, listed
from lfine.finetune.generate.local_answers import Asking, Belief, TextAnswer, answer_texts, asking, beliefs, fitting
from lfine.finetune.generate.local_speaker import Speaker
from lfine.row_bars import row_bar
from lfine.schemas.errors import RunError, TaskError
from lfine.schemas.problems import Problem
from lfine.schemas.records import ShapeError, digest, from_json, to_json, write_text
from lfine.training import PROMPT_FILE

if TYPE_CHECKING:
    from transformers import PreTrainedModel

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


def answer(who: Answering, row_ids: Sequence[int], folder: Path, speaker: Speaker) -> list[Prediction]:
    """Return one prediction for each row, in the order given.

    Answers are appended to predictions.partial.jsonl as they come; the same call after a crash goes on from there.
    The caller removes that file (`forget`) once the predictions are safe.
    """
    check_prompt(who)
    rows = who.prepared.rows.examples_of(row_ids)
    kept = _Kept(folder / PARTIAL, identity(who))
    waiting = [row for row in rows if row.row_id not in kept.answers]
    if len(waiting) < len(rows):
        say(f"{len(rows) - len(waiting)} of {len(rows)} rows were answered before; going on with the others")
    if waiting:
        _generate(who, waiting, kept, speaker)
    return who.prepared.rows.complete([replace(kept.answers[row.row_id], gold=row.answer) for row in rows])


def forget(folder: Path) -> None:
    """Remove the answers kept for a restart."""
    (folder / PARTIAL).unlink(missing_ok=True)


def identity(who: Answering) -> str:
    """Hash what decides the answers: plan, prompt, and the adapter's files as they lie there now."""
    adapter, prompt = files_of(who.adapter), who.prepared.model.renderer.hash
    return digest([training_hash(who.training), evaluation_hash(who.evaluation), prompt, str(who.adapter), adapter])


def files_of(adapter: Path | None) -> list[tuple[str, int, int]]:
    """Return what tells the files of an adapter from others, without reading them."""
    files = [] if adapter is None else sorted(path for path in adapter.iterdir() if path.is_file())
    return [(path.name, path.stat().st_size, path.stat().st_mtime_ns) for path in files]


def check_prompt(who: Answering) -> None:
    """Refuse an adapter that was trained with another prompt (RunError LF506), or is none (LF503)."""
    check_adapter(who.adapter, who.prepared.model.renderer.hash)


def check_adapter(adapter: Path | None, prompt_hash: str) -> None:
    """Refuse an adapter that was trained with another prompt than that of this hash (LF506), or is none (LF503)."""
    if adapter is None:
        return
    if not adapter.is_dir():
        raise RunError(Problem("LF503", f"there is no adapter folder {str(adapter)!r}", "train again"))
    path = adapter / PROMPT_FILE
    if not path.is_file():
        return  # an adapter from elsewhere says nothing about its prompt
    try:
        trained = json.loads(path.read_text(encoding="utf-8"))["hash"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        message = f"{PROMPT_FILE} cannot be read: {error}"
        raise RunError(Problem("LF505", message, "train again, or restore the file", file=str(path))) from error
    if trained != prompt_hash:
        message = f"the adapter {str(adapter)!r} was trained with another prompt than this task renders"
        cure = "restore prompt.template, prompt.system, prompt.chat and base_model as they were in training"
        raise RunError(Problem("LF506", message, cure, file=str(path)))


def _generate(who: Answering, rows: list[Example], kept: _Kept, speaker: Speaker) -> None:
    generation = who.evaluation.generation
    if generation is None:
        raise ValueError("an evaluation plan without generation cannot answer")
    how = asking(generation, who.prepared.model, labels=who.evaluation.labels)
    prompts = within_context(who, rows, how)
    believed: dict[int, Belief] = {}
    merge = who.adapter is not None and merges(who.training)[0]
    with speaker.speaking(who.adapter, merge=merge) as model, kept.path.open("a", encoding="utf-8") as file:

        def keep(place: int, answer: TextAnswer) -> None:
            row = rows[place]
            made = _prediction(row, who.prepared.model.renderer.example_prompt(row), len(prompts[place]), answer)
            kept.add(file, _with_belief(made, believed.get(place)))
            file.flush()

        if generation.probabilities:
            for place, belief, answer in _believed(who, model, rows, prompts, how):
                believed[place] = belief
                if answer is not None:
                    keep(place, answer)
        left = [place for place, row in enumerate(rows) if row.row_id not in kept.answers]
        if not left:
            return
        with row_bar("answer", len(left)) as bar:
            for answers in answer_texts(model, prompts, how, [row.row_id for row in rows], left):
                for each in answers:
                    keep(each.number, each)
                bar.update(len(answers))


def _believed(
    who: Answering, model: PreTrainedModel, rows: list[Example], prompts: list[list[int]], how: Asking
) -> Iterator[tuple[int, Belief, TextAnswer | None]]:
    """Yield what the model believes of each row, by place; a gold answer beyond its context is left out.

    The model's answer comes with it where the probabilities already show it.
    """
    golds, labels = [row.answer for row in rows], who.evaluation.labels
    places = fitting(prompts, golds, how, labels, who.training.model.context)
    with row_bar("answer with probabilities", len(places)) as bar:
        for told in beliefs(model, prompts, golds, how, labels, [row.row_id for row in rows], places):
            yield told
            bar.update()


def _with_belief(made: Prediction, belief: Belief | None) -> Prediction:
    if belief is None:
        return made
    return replace(
        made,
        label_log_probabilities=belief.labels or None,
        gold_log_probability=belief.gold,
        gold_tokens=belief.gold_tokens,
        confidence=confidence(belief.labels, made.prediction),
    )


def within_context(who: Answering, rows: Sequence[Example], how: Asking) -> list[list[int]]:
    """Return the prompts as token ids; only the model's context cuts a held-out prompt (its beginning), and says so."""
    cache = EncodingCache()
    prompts = asked_prompts(rows, who.prepared.model.renderer, cache)
    warn(cache.warnings)
    room = room_of(who.training, how)
    blank = [row.row_id for row, prompt in zip(rows, prompts, strict=True) if not prompt]
    if blank:
        message = f"{counted(len(blank), 'held-out row')} whose prompt is empty: row {listed(blank)}"
        raise TaskError(Problem("LF313", message, "add words of your own to the template", path="prompt.template"))
    return cut_to(room, prompts, [row.row_id for row in rows])


def room_of(training: TrainingPlan, how: Asking) -> int:
    """Return how many tokens a prompt may have; TaskError LF105 where there is no room for any."""
    max_new_tokens, context = how.settings.max_new_tokens, training.model.context
    if context <= max_new_tokens:
        message = f"generation.max_new_tokens is {max_new_tokens}, and the context of the model {context}"
        raise TaskError(Problem("LF105", message, "lower it", path="generation.max_new_tokens"))
    return context - max_new_tokens


def cut_to(room: int, prompts: Sequence[Sequence[int]], row_ids: Sequence[int]) -> list[list[int]]:
    """Return the prompts, those that are longer than `room` without their beginning, and say which these are."""
    long = [row_id for row_id, prompt in zip(row_ids, prompts, strict=True) if len(prompt) > room]
    if long:
        what = f"longer than {room} tokens (the model's context without max_new_tokens)"
        say(f"{counted(len(long), 'prompt')} {what}, cut at the beginning; row ids: {listed(long)}")
    return [list(prompt[-room:]) for prompt in prompts]


def _prediction(row: Example, prompt: str, prompt_tokens: int, made: TextAnswer) -> Prediction:
    return Prediction(
        row_id=row.row_id,
        gold=row.answer,
        prediction=made.text,
        prompt=prompt,
        finish_reason=made.finish_reason,
        prompt_tokens=prompt_tokens,
        completion_tokens=made.tokens,
    )


class _Kept:
    """The answers that have arrived: a first line with the hash of who answers, then one prediction a line."""

    def __init__(self, path: Path, owner: str) -> None:
        self.path = path
        self.answers: dict[int, Prediction] = {}
        path.parent.mkdir(parents=True, exist_ok=True)
        first = json.dumps({"identity": owner})
        # A crash may cut the last line in the middle of a character.
        lines = path.read_text(encoding="utf-8", errors="replace").split("\n") if path.is_file() else []
        if lines[:1] == [first]:
            self._take(lines[1:])
        texts = [first, *(_line(each) for each in self.answers.values())]
        write_text(path, "".join(f"{text}\n" for text in texts))

    def _take(self, lines: Sequence[str]) -> None:
        for line in lines:
            try:
                found = from_json(Prediction, json.loads(line))
            except (ValueError, ShapeError):
                break  # the line that a crash cut short is the last one
            self.answers[found.row_id] = found

    def add(self, file: TextIO, prediction: Prediction) -> None:
        """Remember an answer and append its line."""
        self.answers[prediction.row_id] = prediction
        file.write(f"{_line(prediction)}\n")


def _line(prediction: Prediction) -> str:
    return json.dumps(to_json(prediction))
