"""Where the training rows and the rows to score come from.

    division_of({"fold": …}, rows) -> Division("fixed", "fold", meanings=(("dev", "validation"),))

*Not here:* dividing (lfine.finetune.data.splits).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from lfine.finetune.data.guess.lexicon import parts
from lfine.finetune.data.guess.records import Certainty, Choice, Division
from lfine.finetune.data.splits import NAMES
from lfine.finetune.data.values import Row, text_of
from lfine.schemas.task import SplitName

MEANINGS: dict[str, SplitName] = {
    "train": "train", "training": "train", "trn": "train", "learn": "train",
    "validation": "validation", "valid": "validation", "val": "validation", "dev": "validation",
    "development": "validation", "test": "test", "testing": "test", "tst": "test", "eval": "test", "holdout": "test",
}  # fmt: skip
"""What the values of a column say."""
NUMBERED: dict[str, SplitName] = {"0": "train", "1": "validation", "2": "test"}
WORDS = frozenset(("split", "splits", "fold", "partition", "set", "subset", "usage", "phase"))
MOST_VALUES = 6
"""Of a column that says the split."""
FEW = 100
"""Rows below which shares are exact: a hash could leave a side empty."""
FEWEST = 2
"""Rows that can be divided at all."""


def division_of(columns: Sequence[str], rows: Sequence[Row]) -> tuple[Division, Choice]:
    """Return where rows come from, by a column or by their content, and how sure it is."""
    found = _column(columns, rows)
    if found is None:
        return _by_content(rows)
    name, meanings = found
    counts = Counter(meanings[_value(row[name])] for row in rows)
    scored: SplitName = "test" if counts["test"] else "validation"
    trains = counts["train"] > 0
    odd = any(value.strip().lower() not in (meaning, *NUMBERED) for value, meaning in meanings.items())
    kept = tuple(meanings.items()) if odd else ()
    each = ", ".join(f"{split} {counts[split]:,}" for split in NAMES if counts[split])
    sure: Certainty = "sure" if "split" in parts(name) or len(meanings) > 1 else "likely"
    choice = Choice(
        "split", f"column {name}", sure, f"its values say it: {each}", ("type: hash, by each row's content",)
    )
    return Division("fixed", name, kept, scored=scored, scored_rows=counts[scored], trains=trains), choice


def _column(columns: Sequence[str], rows: Sequence[Row]) -> tuple[str, dict[str, SplitName]] | None:
    """Return the column whose every value names a split, the one called so first, and what its values mean."""
    ranked = sorted(columns, key=lambda name: (name != "split", WORDS.isdisjoint(parts(name))))
    numbered = {name: not WORDS.isdisjoint(parts(name)) for name in ranked}
    known: dict[str, dict[str, SplitName]] = {name: {} for name in ranked}
    left = ranked
    for row in rows:  # once: they may lie on disk
        left = [name for name in left if _goes_on(known[name], _value(row[name]), numbered=numbered[name])]
        if not left:
            return None
    for name in left:
        splits = set(known[name].values())
        if splits == {"test"} or len(splits) > 1:
            return name, dict(sorted(known[name].items()))
    return None


def _goes_on(known: dict[str, SplitName], value: str, *, numbered: bool) -> bool:
    """Note which split a value names; False where it names none, or is one too many."""
    if value in known:
        return True
    meaning = _meaning(value, numbered=numbered)
    if meaning is None or len(known) == MOST_VALUES:
        return False
    known[value] = meaning
    return True


def _meaning(value: str, *, numbered: bool) -> SplitName | None:
    word = value.strip().lower()
    return MEANINGS.get(word) or (NUMBERED.get(word) if numbered else None)


def _value(cell: object) -> str:
    return "[]" if isinstance(cell, (list, dict)) else text_of(cell)


def _by_content(rows: Sequence[Row]) -> tuple[Division, Choice]:
    """Return 80/10/10 by a hash; of few rows in exact shares. A column `split` that means nothing is not gone by."""
    n = len(rows)
    if n < FEWEST:
        return Division("hash"), Choice("split", "by content", "a guess", "one row cannot be divided: add rows")
    if n < FEW:
        shares = (0.8, 0.1, 0.1) if n >= 20 else (0.6, 0.2, 0.2) if n >= 10 else (0.5, 0.0, 0.5)
        why = f"no column says it; {n} rows are few, so the shares are exact"
        return Division("random", probabilities=shares), Choice("split", "at random", "likely", why, ("type: hash",))
    others = (
        "type: stratify, for the same shares of each label",
        "type: group with a column, to keep its rows together",
    )
    why = "no column says it; each row's content decides, so that equal rows stay on one side"
    return Division("hash"), Choice("split", "80/10/10 by content", "likely", why, others)
