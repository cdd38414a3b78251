"""Checks of `preprocessing.split`: keys that its type does not look at, and shares that leave nothing.

    split: {type: fixed, seed: 7}         →  LF237, a column says the split and nothing is drawn
    probabilities: [0.9, 0.1, 0]          →  LF281, no row to score

*Not here:* dividing rows (lfine.finetune.data.splits).
"""

from __future__ import annotations

from collections.abc import Iterator

from lfine.schemas.sense.checks import Check, Found
from lfine.schemas.sense.view import View

SPLIT = "preprocessing.split"
NAMES = ("train", "validation", "test")


def by_column(view: View) -> bool:
    """Tell whether a column says the split, as far as the file tells: a column alone means fixed."""
    kind = view.text(f"{SPLIT}.type")
    return kind == "fixed" or (kind is None and view.given(f"{SPLIT}.column"))


def shares(view: View) -> list[float]:
    """Return the shares of train, validation and test; empty where they do not decide or are not three numbers."""
    numbers = view.numbers(f"{SPLIT}.probabilities")
    return numbers if len(numbers) == 3 and not by_column(view) and not view.given("dataset.train") else []


def split_column_ignored(view: View) -> Iterator[Found]:
    kind = view.text(f"{SPLIT}.type")
    if kind in ("hash", "random") and view.given(f"{SPLIT}.column"):
        message = f"split.column is not looked at where split.type is {kind}"
        yield Found(f"{SPLIT}.column", message, "remove `column`, or write `type: fixed`")


def shares_ignored(view: View) -> Iterator[Found]:
    if by_column(view) and view.given(f"{SPLIT}.probabilities"):
        message = "split.probabilities is not looked at where a column says the split"
        yield Found(f"{SPLIT}.probabilities", message, "remove `probabilities`, or write `type: hash`")


def split_seed_ignored(view: View) -> Iterator[Found]:
    dated = view.text(f"{SPLIT}.type") == "datetime"
    sampled = view.number("preprocessing.sample_ratio") != 1  # drawn by the same seed
    if view.given(f"{SPLIT}.seed") and (dated or by_column(view)) and not sampled:
        why = "split.type is datetime" if dated else "a column says the split"
        yield Found(f"{SPLIT}.seed", f"split.seed is not looked at where {why}", "remove `seed`")


def split_without_column(view: View) -> Iterator[Found]:
    kind = view.text(f"{SPLIT}.type")
    if kind in ("group", "datetime") and not view.given(f"{SPLIT}.column"):
        message = f"split.type is {kind}, and split.column does not say what to go by"
        yield Found(f"{SPLIT}.type", message, "add `column:` with the name of a column")


def shares_not_one(view: View) -> Iterator[Found]:
    numbers = view.numbers(f"{SPLIT}.probabilities")
    if len(numbers) == 3 and abs(sum(numbers) - 1) > 1e-6:
        message = f"preprocessing.split.probabilities must add up to 1, got {sum(numbers):g}"
        yield Found(f"{SPLIT}.probabilities", message, "change the shares of train, validation and test")


def split_without_share(view: View) -> Iterator[Found]:
    scored = view.text("evaluation.split") or "test"
    found = dict(zip(NAMES, shares(view), strict=False))
    for name, why in (("train", "nothing to train on"), (scored, "nothing to score")):
        if found.get(name) == 0:
            message = f"preprocessing.split.probabilities gives {name} a share of 0: there would be {why}"
            yield Found(f"{SPLIT}.probabilities", message, "write for instance `[0.8, 0.1, 0.1]`")


CHECKS = (
    Check("LF235", split_column_ignored),
    Check("LF236", shares_ignored),
    Check("LF237", split_seed_ignored),
    Check("LF238", split_without_column),
    Check("LF239", shares_not_one),
    Check("LF281", split_without_share),
)
