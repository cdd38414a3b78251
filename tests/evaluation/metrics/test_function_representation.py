"""Function representations: what parses, what counts as the same, and ViGGO's own."""

from __future__ import annotations

import random
import re
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from lfine.evaluation.metrics.function_representation import VALUES, Representation, function_representation, parse
from lfine.evaluation.metrics.registry import Answered, PerExample
from tests.evaluation.metrics.asking import asked, outcome, parity, pieces

DATA = Path(__file__).parents[4] / "shared" / "data"


def scores(gold: str, answer: str | None) -> tuple[float, ...]:
    result = function_representation.compute(Answered((gold,), (answer,), ()))
    return tuple(result.scores[name][0] for name in VALUES)  # type: ignore[union-attr]


def test_parts() -> None:
    text = "inform(name[Tony, Jr.], esrb[E 10+ (for Everyone 10, and Older)], has_mac[no])"
    assert parse(text) == Representation(
        "inform",
        frozenset({"name", "esrb", "has_mac"}),
        frozenset(
            {("name", "Tony"), ("name", "Jr."), ("esrb", "E 10+ (for Everyone 10, and Older)"), ("has_mac", "no")}
        ),
    )
    assert parse("request_attribute(esrb[])") == Representation(
        "request_attribute", frozenset({"esrb"}), frozenset({("esrb", "")})
    )
    assert parse("request_attribute(esrb)") == parse("request_attribute(esrb[])")
    assert parse("thanks()") == Representation("thanks", frozenset(), frozenset())


@pytest.mark.parametrize(
    "text",
    ["", "inform", "inform(", "inform(name[a]", "inform(name[a]))", "inform(name[a],)", "inform(name[a] rating[b])",
     "inform(name[a[b]])", "inform(name])", "inform([a])", "Sure: inform(name[a])", "inform(name[a]) request(b[])"],
)  # fmt: skip
def test_what_is_no_representation(text: str) -> None:
    assert parse(text) is None
    assert scores("inform(name[a])", text) == (0, 0, 0, 0)


@pytest.mark.parametrize(
    ("gold", "answer", "expected"),
    [
        ("f(a[x, y], b[z])", " f( b[ z ],a[y,x] ) ", (1, 1, 1, 1)),
        ("f(a[x, y], b[z])", "f(a[x], b[z])", (0, 1, 1, 4 / 5)),
        ("f(a[x, y], b[z])", "g(a[x, y], b[z])", (0, 0, 1, 1)),
        ("f(a[x], b[z])", "f(a[x])", (0, 1, 2 / 3, 2 / 3)),
        ("f(a[x], b[z])", "f(a[x], b[q], c[z])", (0, 1, 4 / 5, 2 / 5)),
        ("f(a[x])", "f(a[X])", (0, 1, 1, 0)),
        ("f(a[x  y])", "f(a[x y])", (1, 1, 1, 1)),
        ("f(a[])", "f(a[x])", (0, 1, 1, 0)),
        ("f()", "f()", (1, 1, 1, 1)),
        ("f()", "f(a[x])", (0, 1, 0, 0)),
        ("f(a[x])", "f(a[x], a[y])", (0, 1, 1, 2 / 3)),
        ("f(a[x])", None, (0, 0, 0, 0)),
        ("f(a[p (q, r (s))])", "f(a[r (s)), p (q])", (0, 1, 1, 0)),  # one value, not two
        ("f(a[p (q, r), s])", "f(a[s, p (q, r)])", (1, 1, 1, 1)),
        ("f(a[p (q, r])", "f(a[r, p (q])", (1, 1, 1, 1)),  # brackets without a partner are none
        ("f(a[p), q])", "f(a[q, p)])", (1, 1, 1, 1)),
    ],
)
def test_scores_worked_out_by_hand(gold: str, answer: str | None, expected: tuple[float, ...]) -> None:
    assert scores(gold, answer) == pytest.approx(expected)


def test_an_answer_that_does_not_parse_says_so() -> None:
    result = function_representation.compute(Answered(("f(a[x])",) * 3, ("f(a[x])", "f(a[x]", None), ()))
    assert result.reasons == (None, "the answer is no representation", None)  # type: ignore[union-attr]


def test_a_gold_answer_that_does_not_parse_cannot_judge() -> None:
    assert function_representation.judges("f(a[x])")
    assert not function_representation.judges("a sentence")


Reading = tuple[str, set[str], set[tuple[str, str]]]


def parts_at_commas(text: str, opening: str, closing: str) -> list[str]:
    """Part a text at the commas that stand in no brackets, character by character."""
    found, depth = [""], 0
    for character in text:
        depth += (character == opening) - (character == closing)
        if character == "," and depth == 0:
            found.append("")
        else:
            found[-1] += character
    return found


