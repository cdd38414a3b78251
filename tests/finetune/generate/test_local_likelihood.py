"""Log-probabilities of given answers: those of each whole sequence by itself, however they are computed together."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
import torch
from transformers import PreTrainedModel

from lfine.finetune.generate import local_likelihood, local_steps
from lfine.finetune.generate.local import generate
from lfine.finetune.generate.local_likelihood import Tree, log_probabilities
from lfine.finetune.generate.local_rows import GenerationSettings
from lfine.finetune.generate.local_sampling import Drawing
from tests.finetune.generate.test_equal_to_generate import prompts_of, spread

LABELS: list[tuple[int, ...]] = [(17, 5, 2), (17, 6, 2), (17, 2), (40, 2), (41, 42, 43, 2), (9,)]
SETTINGS = GenerationSettings(4, frozenset({2}), batch_size=3)
CLOSE = 1e-4
"""Absolute, of sums of a few logarithms in float32 whose logits reach some tens."""


def plain(model: PreTrainedModel, prompt: list[int], answer: tuple[int, ...]) -> float:
    """The whole sequence through the model."""
    with torch.no_grad():
        beliefs = model(torch.tensor([[*prompt, *answer]])).logits[0].log_softmax(-1)
    return sum(float(beliefs[len(prompt) + at - 1, token]) for at, token in enumerate(answer))


def sums(
    model: PreTrainedModel, prompts: list[list[int]], answers: list[list[tuple[int, ...]]], settings: GenerationSettings
) -> dict[int, list[float]]:
    return {each.place: each.logarithms for each in log_probabilities(model, prompts, answers, settings)}


def test_a_tree_runs_what_answers_share_once() -> None:
    tree = Tree.of(LABELS)
    assert tree.tokens == (17, 5, 6, 40, 41, 42, 43)
    assert tree.parents == (-1, 0, 0, -1, -1, 4, 5)
    assert tree.depths == (0, 1, 1, 0, 0, 1, 2)
    assert tree.answers[1] == ((-1, 17), (0, 6), (2, 2))
    assert tree.answers[5] == ((-1, 9),)
    assert (~tree.hidden()).nonzero().tolist() == [
        [0, 0], [1, 0], [1, 1], [2, 0], [2, 2], [3, 3], [4, 4], [5, 4], [5, 5], [6, 4], [6, 5], [6, 6],
    ]  # fmt: skip


@pytest.mark.parametrize("model_type", ["llama", "gpt_neox", "gemma2", "granite", "opt"])
@pytest.mark.parametrize("layout", ["packed", "padded"])
def test_they_are_those_of_the_whole_sequences(model_type: str, layout: str) -> None:
    model, prompts = spread(model_type), prompts_of([1, 5, 9, 2, 14])
    answers: list[list[tuple[int, ...]]] = [LABELS, LABELS, [(7, 8, 9, 10, 2)], [*LABELS, (17, 5, 5, 2)], LABELS]
    settings = GenerationSettings(4, frozenset({2}), batch_size=3, layout=layout)
    found = sums(model, prompts, answers, settings)
    assert sorted(found) == [0, 1, 2, 3, 4]
    for place, prompt in enumerate(prompts):
        assert found[place] == pytest.approx([plain(model, prompt, answer) for answer in answers[place]], abs=CLOSE)


@pytest.mark.parametrize(("most", "places"), [(6, 256), (1024, 2)])
def test_pieces_change_nothing(most: int, places: int, monkeypatch: pytest.MonkeyPatch) -> None:
    model, prompts = spread("llama"), prompts_of([1, 6, 7, 20])
    answers = [LABELS] * 4
    expected = sums(model, prompts, answers, SETTINGS)
    monkeypatch.setattr(local_likelihood, "MOST_TOKENS", most)
    monkeypatch.setattr(local_steps, "MOST_TOKENS", most)
    monkeypatch.setattr(local_likelihood, "PLACES", places)
    found = sums(model, prompts, answers, SETTINGS)
    for place in range(4):
        assert found[place] == pytest.approx(expected[place], abs=CLOSE)


def test_rows_beyond_the_window_are_taken_alone() -> None:
    model, prompts = spread("llama"), prompts_of([1, 14])
    settings = GenerationSettings(4, frozenset({2}), batch_size=3, window=20)
    found = sums(model, prompts, [LABELS] * 2, settings)
    assert found[1] == pytest.approx([plain(model, prompts[1], answer) for answer in LABELS], abs=CLOSE)


def test_all_answers_of_one_token_are_a_distribution() -> None:
    model, prompts = spread("llama"), prompts_of([4])
    (found,) = log_probabilities(model, prompts, [[(token,) for token in range(400)]], SETTINGS)
    assert sum(map(math.exp, found.logarithms)) == pytest.approx(1, abs=CLOSE)


class Even:
    """A constraint under which only even tokens may come; whoever asks is told, nothing is forced."""

    def begin(self) -> Even:
        return self

    def allowed(self) -> list[int]:
        return list(range(0, 400, 2))

    def advance(self, token: int) -> None:
        assert token % 2 == 0

    def only_way(self) -> None:
        return None


WAYS = {
    "greedy": SETTINGS,
    "one token": replace(SETTINGS, max_new_tokens=1),
    "penalty": replace(SETTINGS, repetition_penalty=1.3),
    "drawn": replace(SETTINGS, drawing=Drawing(1.4, 1.0, 5, 0.0, 3)),
    "constrained": replace(SETTINGS, constraint=Even()),
    "several ends": replace(SETTINGS, stop_ids=frozenset(range(0, 400, 3))),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("model_type", ["llama", "gemma2"])
def test_the_own_answer_is_the_generated_one_or_unknown(model_type: str, way: str) -> None:
    """Known exactly where each of its tokens is chosen after what one of the given answers begins with."""
    model, prompts, settings = spread(model_type), prompts_of([1, 5, 9, 2, 14, 3]), WAYS[way]
    ids = [40, 7, 12, 3, 5, 9]
    expected = {each.number: each for some in generate(model, prompts, settings, ids) for each in some}
    ways = [(*expected[place].token_ids, 2) for place in range(6)]
    answers = [[*LABELS, ways[place]] for place in range(4)] + [[*LABELS, ways[place][:-2] or (9,)] for place in (4, 5)]
    found = {each.place: each.answer for each in log_probabilities(model, prompts, answers, settings, ids)}
    for place, answer in expected.items():
        begins = {each[:end] for each in answers[place] for end in range(len(each))}
        known = all(answer.token_ids[:end] in begins for end in range(answer.generated))
        assert known or place > 3
        assert found[place] == (answer if known else None)


def test_the_padded_way_knows_no_own_answer() -> None:
    model, prompts = spread("llama"), prompts_of([1, 5])
    settings = replace(SETTINGS, layout="padded")
    assert [each.answer for each in log_probabilities(model, prompts, [LABELS] * 2, settings)] == [None, None]
