"""Penalty, cuts and draw against transformers' own logits processors, and a row's chance against chance."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor
from transformers import (
    LogitsProcessorList,
    MinPLogitsWarper,
    RepetitionPenaltyLogitsProcessor,
    TemperatureLogitsWarper,
    TopKLogitsWarper,
    TopPLogitsWarper,
)

from lfine.finetune.generate.local_sampling import Drawing, draw, narrow, penalise, uniform

HOW = [
    Drawing(0.7),
    Drawing(1.0, top_k=5),
    Drawing(1.0, top_k=5000),
    Drawing(1.3, top_p=0.9),
    Drawing(1.0, top_p=1.0),
    Drawing(1.0, top_p=0.0001),
    Drawing(1.0, min_p=0.05),
    Drawing(1.0, min_p=1.0),
    Drawing(0.5, top_p=0.8, top_k=20, min_p=0.02),
]


def random_logits(rows: int = 200, size: int = 300) -> Tensor:
    return torch.randn(rows, size, generator=torch.Generator().manual_seed(3)) * 4


def library(how: Drawing) -> LogitsProcessorList:
    chain = LogitsProcessorList([TemperatureLogitsWarper(how.temperature)])
    if how.top_k is not None:
        chain.append(TopKLogitsWarper(how.top_k))
    if how.top_p is not None:
        chain.append(TopPLogitsWarper(how.top_p))
    if how.min_p is not None:
        chain.append(MinPLogitsWarper(how.min_p))
    return chain


@pytest.mark.parametrize("how", HOW, ids=str)
def test_cuts_are_those_of_transformers(how: Drawing) -> None:
    logits = random_logits()
    expected = library(how)(torch.zeros(len(logits), 1, dtype=torch.long), logits)
    assert torch.equal(narrow(logits, how), expected)


def test_equal_logits_are_cut_as_transformers_cuts_them() -> None:
    logits = random_logits(50).round()  # many of them equal
    for how in HOW:
        expected = library(how)(torch.zeros(len(logits), 1, dtype=torch.long), logits)
        found = narrow(logits, how)
        assert torch.equal(found.isfinite().sum(-1), expected.isfinite().sum(-1))
        assert (found.isfinite().sum(-1) >= 1).all()


@pytest.mark.parametrize("penalty", [1.2, 0.8])
def test_the_penalty_is_that_of_transformers(penalty: float) -> None:
    logits = random_logits(20)
    seen = torch.randint(0, 300, (20, 30), generator=torch.Generator().manual_seed(4))
    before = logits.clone()
    expected = RepetitionPenaltyLogitsProcessor(penalty)(seen, logits.clone())
    assert torch.equal(penalise(logits, seen.tolist(), penalty), expected)
    assert torch.equal(logits, before)


def test_tokens_are_drawn_as_often_as_they_are_likely() -> None:
    likely = torch.tensor([0.5, 0.0, 0.2, 0.3])
    chances = [uniform(seed=1, row_id=row, step=0) for row in range(20_000)]
    tokens = draw(likely.log().expand(20_000, 4), chances)
    shares = [tokens.count(token) / 20_000 for token in range(4)]
    assert shares == pytest.approx(likely.tolist(), abs=0.015)
    assert tokens.count(1) == 0


def test_the_ends_of_chance_give_tokens_that_can_be_drawn() -> None:
    logits = torch.tensor([[-torch.inf, 0.0, 1.0, -torch.inf]]).expand(2, 4)
    assert draw(logits, [0.0, 1 - 2**-53]) == [1, 2]


def test_chance_is_of_seed_row_and_step_and_evenly_spread() -> None:
    found = {uniform(seed=seed, row_id=row, step=step) for seed in (1, 12) for row in (2, 21) for step in (1, 11)}
    assert len(found) == 8
    many = torch.tensor([uniform(seed=7, row_id=row, step=row % 5) for row in range(10_000)])
    assert float(many.min()) >= 0
    assert float(many.max()) < 1
    assert torch.histc(many, 10).tolist() == pytest.approx([1000] * 10, abs=130)
    assert uniform(seed=7, row_id=3, step=0) == uniform(seed=7, row_id=3, step=0)
