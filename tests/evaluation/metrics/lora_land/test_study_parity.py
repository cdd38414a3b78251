"""LoRA Land's metrics beside a second reading of the study's rules, in words of one step each and without its regexes.

*Not here:* recorded scores of the study's own functions, rows on which its script stops one by one (test_study.py).
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from rouge_score.rouge_scorer import RougeScorer

from lfine.evaluation.metrics.registry import find
from tests.evaluation.metrics.asking import Pair, asked, parity, per_row, pieces, unjudged

Rule = Callable[[str, str], float | None]
"""(answer, gold answer) → score; None where the study's script stops."""
LIBRARY = RougeScorer(["rougeL"])


def compare(name: str, rule: Rule, *pairs: Pair) -> None:
    answered = asked(pairs)
    expected = [0.0 if answer is None else rule(answer, gold) for gold, answer in pairs]
    metric = find(f"lora_land.{name}")
    assert list(per_row(metric, answered)) == [each or 0.0 for each in expected], (name, pairs)
    assert unjudged(metric, answered) == expected.count(None), (name, pairs)


def cases(texts: st.SearchStrategy[str], golds: st.SearchStrategy[str] | None = None) -> st.SearchStrategy[Pair]:
    """Return gold answers with an answer: any, missing, the gold one, or one that holds it."""

    def pair(gold: str, text: str, luck: int) -> Pair:
        return gold, (text, text, text, gold.replace(".0", ""), gold, gold + text, f"{gold}.", None)[luck]

    return st.builds(pair, texts if golds is None else golds, texts, st.integers(0, 7))


def without_stops(text: str) -> str:
    """Take full stops off both ends, nothing else, and lower the rest."""
    while text.startswith("."):
        text = text[1:]
    while text.endswith("."):
        text = text[:-1]
    return text.lower()


def plain_accuracy(answer: str, gold: str) -> float:
    if without_stops(answer) == without_stops(gold):
        return 1.0
    try:
        spelling = repr(float(answer))
    except ValueError:
        return 0.0
    return 1.0 if spelling == gold.strip() else 0.0


def with_digits(digits: str) -> Rule:
    return lambda answer, gold: max(plain_accuracy(answer, gold), float(bool({*answer} & {*gold} & {*digits})))


def a_number(text: str) -> str:
    """Return the first run of at most three digits, with groups of three behind commas and a fraction; "" without."""
    start = next((place for place, sign in enumerate(text) if sign.isdecimal()), len(text))
    end = start
    while end < len(text) and text[end].isdecimal() and end - start < 3:
        end += 1
    while text[end : end + 1] == "," and len(text[end + 1 : end + 4]) == 3 and text[end + 1 : end + 4].isdecimal():
        end += 4
    behind = end + 1
    while behind < len(text) and text[behind].isdecimal():
        behind += 1
    return text[start:behind] if text[end : end + 1] == "." and behind > end + 1 else text[start:end]


LABELS = pieces("0", "1", "2", "3", "12", "1.0", "2.", "10", " ", ".", ",", "Yes", "yes", "é", "É", "\n", "nan", most=4)


@parity(
    *("lora_land.accuracy", "lora_land.mnli_accuracy", "lora_land.hellaswag_accuracy", "lora_land.mrpc_accuracy"),
    *("lora_land.mmlu_accuracy", "lora_land.customer_support_accuracy"),
)
@given(cases(LABELS))
def test_accuracies(pair: Pair) -> None:
    compare("accuracy", plain_accuracy, pair)
    compare("mnli_accuracy", with_digits("012"), pair)
    compare("hellaswag_accuracy", with_digits("0123"), pair)
    compare("mrpc_accuracy", with_digits("12"), pair)
    compare("mmlu_accuracy", lambda said, gold: max(plain_accuracy(said, gold), a_number(said) == a_number(gold)), pair)
    compare("customer_support_accuracy", lambda said, gold: max(plain_accuracy(said, gold), held(gold, said)), pair)


def held(part: str, text: str) -> float:
    """Say whether a text holds another, upper case or lower."""
    part, text = part.lower(), text.lower()
    return float(any(text[place : place + len(part)] == part for place in range(len(text) + 1)))


TRUTHS = pieces(
    *("1", "0", "yes", "no", "true", "false", "positive", "negative", "not", "K", "YES", "No", "İ", "maybe", " ", "."),
    *("Pos", "itive", "10", "01", "yes or no", "no, yes", "false: true"),
    most=3,
)


