"""A guess as the keys of a task file, each with the comment that explains it.

    drafted(guess, Place(data="reviews.csv", out="reviews.yaml", base_model="smollm2-135m-instruct"))
      ─▶  Draft(sections=(Section("base_model", …), Section("dataset", …), …))

*Not here:* the prompt's words (lfine.starting.wording), YAML (lfine.starting.writing).
"""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lfine.finetune.data.forms import MESSAGES
from lfine.finetune.data.guess.records import Choice, Guess
from lfine.finetune.data.wording import counted
from lfine.starting.columns import made_columns
from lfine.starting.records import Draft, Section
from lfine.starting.wording import template

BASE_MODEL = "smollm2-135m-instruct"
"""Small enough for a laptop, and here without a network once it is fetched."""
EPOCHS = 3
SHORTEST_ANSWER, CHARACTERS_A_TOKEN = 16, 2
"""Of an evaluate-only task: tokens that any answer may have, and characters that one token stands for at least."""
SAMPLE_SIZE = 1000
"""Rows that are scored where the task does not say it."""
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


@dataclass(frozen=True)
class Surroundings:
    """What a draft needs besides the guess."""

    data: str
    """The path as the task names it."""
    out: str
    """The task file, as the commands of its comment name it."""
    base_model: str = BASE_MODEL
    sheet: int | str | None = None
    whole: bool = True
    """Whether the guess is from all rows: only then are labels written down."""
    read: str = ""
    """What of the data was read, where it is not all."""


def drafted(guess: Guess, place: Surroundings) -> Draft:
    """Return the task, in the order of the schema."""
    by_name = {choice.what: choice for choice in guess.choices}
    made = made_columns(guess)
    sections = [
        *_name(place),
        _base_model(place),
        _dataset(guess, place, made.columns, by_name["form"]),
        _prompt(guess, made.shown, by_name),
        *([_output(guess, by_name, whole=place.whole)] if guess.output is not None else []),
        Section("preprocessing", {"split": _split(guess)}, said(by_name["split"])),
        *_training(guess),
        *_generation(guess),
        Section("evaluation", _evaluation(guess), _evaluation_comments(guess, by_name["metric"])),
    ]
    return Draft(_head(guess, place), tuple(sections))


def said(choice: Choice) -> tuple[str, ...]:
    """Return the comment of a choice: value, how sure, why; then what else it could be."""
    first = f"{choice.what}: {choice.value} ({choice.certainty}): {choice.why}"
    return (first, *([f"or: {', '.join(choice.others)}"] if choice.others else []))


def next_commands(guess: Guess, out: str) -> tuple[str, ...]:
    """Return the commands that come next."""
    out = shlex.quote(out)
    if not guess.division.trains:
        return f"lfine validate {out}", f"lfine evaluate {out} --base"
    return f"lfine validate {out} --data", f"lfine preview {out}", f"lfine train {out}", f"lfine evaluate {out}"


def _head(guess: Guess, place: Surroundings) -> tuple[str, ...]:
    size = f"{counted(guess.rows, 'row')}, {counted(len(guess.columns), 'column')}" if place.whole else place.read
    notes = [f"Note: {' '.join(note.split())}." for note in guess.notes]
    lines = (
        f"Written by lfine init from {place.data}: {size}.",
        "What was guessed says how sure it is: sure, likely, or a guess. Read it before you train.",
        *notes,
        "",
        *(f"  {command}" for command in next_commands(guess, _one_line(place.out))),
    )
    return tuple(map(_one_line, lines))


def _one_line(text: str) -> str:
    return "".join(char if char.isprintable() else " " for char in text)


def _name(place: Surroundings) -> list[Section]:
    stem = Path(place.out).stem if place.out != "-" else Path(place.data).name.partition(".")[0]
    if _NAME.fullmatch(stem):
        return [Section("name", stem)] if place.out == "-" else []
    short = re.sub(r"[^A-Za-z0-9._-]+", "_", stem)[:100].strip("_.-") or "task"
    return [Section("name", short, ("the file's name has signs that the name of a run folder cannot have",))]


