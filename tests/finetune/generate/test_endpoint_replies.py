"""Replies: every form of an answer that endpoints are known to give, and what is none."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from lfine.finetune.generate.endpoint_failures import Flawed
from lfine.finetune.generate.endpoint_replies import SHORTEST_CUT, Reply, read_reply
from lfine.finetune.generate.endpoint_requests import Api
from tests.finetune.generate.asking import form

USAGE = {"prompt_tokens": 31, "completion_tokens": 2, "total_tokens": 33}


def chat(message: Mapping[str, Any], end: object = "stop", **more: Any) -> bytes:
    choice = {"index": 0, "message": {"role": "assistant", **message}, "finish_reason": end}
    return json.dumps({"choices": [choice], "usage": USAGE, **more}).encode()


def test_an_answer_of_a_chat() -> None:
    assert read_reply(chat({"content": " fee\n"}), form()) == Reply("fee", "stop", 31, 2, None)


def test_prompt_tokens_that_were_kept_there() -> None:
    usage = USAGE | {"prompt_tokens_details": {"cached_tokens": 16}}
    assert read_reply(chat({"content": "fee"}, usage=usage), form()).cached_tokens == 16


@pytest.mark.parametrize(
    "usage", [None, {}, [], {"prompt_tokens": "31"}, {"prompt_tokens": -1, "completion_tokens": True}]
)
def test_counts_that_are_none(usage: object) -> None:
    found = read_reply(chat({"content": "fee"}, usage=usage), form())
    assert (found.text, found.prompt_tokens, found.completion_tokens) == ("fee", None, None)


@pytest.mark.parametrize(
    ("end", "read"),
    [("length", "length"), ("tool_calls", "stop"), ("content_filter", "content_filter"), (None, None), (7, None)],
)
def test_how_an_answer_ended(end: object, read: str | None) -> None:
    assert read_reply(chat({"content": "fee"}, end), form()).finish_reason == read


def test_an_empty_answer_is_one() -> None:
    assert read_reply(chat({"content": ""}), form()).text == ""


def test_a_model_that_used_up_its_tokens_in_thought() -> None:
    found = read_reply(chat({"content": None, "reasoning_content": "well"}, "length"), form())
    assert (found.text, found.finish_reason) == ("", "length")


def test_what_a_filter_stopped_has_no_text() -> None:
    found = read_reply(chat({"content": None}, "content_filter"), form())
    assert (found.text, found.finish_reason, found.prompt_tokens) == (None, "content_filter", 31)


def test_a_refusal_in_words_is_kept_as_such() -> None:
    found = read_reply(chat({"content": None, "refusal": "I cannot help with that."}), form())
    assert (found.text, found.finish_reason) == ("I cannot help with that.", "refusal")


def test_an_answer_in_parts() -> None:
    parts = [{"type": "text", "text": "a "}, {"type": "image_url"}, "odd", {"type": "text", "text": "fee"}]
    assert read_reply(chat({"content": parts}), form()).text == "a fee"


def test_an_answer_of_completions() -> None:
    body = json.dumps({"choices": [{"text": " fee", "finish_reason": "length"}], "usage": USAGE}).encode()
    assert read_reply(body, form("completions")) == Reply("fee", "length", 31, 2, None)


@pytest.mark.parametrize("listed", [False, True])
def test_an_answer_of_lorax(listed: bool) -> None:
    details = {"finish_reason": "eos_token", "prompt_tokens": 31, "generated_tokens": 2}
    whole = {"generated_text": " fee", "details": details}
    body = json.dumps([whole] if listed else whole).encode()
    assert read_reply(body, form("lorax")) == Reply("fee", "stop", 31, 2, None)


def test_lorax_without_details() -> None:
    assert read_reply(b'{"generated_text": "fee", "details": null}', form("lorax")) == Reply("fee", None, None, None)


NONE: dict[str, tuple[Api, bytes, str]] = {
    "nothing": ("chat", b" \n", "an empty reply"),
    "a web page": ("chat", b"\n<!doctype html>", "a web page"),
    "cut short": ("chat", chat({"content": "fee"})[:-20], "not JSON, or was cut short"),
    "no JSON": ("chat", b"fee", "not JSON"),
    "not UTF-8": ("chat", b'{"choices": "\xff"}', "not JSON"),
    "too deep": ("chat", b"[" * 100_000, "nested too deeply"),
    "a list": ("chat", b"[]", "without choices"),
    "no choices": ("chat", b'{"choices": []}', "without choices"),
    "choices of another kind": ("chat", b'{"choices": [7]}', "without choices"),
    "no message": ("chat", b'{"choices": [{}]}', "without a message"),
    "a text of another kind": ("chat", chat({"content": 7}), "without a text"),
    "an error": ("chat", b'{"error": {"message": "upstream failed"}}', "upstream failed"),
    "no text": ("completions", b'{"choices": [{}]}', "without a text"),
    "no generated text": ("lorax", b'{"error": null}', "without a text"),
    "two of lorax": ("lorax", b"[1, 2]", "without generated_text"),
}


@pytest.mark.parametrize("case", NONE)
def test_what_is_no_answer(case: str) -> None:
    api, data, said = NONE[case]
    with pytest.raises(Flawed) as caught:
        read_reply(data, form(api))
    assert said in caught.value.reason


@pytest.mark.parametrize(
    ("content", "read"),
    [('{"label": "fee"}', "fee"), ("fee", "fee"), ('{"label": 7}', '{"label": 7}'), ('["fee"]', '["fee"]'), ("", "")],
)
def test_a_label_is_taken_out_of_its_wrapping(content: str, read: str) -> None:
    assert read_reply(chat({"content": content}), form(constrain="labels")).text == read
    assert read_reply(chat({"content": content}), form()).text == content


def test_an_answer_ends_at_the_first_stop_text() -> None:
    found = read_reply(chat({"content": "fee. And\nmore"}, "length"), form(stop=("\n", " And")))
    assert (found.text, found.finish_reason) == ("fee.", "stop")


def test_an_answer_beyond_every_limit_is_kept_in_part() -> None:
    found = read_reply(chat({"content": "x" * 10_000_000}), form())
    assert (found.text, found.finish_reason) == ("x" * SHORTEST_CUT, "length")
    assert read_reply(chat({"content": "x" * 40_000}), form(max_new_tokens=1000)).text == "x" * 32_000
