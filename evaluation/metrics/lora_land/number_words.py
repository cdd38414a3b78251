"""A whole number in English words as the inflect library writes it, but for hyphens and commas: ROUGE sees neither.

    number_words(-86_598) == "minus eighty six thousand five hundred and ninety eight"
    number_words(1_005) == "one thousand and five"

*Not here:* numbers with a fraction, ordinals.
"""

from __future__ import annotations

from collections.abc import Iterator

SMALL = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"),
    *("thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
)
TENS = ("", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
THOUSANDS = (
    *("", "thousand", "million", "billion", "trillion", "quadrillion", "quintillion", "sextillion"),
    *("septillion", "octillion", "nonillion", "decillion"),
)
BEYOND = 1000 ** len(THOUSANDS)
"""The smallest number that has no words."""


def number_words(number: int) -> str | None:
    """Return the words, None from a thousand decillion on, where inflect raises."""
    if abs(number) >= BEYOND:
        return None
    words = [] if number >= 0 else ["minus"]
    return " ".join([*words, *(_words(abs(number)) if number else ("zero",))])


def _words(number: int) -> Iterator[str]:
    for power in reversed(range(len(THOUSANDS))):
        group = number // 1000**power % 1000
        if group and power == 0 and group < 100 and number >= 1000:
            yield "and"
        yield from _group(group)
        if group and power:
            yield THOUSANDS[power]


def _group(group: int) -> Iterator[str]:
    hundreds, rest = divmod(group, 100)
    if hundreds:
        yield from (SMALL[hundreds], "hundred")
    if hundreds and rest:
        yield "and"
    if rest >= 20:
        yield TENS[rest // 10]
        rest %= 10
    if rest:
        yield SMALL[rest]