def _base_model(place: Surroundings) -> Section:
    small = "135 million parameters: trains on a laptop. Then a larger one, by its hub id or folder"
    return Section("base_model", place.base_model, (small,) if place.base_model == BASE_MODEL else ())


def _dataset(guess: Guess, place: Surroundings, columns: dict[str, Any], form: Choice) -> Section:
    value: dict[str, Any] = {"path": place.data}
    if place.sheet is not None:
        value["sheet"] = place.sheet
    comments = said(form) if guess.form != "table" else ()
    if columns:
        value["columns"] = columns
        comments = (*comments, "columns: made before anything else sees the rows")
    return Section("dataset", value, comments)


def _prompt(guess: Guess, shown: dict[str, str], by_name: dict[str, Choice]) -> Section:
    if guess.output is None:
        return Section("prompt", {"messages": MESSAGES}, said(by_name["messages"]))
    hint = "Written from the names of the columns: say in your own words what is to be done"
    labels = guess.answer.labels if guess.answer.manner == "label" else ()
    comments = (*said(by_name["input"]), *guess.left, hint)
    if labels and all(label.isdecimal() for label in labels):
        meaning = f"for instance {{{labels[0]}: WORD}}"
        numbers = (
            "The labels are numbers: say in the prompt what each means, or map them to words, dataset.columns with"
        )
        comments = (*comments, f"{numbers} `values`, {meaning}")
    return Section("prompt", {"template": template(guess, shown)}, comments)


def _output(guess: Guess, by_name: dict[str, Choice], *, whole: bool) -> Section:
    value: dict[str, Any] = {"name": guess.output, "type": guess.answer.type}
    if guess.answer.labels and whole:
        value["labels"] = list(guess.answer.labels)
    return Section("output_feature", value, (*said(by_name["output"]), *said(by_name["type"])))


def _split(guess: Guess) -> dict[str, Any]:
    division = guess.division
    split: dict[str, Any] = {"type": division.type}
    if division.column is not None:
        split["column"] = division.column
    if division.probabilities is not None:
        split["probabilities"] = list(division.probabilities)
    return split


def _training(guess: Guess) -> list[Section]:
    if not guess.division.trains:
        return []
    adapter = Section(
        "adapter", {"type": "lora", "r": 8}, ("r: the adapter's rank; 16 or 32 for what is hard to learn",)
    )
    why = "epochs: how often each training row is seen; watch the validation loss, and stop where it rises"
    return [adapter, Section("trainer", {"epochs": EPOCHS, "learning_rate": 0.0002}, (why,))]


def _generation(guess: Guess) -> list[Section]:
    if guess.division.trains or guess.output is None:
        return []
    room = max(SHORTEST_ANSWER, guess.answer.longest // CHARACTERS_A_TOKEN)
    why = (
        f"the longest answer has {guess.answer.longest:,} characters; with training rows it would be counted in tokens"
    )
    return [Section("generation", {"max_new_tokens": room}, (why,))]


def _evaluation(guess: Guess) -> dict[str, Any]:
    metrics = guess.metrics
    value: dict[str, Any] = {"metrics": [entry if isinstance(entry, str) else dict(entry) for entry in metrics.entries]}
    if guess.division.scored_rows is not None and guess.division.scored_rows < SAMPLE_SIZE:
        value["sample_size"] = guess.division.scored_rows
    if guess.division.scored != "test":
        value["split"] = guess.division.scored
    if metrics.extract_label and guess.answer.type == "category":
        value["extract"] = "label"
    if metrics.references is not None:
        value["references"] = metrics.references
    if metrics.choices is not None:
        value["choices"] = metrics.choices
    if guess.answer.type == "category" and guess.division.trains:
        value["baselines"] = ["majority", "tfidf"]
    return value


def _evaluation_comments(guess: Guess, metric: Choice) -> tuple[str, ...]:
    comments = list(said(metric))
    if guess.metrics.extract_label and guess.answer.type == "category":
        comments.append("extract label: an answer counts where it names exactly one of the labels")
    if guess.answer.type == "category" and guess.division.trains:
        comments.append("baselines: what knowing nothing, and what counting words would score")
    return tuple(comments)
