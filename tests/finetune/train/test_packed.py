"""The packed row computes what the padded batch computes, in every family that the plan lays out so."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from transformers import PreTrainedModel

from lfine.finetune.compile.lengths import EncodedExample
from lfine.finetune.compile.machine_passes import SHARED_PREFIX_FAMILIES
from lfine.finetune.models.loading import load_base
from lfine.finetune.train.losses import engine_for, loss_and_gradient, update_gradient
from lfine.finetune.train.packed import Place, pack
from lfine.finetune.train.targets import Objective
from tests.finetune.train.conftest import PREFIX
from tests.finetune.train.layouts import FLOAT32, close, family_model, gradient, machine, rows_with_stems
from tests.finetune.train.reference import plain_loss

CPU = Place("cpu")


def trainable(folder: Path) -> PreTrainedModel:
    model = load_base(folder, dtype="float32", device="cpu", quantization=None)
    model.requires_grad_(True)
    return model


@pytest.mark.parametrize("model_type", sorted(SHARED_PREFIX_FAMILIES))
def test_loss_and_gradient_equal_the_padded_batch_in_every_family(model_type: str) -> None:
    model, rows = family_model(model_type), rows_with_stems()
    plain = plain_loss(model, rows)
    plain.backward()
    expected = gradient(model)
    loss = update_gradient(engine_for(model, machine(10), PREFIX), rows)
    assert loss == pytest.approx(plain.item(), rel=FLOAT32)
    assert close(gradient(model), expected)


@pytest.mark.parametrize("prefix", [0, 1, PREFIX])
def test_any_shared_prefix_gives_the_same_loss(prefix: int, tiny_model_folder: Path) -> None:
    model, rows = trainable(tiny_model_folder), rows_with_stems()
    plain = plain_loss(model, rows)
    plain.backward()
    expected = gradient(model)
    loss = update_gradient(engine_for(model, machine(10), prefix), rows)
    assert loss == pytest.approx(plain.item(), rel=FLOAT32)
    assert close(gradient(model), expected)


@pytest.mark.parametrize(("micro", "tokens"), [(1, 0), (3, 0), (8, 0), (1, 60)])
def test_micro_batches_give_the_gradient_of_the_whole(micro: int, tokens: int, tiny_model_folder: Path) -> None:
    model, rows = trainable(tiny_model_folder), rows_with_stems(8)
    whole = update_gradient(engine_for(model, machine(8), PREFIX), rows)
    expected = gradient(model)
    loss = update_gradient(engine_for(model, machine(micro, tokens=tokens), PREFIX), rows)
    assert loss == pytest.approx(whole, rel=FLOAT32)
    assert close(gradient(model), expected)


def test_padded_layout_equals_the_reference_too(tiny_neox_folder: Path, rows: tuple[EncodedExample, ...]) -> None:
    model = trainable(tiny_neox_folder)
    plain = plain_loss(model, rows[:8])
    plain.backward()
    expected = gradient(model)
    loss = update_gradient(engine_for(model, machine(3, "padded"), 0), rows[:8])
    assert loss == pytest.approx(plain.item(), rel=FLOAT32)
    assert close(gradient(model), expected)


@pytest.mark.parametrize(
    ("model_type", "name"),
    [("cohere", "logit_scale"), ("gemma2", "final_logit_softcapping"), ("granite", "logits_scaling")],
)
def test_what_a_family_does_behind_the_projection_is_part_of_the_loss(model_type: str, name: str) -> None:
    model, rows = family_model(model_type), rows_with_stems(4)
    with torch.no_grad():
        model.get_output_embeddings().weight.mul_(20)
    losses = []
    for value in (0.5, 2.0):
        setattr(model.config, name, value)
        setattr(model, name, value)  # where the family's code keeps a copy
        model.set_attn_implementation("eager")
        losses.append(plain_loss(model, rows).item())
        found = update_gradient(engine_for(model, machine(4), PREFIX), rows)
        assert found == pytest.approx(losses[-1], rel=FLOAT32)
    assert losses[0] != pytest.approx(losses[1], rel=1e-2)


def test_gradient_checkpointing_changes_nothing(tiny_model_folder: Path) -> None:
    model, rows = trainable(tiny_model_folder), rows_with_stems(8)
    model.train()
    update_gradient(engine_for(model, machine(8), PREFIX), rows)
    expected = gradient(model)
    model.gradient_checkpointing_enable({"use_reentrant": False})
    update_gradient(engine_for(model, machine(8, checkpointing=True), PREFIX), rows)
    torch.testing.assert_close(gradient(model), expected, rtol=0, atol=0)


def test_the_layout_of_a_row() -> None:
    first = EncodedExample(0, (7, 8, 10), (11, 2))
    second = EncodedExample(1, (7, 8, 20, 21), (2,))
    row = pack([first, second], 2, CPU)
    assert row.input_ids.tolist() == [[7, 8, 10, 11, 2, 20, 21, 2]]
    assert row.position_ids.tolist() == [[0, 1, 2, 3, 4, 2, 3, 4]]
    assert row.predicting.tolist() == [2, 3, 6]
    assert row.learned.targets.tolist() == [11, 2, 2]
    assert row.learned.weights.tolist() == [1, 1, 1]


def test_the_layout_of_a_row_with_a_stem() -> None:
    passage = tuple(range(100, 120))
    rows = [
        EncodedExample(0, (7, *passage, 10), (11, 2)),
        EncodedExample(1, (7, 50), (2,)),
        EncodedExample(2, (7, *passage, 12), (2,)),
    ]
    row = pack(rows, 1, CPU)
    assert row.input_ids.tolist() == [[7, *passage, 10, 11, 2, 50, 2, 12, 2]]
    assert row.position_ids.tolist() == [[*range(21), 21, 22, 23, 1, 2, 21, 22]]
    assert row.predicting.tolist() == [21, 22, 24, 26]
    assert row.segments.stem == 20
    assert pack(rows, 1, CPU, stems=False).input_ids.shape[1] == 1 + 23 + 2 + 22


def test_prompt_tokens_of_a_stem_count_once_for_each_example(tiny_model_folder: Path) -> None:
    model, rows = trainable(tiny_model_folder), rows_with_stems()
    expected = plain_loss(model, rows, 0.5).item()
    loss = update_gradient(engine_for(model, machine(10), PREFIX, Objective(prompt_weight=0.5)), rows)
    assert loss == pytest.approx(expected, rel=FLOAT32)


def test_examples_do_not_see_each_other(tiny_model_folder: Path, rows: tuple[EncodedExample, ...]) -> None:
    model = trainable(tiny_model_folder)
    engine = engine_for(model, machine(8), PREFIX)
    other = EncodedExample(99, (*rows[0].prompt_ids[:PREFIX], 300, 301, 302), (303, 2))

    def loss(*batch: EncodedExample) -> float:
        return loss_and_gradient(engine, batch, Objective(), scale=1.0)

    assert loss(rows[0], other) - loss(other) == pytest.approx(loss(rows[0]), rel=FLOAT32)


def test_turns_that_are_not_learned_weigh_nothing() -> None:
    row = replace(EncodedExample(0, (7, 8, 10), (11, 12, 2)), learned=(True, False, True))
    found = pack([row, EncodedExample(1, (7, 8, 9), (2,))], 2, CPU)
    assert found.learned.targets.tolist() == [11, 2, 2]
