"""URLs of endpoints and keys: what is taken, what is refused, and that nothing secret is repeated."""

from __future__ import annotations

import pytest

from lfine.finetune.generate.endpoint_address import Address, Key, address_of, read_key
from lfine.schemas.errors import MachineError, UsageError


@pytest.mark.parametrize(
    ("given", "url", "host"),
    [
        ("https://api.example.com/v1", "https://api.example.com/v1", "api.example.com"),
        ("https://api.example.com/v1/", "https://api.example.com/v1", "api.example.com"),
        (" http://127.0.0.1:8000/v1 ", "http://127.0.0.1:8000/v1", "127.0.0.1:8000"),
        ("http://[::1]:8000/v1", "http://[::1]:8000/v1", "[::1]:8000"),
        ("https://api.example.com/v1/chat/completions", "https://api.example.com/v1", "api.example.com"),
        ("https://api.example.com/v1/completions/", "https://api.example.com/v1", "api.example.com"),
        ("http://lorax:8080/generate", "http://lorax:8080", "lorax:8080"),
        ("HTTPS://Api.Example.com", "https://api.example.com", "api.example.com"),
    ],
)
def test_the_part_before_the_call(given: str, url: str, host: str) -> None:
    assert address_of(given) == Address(url, host)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("https://user:hunter2@api.example.com/v1", "user name or password"),
        ("https://hunter2@api.example.com/v1", "user name or password"),
        ("https://api.example.com/v1?key=hunter2", "behind its path"),
        ("https://api.example.com/v1#hunter2", "behind its path"),
        ("https://user:hunter2/v1", "it is no URL"),
        ("ftp://hunter2/v1", "http:// or https://"),
        ("hunter2", "http:// or https://"),
        ("", "http:// or https://"),
        ("https://", "http:// or https://"),
        ("https://[hunter2/v1", "it is no URL"),
        ("https://api.example.com/a hunter2", "blank or control"),
    ],
)
def test_what_cannot_be_used_is_refused_and_not_repeated(given: str, said: str) -> None:
    with pytest.raises(UsageError) as caught:
        address_of(given)
    (problem,) = caught.value.problems
    assert problem.code == "LF115"
    assert said in problem.message
    assert problem.cure
    assert "hunter2" not in caught.value.problems[0].text()


@pytest.mark.parametrize(
    ("url", "overheard"),
    [
        ("http://10.0.0.5:8080", True),
        ("http://example.com", True),
        ("https://example.com", False),
        ("http://localhost:8000", False),
        ("http://127.0.0.1", False),
        ("http://[::1]:80", False),
    ],
)
def test_a_key_in_clear_text_over_a_network(url: str, overheard: bool) -> None:
    assert address_of(url).overheard is overheard


def test_a_key_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    assert read_key(None).text == ""
    monkeypatch.setenv("OPENAI_API_KEY", " sk-12345678\n")
    assert read_key(None).text == "sk-12345678"
    monkeypatch.setenv("MINE", "other")
    assert (read_key("MINE").text, read_key("MINE").name) == ("other", "MINE")


def test_a_named_variable_must_be_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MINE", raising=False)
    with pytest.raises(MachineError) as caught:
        read_key("MINE")
    assert caught.value.problems[0].code == "LF425"
    assert "MINE" in caught.value.problems[0].message


@pytest.mark.parametrize("text", ["sk-1234\n5678", "sk-1234 5678", "sk-ключ", "sk-\x00"])
def test_what_no_header_can_hold_is_refused_and_not_shown(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr("os.environ", {"OPENAI_API_KEY": text})
    with pytest.raises(MachineError) as caught:
        read_key(None)
    assert caught.value.problems[0].code == "LF425"
    assert "sk-" not in caught.value.problems[0].text()


def test_a_key_shows_itself_nowhere() -> None:
    key = Key("sk-12345678", "OPENAI_API_KEY")
    assert "sk-1" not in f"{key} {key!r}"
    assert key.redact("you sent sk-12345678, twice: sk-12345678") == "you sent (key), twice: (key)"


def test_a_key_that_is_a_word_is_left_in_answers() -> None:
    assert Key("EMPTY", "OPENAI_API_KEY").redact("the list is EMPTY") == "the list is EMPTY"
    assert Key("", "OPENAI_API_KEY").redact("fee") == "fee"
