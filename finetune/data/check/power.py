"""How small a difference between two models a test set can show: the arithmetic, without a library.

    paired_difference(1000) == 0.040     two models on the same 1,000 rows, 20% of which they answer differently
    unpaired_difference(1000) == 0.050   on 1,000 rows each, an accuracy of 0.8

Chance of a false alarm 5%, two-sided; a difference that is there is seen with a chance of 80% (power). Paired:
McNemar's test, R. J. Connor, Biometrics 43 (1987). Unpaired: two proportions in the normal approximation.

*Not here:* testing two models' answers (lfine.evaluation.compare).
"""

from __future__ import annotations

import math

ALARM = 1.959964
"""Standard deviations that a two-sided 5% leaves outside."""
POWER = 0.841621
"""Standard deviations that a power of 80% asks for on top."""
DISCORDANT = 0.2
"""Share of rows that one of two models answers rightly and the other wrongly: between 0.1 and 0.3 for fine-tunes."""
ACCURACY = 0.8


def paired_difference(rows: int, *, discordant: float = DISCORDANT) -> float | None:
    """Return the smallest difference d in accuracy that a paired test shows; None where no difference is large enough.

    Solves d·√n = ALARM·√ψ + POWER·√(ψ − d²), which is quadratic in d; d is never more than ψ.
    """
    if rows < 1:
        return None
    first, second = rows + POWER**2, ALARM * math.sqrt(rows * discordant)
    root = second**2 - first * (ALARM**2 - POWER**2) * discordant
    if root < 0:
        return None
    found = (second + math.sqrt(root)) / first
    return found if found <= discordant else None


def unpaired_difference(rows: int, *, accuracy: float = ACCURACY) -> float | None:
    """Return the smallest difference that two separate samples of `rows` show; None where it would be more than 1."""
    if rows < 1:
        return None
    found = (ALARM + POWER) * math.sqrt(2 * accuracy * (1 - accuracy) / rows)
    return found if found <= 1 else None


def rows_needed(difference: float, *, discordant: float = DISCORDANT) -> int:
    """Return the rows from which a paired test shows this difference."""
    share = max(discordant, difference)
    return math.ceil(((ALARM * math.sqrt(share) + POWER * math.sqrt(share - difference**2)) / difference) ** 2)
