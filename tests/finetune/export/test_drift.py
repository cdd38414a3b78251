"""How far two models are apart, against a plain pass over each row, and what a tie is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import nn

from lfine.finetune.catalogue.cards import read_card
from lfine.finetune.catalogue.rendering import Renderer
from lfine.finetune.catalogue.tokens import read_tokenizer
from lfine.finetune.compile.prepare import PreparedModel
from lfine.finetune.export.drift import (
    FARTHEST,
    LEAST_MEAN,
    LEAST_TIE,
    LIKELIEST,
    Heard,
    Limits,
    Said,
    Step,
    drift,
    follow,
    gap,
    limits_of,
    moved,
    round_again,
    said,
)
from lfine.finetune.export.merging import merge
from lfine.finetune.generate.local_answers import Asking, asking
from lfine.finetune.models.adapters import add_adapter, load_adapter
from lfine.finetune.models.quantization import DTYPES
from tests.finetune.export.conftest import MakeAdapter, base, trained
from tests.finetune.generate.test_local_answers import PLAN
from tests.finetune.models.plans import lora

LIMITS = Limits(mean=0.1, tie=1.0)
ROWS = [{"q": f"my card {number}"} for number in range(5)]


@pytest.fixture
def how(tiny_model_folder: Path) -> Asking:
    tokenizer = read_tokenizer(tiny_model_folder)
    renderer = Renderer(template="Question: {q}", system=None, chat="auto", tokenizer=tokenizer)
    return asking(PLAN, PreparedModel(tiny_model_folder, read_card(tiny_model_folder), tokenizer, renderer))


def step(own: float, **others: float) -> Step:
    return Step(own, {int(token[1:]): value for token, value in others.items()})


def heard(texts: Sequence[str], own: Sequence[float]) -> Heard:
    """One-token answers: the token is the text's length."""
    answers = [Said(text, (len(text),)) for text in texts]
    return Heard(answers, [(step(value, t1=value, t2=value - 0.5, t3=value - 2.0),) for value in own])


def test_answers_with_their_tokens(how: Asking, tiny_model_folder: Path) -> None:
    prompts = how.renderer.prompt_ids_batch(ROWS)
    found = said(base(tiny_model_folder), prompts, how, range(5))
    assert [how.renderer.answer(each.ids) for each in found] == [each.text for each in found]
    limit = how.settings.max_new_tokens
    assert all(len(each.ids) == limit or each.ids[-1] == how.renderer.end_id for each in found)


def test_an_answer_that_ended_has_its_end_token(how: Asking, tiny_model_folder: Path) -> None:
    prompts = how.renderer.prompt_ids_batch(ROWS)
    model = base(tiny_model_folder)
    first = said(model, prompts, how, range(5))[0].ids[0]
    ending = replace(how, settings=replace(how.settings, stop_ids=frozenset({first})))
    assert said(model, prompts[:1], ending, [0]) == [Said("", (how.renderer.end_id,))]


@pytest.mark.parametrize("with_adapter", [False, True])
def test_beliefs_are_those_of_a_plain_pass(
    with_adapter: bool, how: Asking, tiny_model_folder: Path, adapter: MakeAdapter
) -> None:
    model: nn.Module = base(tiny_model_folder)
    if with_adapter:
        model = load_adapter(model, adapter(tiny_model_folder, lora()))
    prompts = how.renderer.prompt_ids_batch(ROWS)[:2]
    answers = [Said("", (5, 9, 2)), Said("", ())]
    found, nothing = follow(model, prompts, answers)
    assert nothing == ()
    with torch.no_grad():
        plain = torch.log_softmax(model(torch.tensor([[*prompts[0], 5, 9, 2]])).logits[0], -1)
    for at, token in enumerate((5, 9, 2)):
        row = plain[len(prompts[0]) - 1 + at]
        assert found[at].own == pytest.approx(float(row[token]), abs=1e-5)
        assert len(found[at].likeliest) == LIKELIEST
        assert max(found[at].likeliest.values()) == pytest.approx(float(row.max()), abs=1e-5)
        assert found[at].likeliest[int(row.argmax())] == pytest.approx(float(row.max()), abs=1e-5)


def test_greedy_answers_are_what_the_model_holds_likeliest(how: Asking, tiny_model_folder: Path) -> None:
    model, prompts = base(tiny_model_folder), how.renderer.prompt_ids_batch(ROWS)
    came: list[int] = []
    answers = said(model, prompts, how, range(5), came.append)
    assert sum(came) == 5
    for each in follow(model, prompts, answers, came.append):
        assert all(one.own == max(one.likeliest.values()) for one in each)
    assert sum(came) == 10


def test_the_same_model_has_not_moved() -> None:
    same = heard(["a", "b"], [-0.1, -0.2])
    found = drift([7, 3], same, same, LIMITS)
    assert (found.rows, found.tokens, found.mean, found.largest) == (2, 2, 0.0, 0.0)
    assert (found.differing, found.unexplained) == ((), ())


def test_changes_are_counted_whichever_way_they_go() -> None:
    found = drift([7, 3], heard(["a", "b"], [-0.1, -0.5]), heard(["a", "b"], [-0.4, -0.4]), LIMITS)
    assert [found.mean, found.largest] == pytest.approx([0.2, 0.3])
    assert found.differing == ()


