"""FlexAttention's mask and numbers against the explicit softmax: which pairs, which blocks, the same output."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.attention.flex_attention import create_block_mask

from lfine.finetune.compile.lengths import EncodedExample
from lfine.finetune.compile.plan import MachinePlan
from lfine.finetune.models.loading import load_base
from lfine.finetune.train.evaluations import answering
from lfine.finetune.train.flex import BLOCK, FLEX, examples_of, flex_prefix_attention, pairs_of
from lfine.finetune.train.losses import engine_for, mean_loss
from lfine.finetune.train.packed import PackedRow, Place, pack
from lfine.finetune.train.shared_attention import ATTENTION, shared_prefix_attention
from tests.finetune.train.conftest import PREFIX

FLOAT32 = 5e-6
"""Absolute, on averages of values of about 1."""
HEADS, GROUPS, SIZE = 4, 2, 16
MACHINE = MachinePlan("cpu", "shared_prefix", 8, gradient_checkpointing=False, deterministic=False)


def packed(prefix: int, *rests: int) -> PackedRow:
    """A row of examples with so many tokens of their own; the last of each is learned."""
    shared = tuple(range(3, 3 + prefix))
    rows = [EncodedExample(at, (*shared, *[5] * (rest - 1)), (2,)) for at, rest in enumerate(rests)]
    return pack(rows, prefix, Place("cpu"), stems=False)


def examples(row: PackedRow) -> Tensor:
    return examples_of(row.segments.prefix, row.segments.scatter // row.segments.longest)


ROWS = {
    "short": packed(5, 3, 4, 2),
    "no prefix": packed(0, 200, 90, 300),
    "long prefix": packed(300, 40, 1, 7),
    "long examples": packed(100, 400, 257, 300),
    "whole blocks": packed(256, 128, 256, 128),
    "one example": packed(10, 500),
}


def may_look(row: PackedRow) -> list[list[bool]]:
    """Every pair of places, from the positions alone: an example begins where they fall back to the prefix's end."""
    positions, owners, owner = row.position_ids[0].tolist(), [], 0
    for place, position in enumerate(positions):
        if place >= row.segments.prefix and position == row.segments.prefix:
            owner += 1
        owners.append(owner)
    return [[k <= q and owners[k] in (0, owners[q]) for k in range(len(owners))] for q in range(len(owners))]


@pytest.mark.parametrize("name", ROWS)
def test_the_pairs_that_may_look(name: str) -> None:
    row = ROWS[name]
    places = torch.arange(row.input_ids.shape[1])
    zero = torch.zeros((), dtype=torch.long)
    found = pairs_of(examples(row))(zero, zero, places[:, None], places[None])
    assert torch.equal(found, torch.tensor(may_look(row)))


@pytest.mark.parametrize("name", ROWS)
def test_the_blocks_are_those_that_torch_finds_pair_by_pair(name: str) -> None:
    row = ROWS[name]
    length = row.input_ids.shape[1]
    expected = create_block_mask(pairs_of(examples(row)), 1, 1, length, length, device="cpu", BLOCK_SIZE=BLOCK)
    found = row.segments.block_mask
    assert found.shape == expected.shape
    for one, other in (
        ((found.kv_num_blocks, found.kv_indices), (expected.kv_num_blocks, expected.kv_indices)),
        ((found.full_kv_num_blocks, found.full_kv_indices), (expected.full_kv_num_blocks, expected.full_kv_indices)),
    ):
        assert listed(*one) == listed(*other)
    assert torch.equal(found.to_dense(), expected.to_dense())


def listed(counts: Tensor | None, numbers: Tensor | None) -> list[list[int]]:
    assert counts is not None
    assert numbers is not None
    return [sorted(row[:count].tolist()) for count, row in zip(counts[0, 0].tolist(), numbers[0, 0], strict=True)]


def test_most_blocks_of_many_examples_are_skipped() -> None:
    mask = packed(128, *[256] * 12).segments.block_mask
    assert mask.sparsity() > 75