def reading(text: str) -> Reading | None:
    """Read a representation from the outside to the inside; None for what is none."""
    name, opened, inside = text.strip().partition("(")
    if not opened or not inside.endswith(")") or not re.fullmatch(r"\w+", name.strip()):
        return None
    names: set[str] = set()
    pairs: set[tuple[str, str]] = set()
    whole = inside[:-1].strip()
    for part in parts_at_commas(whole, "[", "]") if whole else ():
        attribute, bracket, values = part.strip().partition("[")
        good = re.fullmatch(r"\w+", attribute.strip()) and (not bracket or values.endswith("]"))
        if not good or "[" in values or "]" in values[:-1]:
            return None
        names.add(attribute.strip())
        for value in parts_at_commas(values[:-1], "(", ")"):
            pairs.add((attribute.strip(), " ".join(value.split())))
    return name.strip(), names, pairs


def shared(gold: set[str] | set[tuple[str, str]], answer: set[str] | set[tuple[str, str]]) -> float:
    if not gold and not answer:
        return 1.0
    both = sum(each in answer for each in gold)
    precision, recall = both / len(answer) if answer else 0.0, both / len(gold) if gold else 0.0
    return 2 * precision * recall / (precision + recall) if both else 0.0


VALUE = ("x", "X", "y z", "E 10+ (for all, and (more, even) so)", "(a, b)", "é", "", "1999", "Inc.")
ATTRIBUTES = [
    f"{name}{part}"
    for name in ("a", "b", "has_mac", "é", " a ")
    for part in (
        "",
        "[]",
        "[ ]",
        *(f"[{one}, {other}]" for one in VALUE for other in VALUE[:3]),
        *(f"[{one}]" for one in VALUE),
    )
]
TEXTS = st.builds(
    lambda name, inside, end: f"{name}({inside}){end}",
    st.sampled_from(("inform", "inform", "request", " inform ", "é")),
    pieces(*ATTRIBUTES, most=3, between=","),
    st.sampled_from(("", "", "", " \n")),
)
GOLDS = TEXTS.filter(lambda text: reading(text) is not None)


@parity("function_representation")
@given(GOLDS, TEXTS, st.integers(0, 5), st.integers(0, 20), st.sampled_from("()[],x  "))
def test_equals_a_reading_from_the_outside_to_the_inside(
    gold: str, other: str, luck: int, place: int, sign: str
) -> None:
    """The answer is another one, the gold one turned round, or either with a sign too many, which may break it."""
    attributes = parts_at_commas(gold.strip().partition("(")[2][:-1], "[", "]")
    turned = f"{gold.partition('(')[0]}({', '.join(attributes[::-1])})"
    answer = (other, turned, other[:place] + sign + other[place:], gold + sign, None, turned[:-1] + ",)")[luck]
    assume(luck != 2 or sign not in "()" or "[" not in other[:place])  # a bracket without a partner, in a value
    result = outcome(function_representation, asked([(gold, answer)]))
    assert isinstance(result, PerExample)
    found = [result.scores[name][0] for name in VALUES]
    wanted, said = reading(gold), None if answer is None else reading(answer)
    assert wanted is not None
    if said is None:
        assert found == [0.0] * 4, answer
        return
    expected = [wanted == said, wanted[0] == said[0], shared(wanted[1], said[1]), shared(wanted[2], said[2])]
    assert found == pytest.approx(list(map(float, expected))), answer


@pytest.mark.shared
def test_every_representation_of_viggo_parses_and_scores_one() -> None:
    path = DATA / "viggo.parquet"
    if not path.exists():
        pytest.skip(f"{path} is not there")
    from pyarrow.parquet import read_table

    golds = tuple(read_table(path).column("meaning_representation").to_pylist())
    assert len(golds) == 6900
    result = function_representation.compute(Answered(golds, golds, ()))
    for name in VALUES:
        assert set(result.scores[name]) == {1.0}  # type: ignore[union-attr]
    shuffled = list(golds)
    random.Random(1).shuffle(shuffled)
    other = function_representation.compute(Answered(golds, tuple(shuffled), ())).scores  # type: ignore[union-attr]
    means = {name: sum(other[name]) / len(golds) for name in VALUES}
    assert means["function_representation"] < 0.01
    shares = [
        sum(gold.startswith(f"{name}(") for gold in golds) / len(golds) for name in {g.partition("(")[0] for g in golds}
    ]
    assert means["function_representation_function"] == pytest.approx(sum(share**2 for share in shares), abs=0.02)
    # A part for each comma outside round brackets, counted without the parser.
    for gold in golds:
        found = parse(gold)
        assert found is not None
        assert gold.count("[") == len(found.attributes)
        assert gold.startswith(f"{found.function}(")