def test_a_tie_explains_another_answer_and_a_clear_choice_does_not() -> None:
    """Tokens: a is 1; bb, half a nat less likely, is 2; ccc, two nats less, is 3; what is in no list is no tie."""
    ours = heard(["a", "a", "a", "a"], [-0.3] * 4)
    theirs = heard(["a", "bb", "ccc", "dddd"], [-0.3] * 4)
    found = drift([7, 3, 5, 9], ours, theirs, LIMITS)
    assert (found.differing, found.unexplained) == ((3, 5, 9), (5, 9))
    assert drift([7, 3, 5, 9], ours, theirs, Limits(0.1, 0.3)).unexplained == (3, 5, 9)


def test_where_two_answers_part() -> None:
    steps = [step(-0.1, t4=-0.1), step(-0.2, t5=-0.2, t6=-0.9), step(-0.3)]
    assert gap(Said("", (4, 5, 2)), Said("", (4, 6, 2)), steps) == pytest.approx(0.7)
    assert gap(Said("", (4, 5, 2)), Said("", (4, 7)), steps) == float("inf")
    assert gap(Said("", (4, 5)), Said("", (4, 5)), steps[:2]) == float("inf")  # other texts of the same tokens


@pytest.mark.parametrize("own", [float("nan"), float("-inf")])
def test_probabilities_that_are_no_numbers(own: float) -> None:
    found = drift([1], heard(["a"], [-0.1]), heard(["a"], [own]), LIMITS)
    assert (found.mean, found.largest) == (FARTHEST, FARTHEST)
    broken = heard(["a"], [float("nan")])
    assert drift([1], broken, heard(["bb"], [-0.1]), LIMITS).unexplained == (1,)


def test_no_tokens_at_all() -> None:
    silent = Heard([Said("", ())], [()])
    assert drift([1], silent, silent, LIMITS).mean == 0.0


def test_limits_are_multiples_of_what_one_more_rounding_does() -> None:
    before, after = heard(["a"] * 100, [-0.1] * 100).steps, heard(["a"] * 100, [-0.2, -0.4] * 50).steps
    found = limits_of(before, after)
    assert [found.mean, found.tie] == pytest.approx([(1.5 + 0.5) * 0.2, 4 * 0.3])
    assert limits_of(before[:4], after[:4]).mean == pytest.approx((1.5 + 2.5) * 0.2)  # four tokens say less
    assert limits_of(before, before) == Limits(LEAST_MEAN, LEAST_TIE)
    assert limits_of([()], [()]) == Limits(LEAST_MEAN, LEAST_TIE)


@pytest.mark.parametrize(
    ("dtype", "out"),
    [("float32", torch.bfloat16), ("float32", torch.float16), ("bfloat16", torch.bfloat16), ("float32", torch.float32)],
    ids=["to bf16", "to fp16", "bf16 to bf16", "exact"],
)
def test_a_right_merge_keeps_within_the_limits_and_half_an_update_does_not(
    dtype: str, out: torch.dtype, tiny_model_folder: Path
) -> None:
    draw = torch.Generator().manual_seed(1)
    prompts = [torch.randint(3, 390, (12,), generator=draw).tolist() for _ in range(8)]
    answers = [Said("", tuple(torch.randint(3, 390, (3,), generator=draw).tolist())) for _ in range(8)]
    plan, computing = lora(target_modules=("q_proj", "v_proj", "up_proj")), DTYPES[dtype]
    model = trained(add_adapter(base(tiny_model_folder, dtype=dtype), plan, seed=3))
    ours = follow(model, prompts, answers)
    merged = merge(model, out, computing=computing)
    exported = base(tiny_model_folder, dtype=dtype)
    exported.load_state_dict({name: weight.to(computing) for name, weight in merged.weights.items()})
    theirs = follow(exported, prompts, answers)
    half = base(tiny_model_folder, dtype=dtype)
    for name, weight in half.state_dict().items():
        weight.copy_((weight.float() + merged.weights[name].float()) / 2)
    round_again(exported, merged.rounded, out if dtype == "float32" else computing)
    limits = limits_of(theirs, follow(exported, prompts, answers))
    assert moved(ours, theirs)[0] <= limits.mean
    assert moved(ours, follow(half, prompts, answers))[0] > 2 * limits.mean


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16, torch.float32])
def test_one_more_rounding_has_the_size_of_a_rounding(dtype: torch.dtype) -> None:
    """Of fractions of all sizes, the nearest rounding errs by a third of half a step, in the mean of squares."""
    draw = torch.rand(400_000, generator=torch.Generator().manual_seed(3), dtype=torch.float64)
    exact = 1.01 + 0.98 * draw  # all steps of one size
    step = float(torch.finfo(dtype).eps)
    before = exact.to(dtype).float()
    model = nn.ParameterDict({"moved": before.clone(), "left": before.clone()})
    round_again(model, {"moved"}, dtype)
    assert torch.equal(model["left"], before)
    error = (model["moved"].detach() - before).double()
    assert error.abs().max() == pytest.approx(step)
    assert float(error.mean()) == pytest.approx(0, abs=step / 100)
    assert float((error**2).mean()) == pytest.approx(step**2 / 12, rel=0.02)
    if dtype != torch.float32:
        nearest = exact.to(dtype).double() - exact
        assert float((error**2).mean()) == pytest.approx(float((nearest**2).mean()), rel=0.03)


def test_one_more_rounding_keeps_zeros_and_signs() -> None:
    model = nn.Linear(100, 100, bias=False)
    model.weight.data = torch.cat([torch.zeros(50, 100), -torch.ones(50, 100)])
    round_again(model, {"weight"}, torch.bfloat16)
    assert torch.equal(model.weight[:50], torch.zeros(50, 100))
    assert set(model.weight[50:].flatten().tolist()) == {-1.0, -1.0078125, -0.99609375}
