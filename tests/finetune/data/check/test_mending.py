"""A text is mended where it is certain what was meant, and left alone where it is not."""

from __future__ import annotations

import sys
from types import SimpleNamespace

import pytest

from lfine.finetune.data.check.mending import mended
from lfine.schemas.errors import MachineError

EVERY = ("mojibake", "control-characters", "whitespace")


def last(text: str, *repairs: str) -> str:
    """What is left of a text after the repairs."""
    steps = list(mended(text, repairs or EVERY))
    return steps[-1].after if steps else text


def test_each_step_begins_where_the_one_before_ended() -> None:
    pytest.importorskip("ftfy")
    steps = list(mended("cafÃ©\x00 ", EVERY))
    assert [(step.repair, step.before, step.after) for step in steps] == [
        ("mojibake", "cafÃ©\x00 ", "café\x00 "),
        ("control-characters", "café\x00 ", "café "),
        ("whitespace", "café ", "café"),
    ]


@pytest.mark.parametrize(
    ("garbled", "meant"),
    [
        ("itâ€™s", "it’s"),
        ("â€œhiâ€\x9d", "“hi”"),
        ("æ—¥æœ¬", "日本"),
        ("10Â°C for Â£5", "10°C for £5"),
        ("ÃƒÂ©", "é"),
        ("Ã\xa0 la carte", "à la carte"),
        ("wait\x85 \x93now\x94", "wait… “now”"),
        ("naïve â€“ cafÃ© 日本", "naïve – café 日本"),
    ],
)
def test_mojibake_that_is_certain(garbled: str, meant: str) -> None:
    pytest.importorskip("ftfy")
    assert last(garbled, "mojibake") == meant


@pytest.mark.parametrize(
    "text",
    [
        "CAFÉ™",
        "Spaß…",
        "MAÇÃ…",
        "„TROCKENÖ“",
        "“IRMÃ”",
        "voilà…",
        "naïve café “x”",
        "日本語テキスト",
        "привет",
        "Ã la carte",  # the byte A0 is lost: a guess
        "caf\ufffd",
        "don?t",
    ],
)
def test_what_is_no_mojibake_or_a_guess_stays(text: str) -> None:
    pytest.importorskip("ftfy")
    assert last(text, "mojibake") == text


def test_a_change_that_does_not_come_back_is_not_made(monkeypatch: pytest.MonkeyPatch) -> None:
    steps = [SimpleNamespace(action="encode", parameter="latin-1"), SimpleNamespace(action="decode", parameter="utf-8")]
    for proposed, left in (("café", "café"), ("cafe", "cafÃ©"), ("caf\ufffd", "cafÃ©")):
        found = SimpleNamespace(text=proposed, explanation=steps)
        stub = SimpleNamespace(fix_encoding_and_explain=lambda _, found=found: found)
        monkeypatch.setitem(sys.modules, "ftfy", stub)
        assert last("cafÃ©", "mojibake") == left


def test_what_is_mended_once_is_not_mended_again() -> None:
    pytest.importorskip("ftfy")
    for text in ("cafÃ©\x00 ", "wait\x85", "ÃƒÂ© and é"):
        assert not list(mended(last(text), EVERY))


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("a\x00b", "ab"),
        ("one\x0cpage", "one page"),
        ("one\x0c page", "one page"),
        ("\x0cpage", "page"),
        ("\ufeffword", "word"),
        ("tab\tand\r\nline", "tab\tand\r\nline"),
        ("no\u200bbreak", "nobreak"),
    ],
)
def test_control_characters_go_and_words_stay_apart(text: str, left: str) -> None:
    assert last(text, "control-characters") == left


def test_white_space_within_a_text_stays() -> None:
    assert last("\n  a  b\u00a0\t", "whitespace") == "a  b"
    assert not list(mended(" a ", EVERY, trim=False))


def test_only_what_is_asked_for() -> None:
    assert last(" a\x00 ", "whitespace") == "a\x00"
    assert last(" a\x00 ", "control-characters") == " a "
    assert not list(mended(" a\x00 ", ()))


def test_the_library_is_asked_for_only_where_a_text_looks_like_mojibake(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ftfy", None)
    assert last(" naïve café ") == "naïve café"
    with pytest.raises(MachineError) as caught:
        last("cafÃ©")
    (problem,) = caught.value.problems
    assert problem.code == "LF401"
    assert problem.cure == "pip install 'lfine[data]'"
