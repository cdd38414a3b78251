"""How small a difference between two models a test set can show: the arithmetic, without a library.

    paired_difference(1000) == 0.040     two models on the same 1,000 rows, 20% of which only one of them has right
    shown_by_pairs(30, 25, 1000) == 0.022     the same with the 55 rows that were won or lost
    unpaired_difference(1000) == 0.050   on 1,000 rows each, an accuracy of 0.8

Chance of a false alarm 5%, two-sided; a difference that is there is seen with a chance of 80% (power). Paired:
McNemar's test with continuity correction, which is what the exact one needs (R. J. Connor, Biometrics 43, 1987, with
the 1 of Edwards 1948). Unpaired: two proportions in the normal approximation.

*Not here:* testing two models' answers (lfine.evaluation.compare).
"""

from __future__ import annotations

import itertools
import math

from lfine.evaluation.proportions import deviations

ALARM = 1.959964
"""Standard deviations that a two-sided 5% leaves outside."""
POWER = 0.841621
"""Standard deviations that a power of 80% asks for on top."""
DISCORDANT = 0.2
"""Share of rows that one of two models answers rightly and the other wrongly: between 0.1 and 0.3 for fine-tunes."""
ACCURACY = 0.8
FEWEST = 6
"""Rows that one model must win, and the other none, for the exact test to see it: 2 / 2**6 is below 0.05."""
MISSED = 0.2
HALVINGS = 40
"""Of an interval of width 1: what is found by halving it is exact to a float's last digits but two."""


def paired_difference(rows: int, *, discordant: float = DISCORDANT) -> float | None:
    """Return the smallest difference d in accuracy that a paired test shows; None where even one of 1 is not.

    Solves n·d - 1 = ALARM·√(n·ψ) + POWER·√(n·(ψ - d²)), which is quadratic in d. ψ is `discordant`, or d where that
    is more: models that are further apart differ on as many rows.
    """
    if rows < 1:
        return None
    first, second = rows + POWER**2, ALARM * math.sqrt(discordant) + 1 / math.sqrt(rows)
    root = rows * second**2 - first * (second**2 - POWER**2 * discordant)
    found = (math.sqrt(rows) * second + math.sqrt(root)) / first if root >= 0 else 1.0
    return found if found <= discordant else _one_sided(rows, discordant)


def _one_sided(rows: int, above: float) -> float | None:
    """Return the same where the better model wins every row on which they differ: ψ = d."""
    low, high = above, 1.0
    if not _wins_enough(rows, high):
        return None
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        low, high = (low, middle) if _wins_enough(rows, middle) else (middle, high)
    return high


def _wins_enough(rows: int, share: float) -> bool:
    """Say whether, of rows that are each won with this chance, FEWEST or more are won four times in five."""
    if rows < FEWEST:
        return False
    fewer = sum(math.comb(rows, won) * share**won * (1 - share) ** (rows - won) for won in range(FEWEST))
    return fewer <= MISSED


def shown_by_pairs(wins: int, losses: int, rows: int) -> float | None:
    """Return `paired_difference` at the rate at which two models were seen to differ.

    One win and one loss more than were seen, so that models that never differed do not count as if they never could.
    """
    return paired_difference(rows, discordant=(wins + losses + 2) / (rows + 2))


def shown_by_interval(low: float, high: float, *, confidence: float) -> float:
    """Return the smallest difference shown where only the interval of the difference is known, not what it is made of.

    Its half is `deviations(confidence)` standard errors wide, and ALARM + POWER of them are needed.
    """
    return (ALARM + POWER) * (high - low) / 2 / deviations(confidence)


def unpaired_difference(rows: int, *, accuracy: float = ACCURACY) -> float | None:
    """Return the smallest difference that two separate samples of `rows` show; None where it would be more than 1."""
    if rows < 1:
        return None
    found = (ALARM + POWER) * math.sqrt(2 * accuracy * (1 - accuracy) / rows)
    return found if found <= 1 else None


def rows_needed(difference: float, *, discordant: float = DISCORDANT) -> int:
    """Return the rows from which a paired test shows this difference."""
    if difference >= discordant:
        return next(rows for rows in itertools.count(FEWEST) if _wins_enough(rows, difference))
    spread = ALARM * math.sqrt(discordant) + POWER * math.sqrt(discordant - difference**2)
    return math.ceil(((spread + math.sqrt(spread**2 + 4 * difference)) / (2 * difference)) ** 2)
