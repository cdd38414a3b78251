"""From a generation plan to texts: labels letter for letter, JSON that satisfies its schema, stops, drawn answers."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from torch import nn

from lfine.finetune.catalogue.cards import read_card
from lfine.finetune.catalogue.rendering import Renderer
from lfine.finetune.catalogue.tokens import read_tokenizer
from lfine.finetune.compile.plan import GenerationPlan
from lfine.finetune.compile.prepare import PreparedModel
from lfine.finetune.generate.local_answers import TextAnswer, answer_texts, asking, beliefs, fitting
from lfine.finetune.models.loading import load_base

PLAN = GenerationPlan(
    max_new_tokens=12,
    temperature=0.0,
    top_p=None,
    top_k=None,
    min_p=None,
    repetition_penalty=1.0,
    stop=(),
    seed=3,
    constrain=None,
    json_schema=None,
    batch_size=8,
)
LABELS = ("card lost", "card", "transfer", "a fee of one", "Fee")
SCHEMA = {
    "type": "object",
    "properties": {"ok": {"type": "boolean"}},
    "required": ["ok"],
    "additionalProperties": False,
}
QUESTIONS = [f"my card {n} was lost, {word}" for n, word in enumerate(["one", "two", "the", "dog", "city", "a", "fox"])]


@pytest.fixture(scope="module")
def model(tiny_model_folder: Path) -> nn.Module:
    loaded: nn.Module = load_base(tiny_model_folder, dtype="float32", device="cpu", quantization=None)
    return loaded


@pytest.fixture(params=["auto", "none"])
def prepared(request: pytest.FixtureRequest, tiny_model_folder: Path) -> PreparedModel:
    tokenizer = read_tokenizer(tiny_model_folder)
    renderer = Renderer(template="Question: {q}", system=None, chat=request.param, tokenizer=tokenizer)
    return PreparedModel(tiny_model_folder, read_card(tiny_model_folder), tokenizer, renderer)


def answers(
    model: nn.Module, prepared: PreparedModel, plan: GenerationPlan, labels: tuple[str, ...] = ()
) -> list[TextAnswer]:
    prompts = prepared.renderer.prompt_ids_batch([{"q": question} for question in QUESTIONS])
    how = asking(plan, prepared, labels=labels)
    found = [each for batch in answer_texts(model, prompts, how) for each in batch]
    return sorted(found, key=lambda each: each.number)


@pytest.mark.parametrize("temperature", [0.0, 2.0])
def test_every_answer_is_a_label(model: nn.Module, prepared: PreparedModel, temperature: float) -> None:
    plan = replace(PLAN, constrain="labels", temperature=temperature, max_new_tokens=1, stop=("card",))
    found = answers(model, prepared, plan, LABELS)
    assert {each.text for each in found} <= set(LABELS)
    assert {each.finish_reason for each in found} == {"stop"}
    assert all(each.tokens == len(prepared.renderer.completion_ids(each.text)) for each in found)
    if temperature:
        assert len({each.text for each in found}) > 1


def test_every_answer_satisfies_the_schema(model: nn.Module, prepared: PreparedModel) -> None:
    pytest.importorskip("llguidance", reason="the extra `structured` is not installed")
    plan = replace(PLAN, constrain="json_schema", json_schema=json.dumps(SCHEMA), max_new_tokens=60)
    found = answers(model, prepared, plan)
    ended = [each for each in found if each.finish_reason == "stop"]
    for each in ended:
        Draft202012Validator(SCHEMA).validate(json.loads(each.text))
    assert ended


def test_a_stop_cuts_the_text(model: nn.Module, prepared: PreparedModel) -> None:
    free = answers(model, prepared, PLAN)
    text = max((each.text for each in free), key=len)
    stop = text[len(text) // 2 :][:3]
    found = answers(model, prepared, replace(PLAN, stop=(stop,)))
    for before, after in zip(free, found, strict=True):
        assert stop not in after.text
        assert before.text.startswith(after.text)
        assert after.finish_reason == ("stop" if stop in before.text else before.finish_reason)
    assert found != free


def test_drawn_answers_come_from_seed_and_row(model: nn.Module, prepared: PreparedModel) -> None:
    plan = replace(PLAN, temperature=1.5, top_k=50)
    found = answers(model, prepared, plan)
    assert found == answers(model, prepared, replace(plan, batch_size=2))
    assert found != answers(model, prepared, replace(plan, seed=4))
    assert found != answers(model, prepared, PLAN)


def test_the_gold_answer_is_a_label_or_has_a_probability_of_its_own(model: nn.Module, prepared: PreparedModel) -> None:
    how = asking(PLAN, prepared, labels=LABELS)
    prompts = prepared.renderer.prompt_ids_batch([{"q": question} for question in QUESTIONS[:2]])
    found = {place: belief for place, belief, _ in beliefs(model, prompts, [LABELS[1], "something else"], how, LABELS)}
    assert found[0].gold == found[0].labels[LABELS[1]]
    assert set(found[1].labels) == set(LABELS)
    assert found[1].gold not in found[1].labels.values()
    assert found[1].gold_tokens == len(prepared.renderer.completion_ids("something else"))


SHORT = replace(PLAN, max_new_tokens=1)


@pytest.mark.parametrize("plan", [replace(PLAN, constrain="labels"), SHORT, replace(SHORT, temperature=1.5, top_k=30)])
def test_an_answer_that_the_probabilities_show_is_the_generated_one(
    plan: GenerationPlan, model: nn.Module, prepared: PreparedModel
) -> None:
    """A label, of which all are asked about; and an answer of one token, which needs nothing to be asked about."""
    how = asking(plan, prepared, labels=LABELS)
    prompts = prepared.renderer.prompt_ids_batch([{"q": question} for question in QUESTIONS])
    ids = [7 * place for place in range(len(prompts))]
    expected = {each.number: each for some in answer_texts(model, prompts, how, ids) for each in some}
    golds = [LABELS[place % 3] for place in range(len(prompts))]
    shown = {place: answer for place, _, answer in beliefs(model, prompts, golds, how, LABELS, ids)}
    assert shown == expected
    assert len({each.text for each in expected.values()}) > 1


def test_a_prompt_leaves_room_for_every_label_and_its_gold_answer(prepared: PreparedModel) -> None:
    how, count = asking(PLAN, prepared, labels=LABELS), prepared.renderer.completion_ids
    most, long = max(len(count(label)) for label in LABELS), "a gold answer of more words than any label has"
    more = len(count(long))
    assert more > most
    prompts = [[5] * (100 - most), [5] * (101 - most), [5] * (100 - more), [5] * (101 - more)]
    assert fitting(prompts, ["card", "card", long, long], how, LABELS, 100) == [0, 2]


def test_only_the_named_places_are_asked(model: nn.Module, prepared: PreparedModel) -> None:
    how = asking(replace(PLAN, temperature=1.5), prepared, labels=LABELS)
    prompts = prepared.renderer.prompt_ids_batch([{"q": question} for question in QUESTIONS])
    ids, golds = [7 * place for place in range(len(prompts))], [LABELS[1]] * len(prompts)
    every = {each.number: each for some in answer_texts(model, prompts, how, ids) for each in some}
    some = {each.number: each for done in answer_texts(model, prompts, how, ids, [5, 2]) for each in done}
    assert some == {place: every[place] for place in (2, 5)}
    told = {place: belief for place, belief, _ in beliefs(model, prompts, golds, how, LABELS, ids)}
    part = {place: belief for place, belief, _ in beliefs(model, prompts, golds, how, LABELS, ids, [5, 2])}
    assert set(part) == {2, 5}
    assert all(part[at].gold == pytest.approx(told[at].gold, abs=1e-4) for at in part)
