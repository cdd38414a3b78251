"""One JSON text: what is refused, and where."""

from __future__ import annotations

import pytest

from lfine.finetune.data.formats.json_records import NotJsonError, has_lone_surrogate, parse


def test_values_keep_their_types() -> None:
    assert parse('{"a": 1, "b": 1.0, "c": [null, true]}') == {"a": 1, "b": 1.0, "c": [None, True]}


@pytest.mark.parametrize(
    ("text", "message", "line", "column"),
    [
        ('{"a": 1', "expecting ',' delimiter", 1, 8),
        ("[\n1,\n]", "expecting value", 3, 1),
        ("{} {}", "extra data", 1, 4),
        ("[" * 200_000, "nested too deeply", 1, 1),
        ("9" * 5000, "a number has too many digits", 1, 1),
    ],
)
def test_bad_texts_say_where(text: str, message: str, line: int, column: int) -> None:
    with pytest.raises(NotJsonError) as caught:
        parse(text)
    assert caught.value.message == message
    assert caught.value.line == line
    if message != "expecting value":  # the column of a trailing comma differs between versions of the library
        assert caught.value.column == column


def test_half_a_surrogate_pair_is_found() -> None:
    for source, expected in [(r'{"a": ["\ud83d"]}', True), (r'{"a": "\ud83d\ude00"}', False), ('{"a": "😀"}', False)]:
        assert has_lone_surrogate(parse(source), source) is expected
