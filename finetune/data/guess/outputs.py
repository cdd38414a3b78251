"""Which column is the answer: points for its name, its values, and how it stands to other columns.

    candidates({"message": …, "department": …}, split=None)
      ─▶  [Candidate("department", 9.0, ("its name", "8 values that recur")), Candidate("message", -2.0, …)]

The first is the guess, the next are the alternatives. How sure it is goes by the distance between the two.

*Not here:* what kind of answer it is (lfine.finetune.data.guess.kinds), inputs (…inputs).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from lfine.finetune.data.guess import relations
from lfine.finetune.data.guess.lexicon import answer_points, is_about_the_row, is_input_name
from lfine.finetune.data.guess.predicting import Told, told
from lfine.finetune.data.guess.profiles import Profile
from lfine.finetune.data.guess.records import Certainty
from lfine.finetune.data.outputs import MAX_LABELS

Profiles = Mapping[str, Profile]

SURE_BY, LIKELY_BY = 4.0, 2.0
"""Points between the first and the second candidate."""
CLOSE = 3.0
"""Points between candidates of labels within which the words of the texts are asked."""
MOSTLY_EMPTY = 0.5
LONGER = 3.0
"""How many times longer than any other text one is that is read and not written."""


@dataclass(frozen=True)
class Candidate:
    """A column as the answer."""

    column: str
    points: float
    reasons: tuple[str, ...]
    """What speaks for it, the strongest first."""


def candidates(columns: Profiles, *, split: str | None = None, constants: bool = False) -> list[Candidate]:
    """Return the columns that could be the answer, the likeliest first; ids, constants and dates are none.

    With `constants` a column of one value is one all the same where it is named like an answer.
    """
    free = {
        name: one for name, one in columns.items() if name != split and _possible(one, columns, constants=constants)
    }
    found = [_candidate(name, free, columns) for name in free]
    found = _by_words(found, columns)
    found.sort(key=lambda one: -one.points)
    return _readable(found, columns)


def certainty(found: list[Candidate], columns: Profiles) -> Certainty:
    """Return how sure the first candidate is: by its distance to the next one that does not say the same."""
    first = found[0]
    others = [one for one in found[1:] if not relations.twins(columns[first.column], columns[one.column])]
    ahead = first.points - (others[0].points if others else 0.0)
    if first.points >= SURE_BY and ahead >= SURE_BY:
        return "sure"
    return "likely" if first.points > 0 and ahead >= LIKELY_BY else "a guess"


def _possible(one: Profile, columns: Profiles, *, constants: bool) -> bool:
    if one.kind in ("empty", "date") or one.is_id:
        return False
    if one.constant and not (constants and answer_points(one.name)[0] > 0):
        return False
    return not any(relations.references_of(other, one) for other in columns.values())


def _candidate(name: str, free: Profiles, columns: Profiles) -> Candidate:
    said = sorted(_evidence(free[name], free, columns), key=lambda found: -found[0])
    points = sum(found for found, _ in said)
    return Candidate(name, points, tuple(reason for found, reason in said if found > 0))


def _evidence(one: Profile, free: Profiles, columns: Profiles) -> Iterator[tuple[float, str]]:
    """Yield points and reason for all that speaks for a column or against it."""
    yield answer_points(one.name)
    if is_input_name(one.name):
        yield -4.0, "named like an input"
    if is_about_the_row(one.name):
        yield -3.0, "named like something known about the row"
    yield from _of_values(one)
    yield from _of_others(one, free, columns)


def _of_values(one: Profile) -> Iterator[tuple[float, str]]:
    if one.label_like:
        recurring = f"{one.distinct} values that recur"
        yield (3.0 if one.distinct <= MAX_LABELS else 2.0), recurring
    elif one.kind == "number":
        yield 1.0, "numbers"
    if one.is_sql:
        yield 5.0, "its texts are SQL queries"
    if one.is_tables:
        yield -4.0, "its texts make tables"
    if one.kind == "mapping":
        yield 2.0, "its cells are JSON"
    if one.kind == "list":
        yield -1.0, "its cells are lists"
    if len(one.filled) < MOSTLY_EMPTY * len(one.texts):
        yield -4.0, "most of its cells are empty"


def _of_others(one: Profile, free: Profiles, columns: Profiles) -> Iterator[tuple[float, str]]:
    names = list(free)
    if len(names) > 1 and one.name == names[-1]:
        yield 1.0, "the last column"
    if len(names) > 1 and one.name == names[0]:
        yield -1.0, "the first column"
    others = [other for name, other in free.items() if name != one.name]
    texts = [other for other in others if other.running]
    if one.running and texts and _length(one) >= LONGER * max(map(_length, texts)):
        yield -2.0, "by far the longest text"
    for other in columns.values():
        if other.name == one.name:
            continue
        if relations.references_of(one, other):
            yield 8.0, f"it is one of the right answers in `{other.name}`"
        if relations.points_into(one, other):
            yield 4.0, f"it says which item of `{other.name}` is meant"


def _length(one: Profile) -> float:
    return sum(map(len, one.filled)) / max(1, len(one.filled))


def _by_words(found: list[Candidate], columns: Profiles) -> list[Candidate]:
    """Let the words of the texts decide between columns of labels that are close to one another."""
    best = max((one.points for one in found), default=0.0)
    close = [one for one in found if one.points >= best - CLOSE and _is_told(columns[one.column])]
    texts = [one for one in columns.values() if one.running and not one.is_id]
    if len(close) < 2 or not texts:
        return found
    joined = [" ".join(row) for row in zip(*(one.texts for one in texts), strict=True)]
    gains = {one.column: told(joined, columns[one.column].texts) for one in close}
    return [_told(one, gains.get(one.column)) for one in found]


def _is_told(one: Profile) -> bool:
    return one.label_like and one.distinct <= MAX_LABELS


def _told(one: Candidate, gain: Told | None) -> Candidate:
    if gain is None:
        return one
    points = max(0.0, min(2.0, 5 * gain.gain))
    if points < 0.5:
        return one
    reason = f"words tell it in {gain.right:.0%} of the rows, and its commonest value is right in {gain.frequent:.0%}"
    return Candidate(one.column, one.points + points, (*one.reasons, reason))


def _readable(found: list[Candidate], columns: Profiles) -> list[Candidate]:
    """Put before the first candidate the column that says the same in words, where it is a number or a flag."""
    if not found or columns[found[0].column].kind == "text":
        return found
    first = columns[found[0].column]
    for other in found[1:]:
        one = columns[other.column]
        if one.kind == "text" and relations.twins(first, one):
            reason = f"it says in words what `{first.name}` says"
            return [
                Candidate(one.name, found[0].points, (reason, *found[0].reasons)),
                *(c for c in found if c != other),
            ]
    return found
