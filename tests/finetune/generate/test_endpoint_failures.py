"""What each status of an error means, and the words that are repeated of it."""

from __future__ import annotations

import json

import pytest

from lfine.finetune.generate.endpoint_failures import (
    LONGEST_REASON,
    Barred,
    Busy,
    Failure,
    Flawed,
    Refused,
    failure_of,
    said_in,
)


def error(message: str, code: str | None = None) -> bytes:
    return json.dumps({"error": {"message": message, "code": code}}).encode()


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, Refused),
        (401, Barred),
        (402, Barred),
        (403, Barred),
        (404, Barred),
        (408, Flawed),
        (413, Refused),
        (422, Refused),
        (424, Refused),
        (429, Busy),
        (500, Flawed),
        (502, Flawed),
        (503, Flawed),
        (529, Busy),
        (301, Barred),
        (307, Barred),
    ],
)
def test_the_kind_of_each_status(status: int, kind: type[Failure]) -> None:
    found = failure_of(status, {}, error("no"))
    assert type(found) is kind
    assert str(status) in found.reason


@pytest.mark.parametrize(
    ("status", "code"), [(401, "LF420"), (403, "LF420"), (404, "LF421"), (402, "LF423"), (302, "LF424")]
)
def test_what_bars_everything_has_a_code_and_a_cure(status: int, code: str) -> None:
    found = failure_of(status, {}, error("no"))
    assert isinstance(found, Barred)
    assert (found.code, bool(found.cure)) == (code, True)


def test_waiting_that_is_asked_for() -> None:
    found = failure_of(429, {"retry-after": "7"}, error("slow down"))
    assert isinstance(found, Busy)
    assert (found.wait, found.reason) == (7.0, "429: slow down")
    overloaded = failure_of(503, {"retry-after": "2"}, b"")
    assert isinstance(overloaded, Busy)
    assert overloaded.wait == 2.0


def test_an_account_with_nothing_left_is_not_waited_for() -> None:
    found = failure_of(429, {"retry-after": "7"}, error("quota", "insufficient_quota"))
    assert isinstance(found, Barred)
    assert found.code == "LF423"


def test_a_content_filter_is_told_from_other_refusals() -> None:
    filtered = failure_of(400, {}, error("the prompt was filtered", "content_filter"))
    other = failure_of(400, {}, error("too long", "context_length_exceeded"))
    assert isinstance(filtered, Refused)
    assert isinstance(other, Refused)
    assert (filtered.filtered, other.filtered) == (True, False)


def test_of_a_redirect_host_and_path_alone_are_repeated() -> None:
    found = failure_of(302, {"location": "https://u:p@login.example/in?token=secret"}, b"")
    assert found.reason == "302: it sends elsewhere (//login.example/in)"
    assert failure_of(302, {}, b"").reason == "302: it sends elsewhere"
    assert "sends elsewhere" in failure_of(302, {"location": "https://[bad"}, b"").reason


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (error("no such model"), "no such model"),
        (b'{"error": "overloaded", "error_type": "overloaded"}', "overloaded"),
        (b'{"message": "no"}', "no"),
        (b'{"detail": "Not Found"}', "Not Found"),
        (b'{"detail": [{"loc": ["body"], "msg": "field required"}]}', "field required"),
        (b'[{"error": {"message": "wrong"}}]', "wrong"),
        (b"upstream connect error\r\n  reset", "upstream connect error reset"),
        (b"<html><title>502</title>", "a web page"),
        (b"", "nothing"),
        (b'{"code": 7}', '{"code": 7}'),
        (b"\xff\xfe", "��"),
        (b"a\x1b[31mred", "a [31mred"),
    ],
)
def test_the_words_of_an_error(data: bytes, said: str) -> None:
    assert said_in(data) == said


def test_a_long_text_is_cut() -> None:
    assert len(said_in(b"x" * 10_000_000)) == LONGEST_REASON
    assert said_in(b"[" * 50_000).endswith("…")
