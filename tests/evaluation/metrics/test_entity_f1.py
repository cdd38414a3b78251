"""Entity F1 against counting by hand, for mappings of texts and for tags, and against conlleval's chunk rules."""

from __future__ import annotations

import json
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lfine.evaluation.metrics.entity_f1 import entities, entity_f1
from tests.evaluation.metrics.asking import Pair, asked, measured, parity, pieces, resampled, seeds, unjudged, value

KINDS = ("person", "place", "Disease")
ENTITIES = [f"{kind}:{text}" for kind in KINDS for text in ("Ada", "Rome", "New  York", "New York", "Åsa", "")]


def mapping(drawn: str) -> str:
    """Write entities by their type; "person:Ada|place:Rome" are two."""
    found: dict[str, list[str]] = {}
    for entity in drawn.split("|") if drawn else ():
        kind, _, text = entity.partition(":")
        found.setdefault(kind, []).append(text)
    return json.dumps(found)


MAPPINGS = pieces(*ENTITIES, most=5, between="|").map(mapping)
TAGS = pieces("O", "B-PER", "I-PER", "B-LOC", "I-LOC", most=6, between=" ").map(lambda drawn: json.dumps(drawn.split()))
BAD = ("none", "", '{"person": [{}]}', "[1]", '["X-PER"]', '["O"', None)
PAIRS: st.SearchStrategy[Pair] = st.one_of(
    st.tuples(MAPPINGS, MAPPINGS), st.tuples(TAGS, TAGS), st.tuples(MAPPINGS, st.sampled_from(BAD))
)
SAMPLES = st.lists(PAIRS, min_size=1, max_size=3)


def chunks(tags: list[str]) -> set[tuple[str, int, int]]:
    """Return conlleval's chunks: each token ends and begins one by its own tag and the tag before it."""
    found, start, before = set(), 0, "O"
    for place, tag in enumerate([*tags, "O"]):
        kind, last = tag[2:], before[2:]
        ends = before != "O" and (tag == "O" or tag[0] == "B" or kind != last)
        begins = tag != "O" and (tag[0] == "B" or before == "O" or kind != last)
        if ends:
            found.add((last, start, place - 1))
        if begins:
            start = place
        before = tag
    return found


def counted(text: str) -> Counter[tuple[object, ...]]:
    try:
        parsed = json.loads(text)
    except ValueError:
        return Counter()
    if isinstance(parsed, list):
        tags = all(isinstance(tag, str) and tag[0] in "OBI" for tag in parsed)
        return Counter(chunks(parsed)) if tags else Counter()
    if any(not isinstance(each, str) for listed in parsed.values() for each in listed):
        return Counter()
    return Counter((kind, " ".join(each.split())) for kind, listed in parsed.items() for each in listed)


@pytest.mark.parametrize(
    ("gold", "answer", "expected"),
    [
        ('{"person": ["Ada"], "place": ["Rome", "Oslo"]}', '{"person": ["Ada", "Rome"]}', 0.4),
        ('{"person": ["Ada", "Ada"]}', '{"person": ["Ada"]}', 2 / 3),
        ('{"person": ["Ada"]}', 'Sure: {"person": "Ada", "place": null}', 1.0),
        ('["B-PER", "I-PER", "O"]', '["B-PER", "O", "O"]', 0.0),
        ('["I-PER", "B-PER"]', '["B-PER", "B-PER"]', 1.0),
        ('{"person": ["Ada"]}', None, 0.0),
    ],
)
def test_worked_examples(gold: str, answer: str | None, expected: float) -> None:
    assert value(entity_f1, [(gold, answer)]) == pytest.approx(expected)


@parity("entity_f1")
@given(SAMPLES, seeds)
def test_equals_counting_by_hand(pairs: list[Pair], seed: int) -> None:
    drawn = resampled(len(pairs), seed)
    found = measured(entity_f1, asked(pairs), drawn)
    for place, rows in enumerate(drawn):
        sides = [(counted(pairs[row][0]), counted(pairs[row][1] or "")) for row in rows]
        right = sum((gold & answer).total() for gold, answer in sides)
        golds, answers = (sum(side[at].total() for side in sides) for at in (0, 1))
        precision, recall = right / answers if answers else 0.0, right / golds if golds else 0.0
        harmonic = 2 * precision * recall / (precision + recall) if right else 0.0
        values = [found[name][place] for name in ("entity_f1", "entity_precision", "entity_recall")]
        assert values == pytest.approx([harmonic, precision, recall], abs=1e-12)


def test_what_is_no_list_of_entities_is_counted() -> None:
    pairs: list[Pair] = [
        ("{}", "none"),
        ("{}", '{"a": [1]}'),
        ("{}", '["X-PER"]'),
        ("{}", "[]"),
        ("{}", None),
        ("{}", "{}"),
    ]
    assert unjudged(entity_f1, asked(pairs)) == 4
    assert entities("{}") == Counter()
    assert not entity_f1.judges("Ada")
