"""Function representations: what parses, what counts as the same, and ViGGO's own."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from lfine.evaluation.metrics.function_representation import VALUES, Representation, function_representation, parse
from lfine.evaluation.metrics.registry import Answered

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
