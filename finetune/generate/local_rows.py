"""What local generation is asked, and what it gives back: settings, rows on their way, answers.

    settings = GenerationSettings(8, stop_ids=frozenset({2}), batch_size=64)
    rows_of([[5, 6], [5, 7], [5, 6]], row_ids=range(3), apart=False)     # two rows; the first answers prompts 0 and 2

*Not here:* running a model (local.py), choosing a token (local_choice.py).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from lfine.finetune.generate.constraints import Constraint
from lfine.finetune.generate.local_sampling import Drawing
from lfine.finetune.generate.stopping import StopTexts


@dataclass(frozen=True)
class GenerationSettings:
    max_new_tokens: int
    stop_ids: frozenset[int]
    """Tokens that end an answer."""
    batch_size: int
    """Prompts answered at once; changes speed and memory, never the text."""
    drawing: Drawing = field(default_factory=Drawing)
    repetition_penalty: float = 1.0
    stop: StopTexts | None = None
    """Texts that end an answer."""
    constraint: Constraint | None = None
    """What can be answered at all."""
    layout: str = "packed"
    """packed or padded: how rows are computed (GenerationPlan.layout)."""
    window: int | None = None
    """Tokens that the model attends to; a row that could become longer is computed in the padded layout."""

    @property
    def drawn(self) -> bool:
        """Whether chance has a say."""
        return self.drawing.temperature > 0

    @property
    def exact_logits(self) -> bool:
        """Whether more than the order of the logits counts."""
        return self.drawn or self.repetition_penalty != 1


@dataclass(frozen=True)
class Answer:
    number: int
    """Position of the prompt among those given."""
    token_ids: tuple[int, ...]
    """Generated tokens without the one that ended the answer."""
    finish_reason: str
    """stop: a stop token or text came; length: max_new_tokens were generated."""
    generated: int
    """Tokens of the answer, the stop token among them."""
    cut: int | None = None
    """Characters of the tokens' text that come before a stop text; None: all."""


@dataclass
class Row:
    """One prompt and its answer so far."""

    prompt: tuple[int, ...]
    row_id: int
    """Decides the row's chance."""
    numbers: tuple[int, ...]
    """Positions of the prompt among those given."""
    tokens: list[int] = field(default_factory=list)
    reason: str = "length"
    generated: int = 0
    cut: int | None = None

    def answers(self) -> Iterator[Answer]:
        for number in self.numbers:
            yield Answer(number, tuple(self.tokens), self.reason, self.generated, self.cut)


def rows_of(prompts: Sequence[Sequence[int]], row_ids: Sequence[int], *, apart: bool) -> list[Row]:
    """Return the rows to answer, shortest first; with `apart` identical prompts get an answer each."""
    same: dict[tuple[tuple[int, ...], int], list[int]] = {}
    for number, prompt in enumerate(prompts):
        same.setdefault((tuple(prompt), number if apart else 0), []).append(number)
    rows = [Row(prompt, row_ids[numbers[0]], tuple(numbers)) for (prompt, _), numbers in same.items()]
    return sorted(rows, key=lambda row: (len(row.prompt), row.prompt, row.numbers))


def packed_part(
    places: Sequence[int], longest: Sequence[int], settings: GenerationSettings
) -> tuple[list[int], list[int]]:
    """Divide places into those computed packed and the others, by how long each one's sequence can become."""
    if settings.layout != "packed":
        return [], list(places)
    fits = [settings.window is None or longest[place] <= settings.window for place in places]
    return (
        [place for place, fit in zip(places, fits, strict=True) if fit],
        [place for place, fit in zip(places, fits, strict=True) if not fit],
    )
