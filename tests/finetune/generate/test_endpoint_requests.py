"""Bodies of requests: every key of `generation` in the words of each form, and what makes two requests one."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from lfine.finetune.catalogue.chat import Message
from lfine.finetune.generate.endpoint_address import Address
from lfine.finetune.generate.endpoint_requests import (
    WRAPPED,
    Api,
    Question,
    body_of,
    key_of,
    read_extra,
    requests_of,
    strict,
)
from lfine.schemas.errors import TaskError, UsageError
from tests.finetune.generate.asking import form, question

ROW: dict[str, Any] = {"row_id": 7, "words": "hi"}
SCHEMA = {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"], "additionalProperties": False}


def test_a_chat_in_its_plainest_form() -> None:
    assert body_of(question(7, "hi"), form()) == {
        "model": "gpt",
        "messages": [{"role": "user", "content": "hi"}],
        "max_tokens": 12,
        "temperature": 0.0,
    }


def test_the_turns_of_a_chat_in_their_order() -> None:
    turns = (Message("system", "s"), Message("user", "a"), Message("assistant", "b"), Message("user", "c"))
    sent = body_of(Question(7, turns), form())["messages"]
    assert sent == [{"role": turn.role, "content": turn.content} for turn in turns]


def test_completions_take_a_text() -> None:
    sent = body_of(question(7, "hi", "completions"), form("completions"))
    assert sent == {"model": "gpt", "prompt": "hi", "max_tokens": 12, "temperature": 0.0}


def test_lorax_names_an_adapter_and_asks_for_counts() -> None:
    assert body_of(question(7, "hi", "lorax"), form("lorax", model="viggo")) == {
        "inputs": "hi",
        "parameters": {
            "adapter_id": "viggo",
            "max_new_tokens": 12,
            "do_sample": False,
            "details": True,
            "return_full_text": False,
        },
    }
    base = body_of(question(7, "hi", "lorax"), form("lorax", model="base"))
    assert "adapter_id" not in str(base)


@pytest.mark.parametrize("api", ["chat", "completions"])
def test_drawn_answers_have_a_seed_of_their_own_row(api: Api) -> None:
    drawing = form(api, temperature=0.7, top_p=0.9, top_k=20, min_p=0.1, repetition_penalty=1.1)
    sent = body_of(question(7, "hi", api), drawing)
    drawn = {"temperature": 0.7, "top_p": 0.9, "top_k": 20, "min_p": 0.1, "repetition_penalty": 1.1, "seed": 49}
    assert sent.items() >= drawn.items()
    assert body_of(question(8, "hi", api), drawing)["seed"] == 50


def test_lorax_draws() -> None:
    sent: Any = body_of(question(7, "hi", "lorax"), form("lorax", temperature=0.7, top_k=20, stop=("\n",)))
    drawn = {"temperature": 0.7, "top_k": 20, "seed": 49, "do_sample": True, "stop": ["\n"]}
    assert sent["parameters"].items() >= drawn.items()


def test_what_lorax_would_pass_over_is_refused() -> None:
    with pytest.raises(TaskError) as caught:
        body_of(question(7, "hi", "lorax"), form("lorax", temperature=0.7, min_p=0.1))
    assert caught.value.problems[0].code == "LF130"


def test_no_more_stop_texts_than_openai_takes() -> None:
    assert body_of(question(7, "hi"), form(stop=("a", "b", "c", "d", "e")))["stop"] == ["a", "b", "c", "d"]


def test_an_answer_bound_to_a_schema() -> None:
    bound = form(constrain="json_schema", json_schema=json.dumps(SCHEMA))
    named = {"name": "answer", "schema": SCHEMA, "strict": True}
    assert body_of(question(7, "hi"), bound)["response_format"] == {"type": "json_schema", "json_schema": named}
    lorax: Any = body_of(question(7, "hi", "lorax"), replace(bound, api="lorax"))
    assert lorax["parameters"]["response_format"] == {"type": "json_object", "schema": SCHEMA}


def test_an_answer_bound_to_labels_has_room_for_what_stands_around_them() -> None:
    bound = replace(form(constrain="labels"), labels=("fee", "card"))
    sent: Any = body_of(question(7, "hi"), bound)
    schema = sent["response_format"]["json_schema"]["schema"]
    assert schema["properties"] == {"label": {"type": "string", "enum": ["fee", "card"]}}
    assert sent["response_format"]["json_schema"]["strict"] is True
    assert sent["max_tokens"] == 12 + WRAPPED


@pytest.mark.parametrize(
    ("schema", "closed"),
    [
        (SCHEMA, True),
        ({**SCHEMA, "additionalProperties": True}, False),
        ({**SCHEMA, "required": []}, False),
        ({"type": "object", "properties": {"b": {"type": "object"}}, "required": ["b"]}, False),
        ({**SCHEMA, "properties": {"a": {"type": "array", "items": {"type": "object", "properties": {}}}}}, False),
        ({**SCHEMA, "properties": {"a": {"anyOf": [SCHEMA, {"type": "null"}]}}}, True),
        ({"type": "string"}, True),
    ],
)
def test_which_schemas_openai_takes_as_strict(schema: object, closed: bool) -> None:
    assert strict(schema) is closed


def test_extra_keys_lie_over_the_body_and_null_takes_one_out() -> None:
    extra = {"max_tokens": None, "max_completion_tokens": 64, "temperature": None}
    sent = body_of(question(7, "hi"), replace(form(), extra=extra))
    assert set(sent) == {"model", "messages", "max_completion_tokens"}
    lorax: Any = body_of(question(7, "hi", "lorax"), replace(form("lorax"), extra={"adapter_source": "local"}))
    assert lorax["parameters"]["adapter_source"] == "local"


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ("a=1", {"a": 1}),
        ("a=low", {"a": "low"}),
        ('a="1"', {"a": "1"}),
        ("a=null", {"a": None}),
        ('a={"b": [1]}', {"a": {"b": [1]}}),
        ("a=b=c", {"a": "b=c"}),
    ],
)
def test_the_values_of_extra_keys(given: str, read: dict[str, object]) -> None:
    assert read_extra([given]) == read


@pytest.mark.parametrize("given", ["a", "=1", "", "api_key=sk-1", "API_TOKEN=sk-1", "authorization=sk-1"])
def test_extra_keys_that_are_none_or_secret(given: str) -> None:
    with pytest.raises(UsageError) as caught:
        read_extra([given])
    assert caught.value.problems[0].code == "LF115"
    assert "sk-1" not in caught.value.problems[0].text()


def test_equal_questions_are_one_request() -> None:
    found = requests_of([question(3, "a"), question(1, "b"), question(2, "a")], form())
    assert [request.row_ids for request in found] == [(3, 2), (1,)]
    assert found[0].body["messages"] == [{"role": "user", "content": "a"}]


def test_drawn_answers_to_equal_questions_are_not_one() -> None:
    assert len(requests_of([question(3, "a"), question(2, "a")], form(temperature=1.0))) == 2


def test_the_key_says_where_and_what_and_nothing_else() -> None:
    body = body_of(question(7, "hi"), form())
    others = [
        key_of(body | {"temperature": 1.0}, form()),
        key_of(body, form(address=Address("https://other.example/v1", "other.example"))),
        key_of(body, form("completions")),
        key_of(body_of(question(7, "hi"), form(model="other")), form()),
    ]
    assert len({key_of(body, form()), *others}) == 5
    assert key_of(dict(reversed(body.items())), form()) == key_of(body, form())
    assert key_of(body, form()) == key_of(body_of(question(9, "hi"), form()), form())


def test_what_a_request_may_use_up() -> None:
    short, long = requests_of([question(1, "a"), question(2, "a" * 4000)], form())
    assert 12 < short.tokens < 40
    assert 1000 < long.tokens < 1050
