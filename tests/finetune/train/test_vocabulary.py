"""The loss in parts: equal to torch's own cross-entropy, value and gradient, whatever the parts."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from lfine.finetune.train import vocabulary
from lfine.finetune.train.vocabulary import Learned, learn

PLACES, WIDTH, VOCABULARY = 150, 12, 31


def case(dtype: torch.dtype = torch.float64) -> tuple[Tensor, nn.Linear, Learned]:
    torch.manual_seed(4)
    head = nn.Linear(WIDTH, VOCABULARY, dtype=dtype)
    hidden = (3 * torch.randn(PLACES, WIDTH, dtype=dtype)).requires_grad_()
    return hidden, head, Learned(torch.randint(VOCABULARY, (PLACES,)), torch.rand(PLACES))


def reference(hidden: Tensor, head: nn.Linear, learned: Learned, smoothing: float) -> Tensor:
    losses = functional.cross_entropy(
        head(hidden).float(), learned.targets, reduction="none", label_smoothing=smoothing
    )
    return (losses * learned.weights).sum()


@pytest.mark.parametrize("smoothing", [0.0, 0.15])
@pytest.mark.parametrize("places", [1, 64, 149, 150])
def test_value_and_gradients_are_those_of_the_whole(
    smoothing: float, places: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vocabulary, "LEAST_PLACES", places)
    monkeypatch.setattr(vocabulary, "PART_BYTES", {"cpu": 1})
    hidden, head, learned = case(torch.float32)
    expected = reference(hidden, head, learned, smoothing)
    expected.backward()
    wanted = [hidden.grad, head.weight.grad, head.bias.grad]
    hidden.grad = None
    head.zero_grad()
    found = learn(hidden, head, learned, smoothing=smoothing, vocabulary=VOCABULARY)
    assert found == pytest.approx(expected.item(), rel=1e-6)
    for mine, theirs in zip([hidden.grad, head.weight.grad, head.bias.grad], wanted, strict=True):
        torch.testing.assert_close(mine, theirs, rtol=1e-5, atol=1e-6)


def test_bfloat16_logits_are_summed_in_float32() -> None:
    hidden, head, learned = case(torch.bfloat16)
    expected = reference(hidden, head, learned, 0.0).item()
    assert learn(hidden, head, learned, smoothing=0.0, vocabulary=VOCABULARY) == pytest.approx(expected, rel=1e-6)


def test_huge_logits_do_not_overflow() -> None:
    hidden, head, learned = case(torch.float32)
    found = learn(hidden.detach() * 1e4, head, learned, smoothing=0.0, vocabulary=VOCABULARY)
    assert found == pytest.approx(reference(hidden * 1e4, head, learned, 0.0).item(), rel=1e-5)


def test_without_gradient_nothing_is_added() -> None:
    hidden, head, learned = case(torch.float32)
    with torch.no_grad():
        learn(hidden, head, learned, smoothing=0.0, vocabulary=VOCABULARY)
    assert hidden.grad is None
    assert head.weight.grad is None


def test_a_frozen_projection_passes_the_gradient_on() -> None:
    hidden, head, learned = case(torch.float32)
    head.requires_grad_(requires_grad=False)
    learn(hidden, head, learned, smoothing=0.0, vocabulary=VOCABULARY)
    assert head.weight.grad is None
    assert hidden.grad is not None
    assert hidden.grad.norm() > 0
