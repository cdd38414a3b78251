"""What a guess says.

    Guess(output=Choice("answer column", "label", "sure", "its name; 2 values that recur", ("genre",)), …)

*Not here:* finding it (lfine.finetune.data.guess.guessing).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from lfine.finetune.data.forms import Kind as Form
from lfine.finetune.data.guess.profiles import Profile
from lfine.schemas.task import OutputType, SplitName

Certainty = Literal["sure", "likely", "a guess"]
Manner = Literal[
    "label", "choice", "number", "steps", "sql", "code", "entities", "json", "list", "span", "translation", "text"
]
"""What an answer is, finer than its type: what the prompt asks for and the metric goes by."""


@dataclass(frozen=True)
class Wanted:
    """What the user says; the rest is guessed."""

    output: str | None = None
    inputs: tuple[str, ...] = ()
    metric: str | None = None


@dataclass(frozen=True)
class Choice:
    """One thing that was chosen, for the table and the comments."""

    what: str
    value: str
    certainty: Certainty
    why: str
    others: tuple[str, ...] = ()
    """What else it could be, the likeliest first."""


@dataclass(frozen=True)
class Metrics:
    """How answers are scored."""

    entries: tuple[str | tuple[tuple[str, object], ...], ...]
    """Names, or the keys of a mapping with a `name`; the headline first."""
    references: str | None = None
    choices: str | None = None
    extract_label: bool = False


@dataclass(frozen=True)
class Answer:
    """What kind of answer the output is."""

    type: OutputType
    manner: Manner
    labels: tuple[str, ...] = ()
    """Of a category of few labels, the most frequent first; all that the rows have."""
    keys: tuple[str, ...] = ()
    """Of JSON mappings that share them."""
    low: float | None = None
    high: float | None = None
    longest: int = 0
    """Characters of the longest answer."""
    cast: Literal["integer"] | None = None
    """Labels that are whole numbers written as floats."""
    decimal: Literal[","] | None = None
    """Numbers that are written with a decimal comma."""
    letters: bool = False
    """The numbers are shown as letters."""


@dataclass(frozen=True)
class Division:
    """Where training and held-out rows come from."""

    type: Literal["fixed", "hash", "random"]
    column: str | None = None
    meanings: tuple[tuple[str, SplitName], ...] = ()
    """Values of the column that are not train, validation, test → what they mean."""
    probabilities: tuple[float, float, float] | None = None
    scored: SplitName = "test"
    scored_rows: int | None = None
    """How many of these rows there are, where a column says it."""
    trains: bool = True
    """False: there are no training rows, and the task can only be evaluated."""


@dataclass(frozen=True)
class Guess:
    """Everything that a task file says of its data."""

    form: Form
    rows: int
    columns: tuple[str, ...]
    profiles: dict[str, Profile]
    output: str | None
    """None: whole conversations."""
    inputs: tuple[str, ...]
    answer: Answer
    division: Division
    metrics: Metrics
    options: str | None
    """The column of lists that are the choices of a question."""
    choices: tuple[Choice, ...]
    notes: tuple[str, ...]
    """What the user should know of the data."""
    left: tuple[str, ...] = ()
    """Columns that are not shown to the model, each with why."""
