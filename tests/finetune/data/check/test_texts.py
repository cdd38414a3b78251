"""Encodings, unseen characters and scripts."""

from __future__ import annotations

import pytest

from lfine.finetune.data.check.texts import control_characters, mixed_scripts, mojibake, repaired, script_of
from tests.finetune.data.check.conftest import MakeSubject, Only


@pytest.mark.parametrize("text", ["café", "don’t", "naïve — “so”", "Größe", "5 €", "привет", "日本", "🙂", "™ œ Š"])
def test_utf8_read_with_one_byte_a_character_is_found(subject: MakeSubject, only: Only, text: str) -> None:
    wrong = "".join(_as_windows(byte) for byte in text.encode("utf-8"))
    found = only(mojibake(subject(train=[("fine", "a"), (f"so {wrong} it", "a")])))
    assert found.row_ids == (1,)
    assert list(mojibake(subject(train=[(text, text)]))) == []


def _as_windows(byte: int) -> str:
    raw = bytes([byte])
    try:
        return raw.decode("cp1252")
    except UnicodeDecodeError:
        return raw.decode("latin-1")


REAL = ("SÃO PAULO", "Â Á à", "25 °C ± 1", "Ä–Ö", "ÎLE", "Ça va?", "été à Noël", "Ð Þ ß", "„Spaß“", "«Noé…»")


@pytest.mark.parametrize("text", REAL)
def test_real_letters_are_left_alone(subject: MakeSubject, text: str) -> None:
    assert list(mojibake(subject(train=[(text, "a")]))) == []


def test_lost_bytes_are_found_in_answers_too(subject: MakeSubject, only: Only) -> None:
    found = only(mojibake(subject(train=[("fine", "caf\ufffd"), ("fine", "a")])))
    assert found.row_ids == (0,)
    assert "a lost byte" in found.examples[0]


def test_what_was_meant_is_said() -> None:
    assert repaired("Ã©") == "é"
    assert repaired("â€™") == "’"
    assert repaired("Ãé") == "Ãé"
    assert repaired("\ufffd") is None


def test_control_characters_but_no_line_ends(subject: MakeSubject, only: Only) -> None:
    train = [("a\nb\r\n\tc", "x"), ("a\x00b", "x"), ("ok", "\x1f"), ("no\u200bspace", "x"), ("\ufeffstart", "x")]
    found = only(control_characters(subject(train=train)))
    assert found.row_ids == (1, 2, 3, 4)
    assert found.examples[0].startswith("U+0000 in ")
    assert found.message == "4 of 5 rows with characters that no one sees"


@pytest.mark.parametrize(
    ("text", "script"),
    [
        ("hello", "Latin"),
        ("1234 !", None),
        ("été", "Latin"),
        ("привет world всем", "Cyrillic"),
        ("東京タワーに行く", "kana"),
        ("一方予另一方", "Han"),
        ("日本語学習を始", "kana"),
        ("안녕", "Hangul"),
        ("नमस्ते", "Indic"),
        ("…—", None),
    ],
)
def test_script_of_most_letters(text: str, script: str | None) -> None:
    assert script_of(text) == script


def test_a_script_of_few_rows_is_noted(subject: MakeSubject, only: Only) -> None:
    rows = [("hello there", "a")] * 8 + [("123", "a")]
    found = only(mixed_scripts(subject(train=[*rows, ("привет", "a")])))
    assert found.row_ids == (9,)
    assert found.message == "1 of 9 rows in a script that few have: Latin 88.9%, Cyrillic 11.1%"
    assert list(mixed_scripts(subject(train=[*rows, *[("привет", "a")] * 3]))) == []