def truth(text: str) -> bool | None:
    """Return what the first of the eight signs says that stands anywhere; yes and no take turns."""
    for place, sign in enumerate(("1", "0", "yes", "no", "true", "false", "positive", "negative")):
        if held(sign, text):
            return place % 2 == 0
    return None


@parity("lora_land.binary_accuracy_flex")
@given(cases(TRUTHS))
def test_binary_accuracy(pair: Pair) -> None:
    compare("binary_accuracy_flex", lambda said, gold: float(truth(said) in ({truth(gold)} - {None})), pair)


SIMILARITIES = pieces(
    *("0", "1", "4", "5", "12", "1,000", "1,00", ".5", ".", "-", " ", "about", "of", "nan", "inf", "1e1", "٣", "_"),
    most=3,
)


def similarity(text: str) -> float | None:
    """Return what Python takes for a float, else the first number if at most 5; ValueError for one with commas."""
    try:
        return float(text)
    except ValueError:
        number = a_number(text)
    if not number:
        return None
    value = float(number)
    return None if value > 5 else value


def stsb(answer: str, gold: str) -> float | None:
    try:
        said = similarity(answer)
    except ValueError:
        return None
    wanted = similarity(gold)
    if said is None or wanted is None:
        return 0.0
    score = 1 - abs(said - wanted) / 5
    return None if math.isnan(score) or math.isinf(score) else score


@parity("lora_land.stsb")
@given(cases(SIMILARITIES, st.sampled_from(("4", "0", "2.5", "about 3.25", "5 of 5", "-1", "٣"))))
def test_stsb(pair: Pair) -> None:
    compare("stsb", stsb, pair)


MONEY = pieces("7", "72", "1,200", "$", ".", ",", "-", " ", "####", "x", "0", "½", "٣", most=5)


def last_run(text: str) -> str:
    """Return the last run, found from the left: two or more of the signs with a minus before, else digits with one."""
    found, place = "", 0
    while place < len(text):
        start = place + (text[place] == "-")
        end = start
        while end < len(text) and text[end] in "$0123456789.,":
            end += 1
        if end - start == 1 and text[start] not in "0123456789":
            end = start
        if end > start:
            found, place = text[place:end], end
        else:
            place += 1
    return found


def gsm8k(answer: str, gold: str) -> float:
    values = []
    for text in (answer, gold):
        run = last_run(text)
        while run[:1] in ("$", ".") and run:
            run = run[1:]
        while run[-1:] in ("$", ".") and run:
            run = run[:-1]
        try:
            values.append(float("".join(run.split(","))))
        except ValueError:
            return 0.0
    return float(values[0] == values[1])


@parity("lora_land.gsm8k_regex")
@given(cases(MONEY))
def test_gsm8k(pair: Pair) -> None:
    compare("gsm8k_regex", gsm8k, pair)


WORDS = pieces("the", "Cat", "cat", "it's", "3.5", "naïve", "x-ray", "\n", "дом", "Film", most=7, between=" ")


def rouge(answer: str, gold: str) -> float:
    """Return the library's figure in single precision."""
    return float(np.float32(LIBRARY.score(gold, answer)["rougeL"].fmeasure))


@parity("lora_land.rouge")
@given(cases(WORDS))
def test_rouge(pair: Pair) -> None:
    compare("rouge", rouge, pair)


CLASSES = (
    *("Company", "EducationalInstitution", "Artist", "Athlete", "OfficeHolder", "MeanOfTransportation", "Building"),
    *("NaturalPlace", "Village", "Animal", "Plant", "Album", "Film", "WrittenWork"),
)
CLASS_TEXTS = st.one_of(
    st.integers(-20, 20).map(str),
    pieces(*CLASSES, "2", "-", ",", "or", "٣", "_", most=3, between=" "),
    st.sampled_from((" 2\n", "1_0", "+3", "2.0", "02", "٣", "-0", "")),
)


def dbpedia(answer: str, gold: str) -> float | None:
    try:
        number = int(answer)
    except ValueError:
        return rouge(answer, gold)
    counted = dict(enumerate(CLASSES)) | {n - 14: name for n, name in enumerate(CLASSES)}
    return rouge(counted[number], gold) if number in counted else None


@parity("lora_land.dbpedia")
@given(cases(CLASS_TEXTS, st.sampled_from(CLASSES)))
def test_dbpedia(pair: Pair) -> None:
    compare("dbpedia", dbpedia, pair)


ONES = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"),
    *("thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
)
TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
POWERS = (
    *("thousand", "million", "billion", "trillion", "quadrillion", "quintillion"),
    *("sextillion", "septillion", "octillion", "nonillion", "decillion"),
)