def vectors(row: PackedRow) -> tuple[Tensor, Tensor, Tensor]:
    generator, length = torch.Generator().manual_seed(1), row.input_ids.shape[1]
    shapes = ((1, HEADS, length, SIZE), (1, GROUPS, length, SIZE), (1, GROUPS, length, SIZE))
    q, k, v = (torch.randn(shape, generator=generator) for shape in shapes)
    return q, k, v


@pytest.mark.parametrize("name", ROWS)
def test_the_output_is_that_of_the_explicit_softmax(name: str) -> None:
    row, module = ROWS[name], nn.Module()
    q, k, v = vectors(row)
    expected, _ = shared_prefix_attention(module, q, k, v, None, segments=row.segments, scaling=0.2)
    found, _ = flex_prefix_attention(module, q, k, v, None, segments=row.segments, scaling=0.2)
    assert found.shape == (1, row.input_ids.shape[1], HEADS, SIZE)
    torch.testing.assert_close(found, expected, rtol=0, atol=FLOAT32)


@pytest.mark.parametrize("name", ["short", "long examples"])
def test_gradients_through_the_same_mask_are_those_of_the_explicit_softmax(name: str) -> None:
    """FlexAttention itself has no backward pass on a processor; its mask in torch's masked attention has."""
    row = ROWS[name]
    given = [[each.requires_grad_() for each in vectors(row)] for _ in range(2)]
    q, k, v = given[0]
    explicit, _ = shared_prefix_attention(nn.Module(), q, k, v, None, segments=row.segments)
    mask = torch.tensor(may_look(row))
    q, k, v = given[1]
    masked = functional.scaled_dot_product_attention(q, k, v, attn_mask=mask, enable_gqa=True).transpose(1, 2)
    weights = torch.randn(explicit.shape, generator=torch.Generator().manual_seed(2))
    for output in (explicit, masked):
        (output * weights).sum().backward()
    for one, other in zip(*given, strict=True):
        assert one.grad is not None
        torch.testing.assert_close(one.grad, other.grad, rtol=1e-4, atol=1e-5)


def test_the_mask_is_worked_out_once_for_all_layers() -> None:
    row = packed(5, 3, 4)
    assert row.segments.block_mask is row.segments.block_mask
    assert replace(row.segments).block_mask is not row.segments.block_mask


def test_a_whole_model_has_the_same_loss(tiny_model_folder: Path, rows: tuple[EncodedExample, ...]) -> None:
    found = []
    for attention in ("explicit", "flex"):
        model = load_base(tiny_model_folder, dtype="float32", device="cpu", quantization=None)
        engine = engine_for(model, replace(MACHINE, attention=attention), PREFIX)
        assert model.config._attn_implementation == {"explicit": ATTENTION, "flex": FLEX}[attention]
        found.append(mean_loss(engine, rows))
        with answering(engine):
            assert model.config._attn_implementation == "sdpa"
        assert model.config._attn_implementation == {"explicit": ATTENTION, "flex": FLEX}[attention]
    assert found[1] == pytest.approx(found[0], rel=1e-6)


def test_random_rows_have_torchs_blocks() -> None:
    draw = random.Random(4)
    for _ in range(12):
        row = packed(
            draw.choice([0, 1, 127, 128, 129, 300]), *(draw.randint(1, 300) for _ in range(draw.randint(1, 6)))
        )
        length = row.input_ids.shape[1]
        expected = create_block_mask(pairs_of(examples(row)), 1, 1, length, length, device="cpu", BLOCK_SIZE=BLOCK)
        found = row.segments.block_mask
        assert listed(found.kv_num_blocks, found.kv_indices) == listed(expected.kv_num_blocks, expected.kv_indices)
        assert listed(found.full_kv_num_blocks, found.full_kv_indices) == listed(
            expected.full_kv_num_blocks, expected.full_kv_indices
        )