def spelt(number: int) -> str:
    """Spell a number by what is left of it, as inflect does but for hyphens and commas."""
    if number < 0:
        return f"minus {spelt(-number)}"
    if number < 20:
        return ONES[number]
    if number < 100:
        return TENS[number // 10 - 2] + (f" {ONES[number % 10]}" if number % 10 else "")
    if number < 1000:
        return f"{ONES[number // 100]} hundred" + (f" and {spelt(number % 100)}" if number % 100 else "")
    power = max(power for power in range(1, 12) if number >= 1000**power)
    rest = number % 1000**power
    last = f" and {spelt(rest)}" if 0 < rest < 100 else f" {spelt(rest)}" if rest else ""
    return f"{spelt(number // 1000**power)} {POWERS[power - 1]}{last}"


def spoken(text: str) -> str | None:
    try:
        number = int(text)
    except ValueError:
        return text
    return spelt(number) if abs(number) < 10**36 else None


def drop(answer: str, gold: str) -> float | None:
    """Both lowered; the gold answer's inside, and the answer's if it begins as the gold ones do, without the quotes."""
    inside = gold.lower().split("[", 1)[1]
    wanted = spoken(cut(gold.lower(), inside))
    said: str | None = answer.lower()
    if answer.lower().startswith("{'spans': array(['"):
        if "]" not in answer:
            return None
        said = cut(answer.lower(), answer.lower().split("[", 1)[1])
    said = spoken(said or "")
    return None if wanted is None or said is None else rouge(said, wanted)


def cut(text: str, inside: str) -> str:
    """Return the text up to its first `]`, a character less on either side."""
    assert text.index("]") > text.index("[")
    return inside.split("]", 1)[0][1:-1]


SPANS = st.one_of(
    pieces("Smith", "the", "five", "and", "4", "hundred", "É", "-", most=3, between=" "),
    st.integers(0, 36).flatmap(lambda power: st.integers(-(10**power), 10**power)).map(str),
    st.sampled_from(("0", "20", "105", "1000", "1001", "1100", "2000100", "86598", " 7 ", "1_0", "4.0", "-5", "")),
)
ARRAYS = SPANS.map(lambda span: f"{{'spans': array(['{span}'], dtype=object), 'types': array(['x'], dtype=object)}}")


@parity("lora_land.drop")
@given(cases(st.one_of(SPANS, SPANS, ARRAYS, ARRAYS.map(lambda text: text.replace("]", ""))), ARRAYS), st.booleans())
def test_drop(pair: Pair, spelled: bool) -> None:
    gold, answer = pair
    if spelled:  # the gold answer's own words
        answer = spoken(cut(gold.lower(), gold.lower().split("[", 1)[1]))
    compare("drop", drop, (gold, answer))


def label_and_explanation(answer: str, gold: str) -> float | None:
    sides = []
    for text in (answer, gold):
        try:
            side = json.loads(text)
        except ValueError:
            return 0.0
        if not isinstance(side, dict) or len(side) != 2 or "explanation" not in side:
            return 0.0
        sides.append((next(value for key, value in side.items() if key != "explanation"), side["explanation"]))
    (said, because), (wanted, why) = sides
    if said != wanted:
        return 0.0
    return rouge(because, why) if isinstance(because, str) and isinstance(why, str) else None


EXPLANATIONS = st.builds(
    lambda key, label, why, more: json.dumps({key: label, "explanation": why} | more),
    st.sampled_from(("label", "x", "é", "explanation")),
    st.sampled_from((1, 1.0, True, 1, "1", "yes", "yes", None, [1])),
    st.one_of(WORDS, WORDS, WORDS, st.none()),
    st.sampled_from(({}, {}, {}, {"more": 0})),
)
NO_PAIRS = st.sampled_from(("", "yes", "[]", "{}", '"explanation"', '["explanation", 1]', "{", "null"))


@parity("lora_land.label_and_explanation")
@given(cases(st.one_of(EXPLANATIONS, EXPLANATIONS, NO_PAIRS), EXPLANATIONS))
def test_label_and_explanation(pair: Pair) -> None:
    compare("label_and_explanation", label_and_explanation, pair)


def test_the_second_spelling_is_inflect_s_too() -> None:
    numbers: Sequence[int] = (0, 21, 115, 1001, 1100, 86598, 2000100, -5)
    assert [spelt(number) for number in numbers] == [
        "zero",
        "twenty one",
        "one hundred and fifteen",
        "one thousand and one",
        "one thousand one hundred",
        "eighty six thousand five hundred and ninety eight",
        "two million one hundred",
        "minus five",
    ]
