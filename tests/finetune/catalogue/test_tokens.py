"""Our tokenizer against transformers' own, on the same folders."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from transformers import AutoTokenizer

from lfine.finetune.catalogue.tokens import Tokenizer, read_tokenizer
from lfine.schemas.errors import MachineError

KINDS = ("byte_level", "byte_level_bos", "metaspace")
TEXTS = ("The capital of France", " leading", "two\n\nlines 12", "", "naïve 你好 🎉", "<|im_start|>user\nhi<|im_end|>")
FolderMaker = Callable[..., Path]


@pytest.mark.parametrize("kind", KINDS)
def test_ids_are_those_of_transformers(tokenizer_folder: FolderMaker, kind: str) -> None:
    folder = tokenizer_folder(kind)
    ours, theirs = read_tokenizer(folder), AutoTokenizer.from_pretrained(folder)
    for text in TEXTS:
        assert ours.encode(text) == theirs(text, add_special_tokens=False).input_ids
        assert [*ours.bos_prefix, *ours.encode(text)] == theirs(text).input_ids
    assert ours.encode_batch(TEXTS) == [ours.encode(text) for text in TEXTS]


@pytest.mark.parametrize("kind", KINDS)
def test_text_comes_back(tokenizer_folder: FolderMaker, kind: str) -> None:
    ours = read_tokenizer(tokenizer_folder(kind))
    ids = ours.encode("The capital of France is Paris.")
    assert ours.decode(ids) == "The capital of France is Paris."
    assert ours.decode_batch([ids, ids[:1]]) == [ours.decode(ids), ours.decode(ids[:1])]
    assert "".join(ours.token_text(token) for token in ids).strip() == "The capital of France is Paris."


@pytest.mark.parametrize("said", [True, False])
@pytest.mark.parametrize("kind", KINDS)
def test_bos_is_decided_by_tokenizer_json_as_in_transformers(
    tokenizer_folder: FolderMaker, kind: str, said: bool
) -> None:
    folder = tokenizer_folder(kind)
    path = folder / "tokenizer_config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "add_bos_token": said}))
    ours, theirs = read_tokenizer(folder), AutoTokenizer.from_pretrained(folder)
    assert ours.bos_prefix == (() if kind == "byte_level" else (1,))
    assert [*ours.bos_prefix, *ours.encode("a card")] == theirs("a card").input_ids


def test_a_continuation_gets_no_space_of_its_own(tokenizer_folder: FolderMaker) -> None:
    ours = read_tokenizer(tokenizer_folder("metaspace"))
    assert ours.adds_prefix_space
    whole = ours.encode("The capital")
    assert ours.encode("The") + ours.encode_continuation(" capital") == whole
    assert ours.decode(ours.encode("\n") + ours.encode_continuation("Paris")) == "\nParis"
    assert ours.encode_continuations([" capital", "Paris"]) == [
        ours.encode_continuation(" capital"),
        ours.encode_continuation("Paris"),
    ]


def test_a_byte_level_continuation_is_the_text(tokenizer_folder: FolderMaker) -> None:
    ours = read_tokenizer(tokenizer_folder("byte_level"))
    assert not ours.adds_prefix_space
    assert ours.encode_continuation(" Paris") == ours.encode(" Paris")


@pytest.mark.parametrize("kind", KINDS)
def test_plain_encoding_knows_no_special_token(tokenizer_folder: FolderMaker, kind: str) -> None:
    ours = read_tokenizer(tokenizer_folder(kind))
    special = ours.token_id("<|im_end|>")
    assert ours.encode("<|im_end|>") == [special]
    plain = ours.encode_plain("<|im_end|>")
    assert special not in plain
    assert "".join(ours.token_text(token) for token in plain) == "<|im_end|>"


def test_end_tokens_of_every_file(tokenizer_folder: FolderMaker) -> None:
    folder = tokenizer_folder()
    (folder / "generation_config.json").write_text(json.dumps({"eos_token_id": [4, 7]}))
    (folder / "config.json").write_text(json.dumps({"eos_token_id": 2}))
    ours = read_tokenizer(folder)
    assert ours.eos_id == 2
    assert ours.eos_ids == {2, 4, 7}


def test_end_token_of_the_model_where_the_tokenizer_names_none(tokenizer_folder: FolderMaker) -> None:
    folder = tokenizer_folder(eos=None)
    assert read_tokenizer(folder).eos_id is None
    (folder / "config.json").write_text(json.dumps({"eos_token_id": 7}))
    assert read_tokenizer(folder).eos_id == 7


def test_special_tokens_map_is_read_where_the_configuration_is_silent(tokenizer_folder: FolderMaker) -> None:
    folder = tokenizer_folder()
    (folder / "tokenizer_config.json").unlink()
    (folder / "special_tokens_map.json").write_text(json.dumps({"eos_token": {"content": "<|eot_id|>"}}))
    assert read_tokenizer(folder).settings.named == {"eos_token": "<|eot_id|>"}


def test_chat_template_of_either_place(tokenizer_folder: FolderMaker) -> None:
    folder = tokenizer_folder(chat_template="in a file")
    assert read_tokenizer(folder).chat_template == "in a file"
    (folder / "chat_template.jinja").unlink(missing_ok=True)
    path = folder / "tokenizer_config.json"
    named = [{"name": "tool_use", "template": "a"}, {"name": "default", "template": "b"}]
    for said, expected in (("one text", "one text"), (named, "b"), (None, None)):
        path.write_text(json.dumps({**json.loads(path.read_text()), "chat_template": said}))
        assert read_tokenizer(folder).chat_template == expected


@pytest.mark.parametrize("content", [None, "", "{}", "{bad"])
def test_damaged_tokenizer(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / "tokenizer.json").write_text(content)
    with pytest.raises(MachineError, match=r"tokenizer\.json") as caught:
        read_tokenizer(tmp_path)
    assert caught.value.problems[0].code == "LF407"


def test_damaged_file_beside_it(tokenizer_folder: FolderMaker) -> None:
    folder = tokenizer_folder()
    (folder / "generation_config.json").write_text("{bad")
    with pytest.raises(MachineError, match=r"generation_config\.json"):
        read_tokenizer(folder)


def test_truncation_and_padding_of_the_file_are_not_obeyed(tokenizer_folder: FolderMaker) -> None:
    folder = tokenizer_folder()
    path = folder / "tokenizer.json"
    parts = json.loads(path.read_text())
    parts["truncation"] = {"direction": "Right", "max_length": 2, "strategy": "LongestFirst", "stride": 0}
    path.write_text(json.dumps(parts))
    assert len(read_tokenizer(folder).encode("The capital of France is Paris.")) > 2


@pytest.fixture(scope="module")
def tiny(tiny_model_folder: Path) -> Tokenizer:
    return read_tokenizer(tiny_model_folder)


@given(text=st.text(max_size=60))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_text_comes_back(tiny: Tokenizer, text: str) -> None:
    assert tiny.decode(tiny.encode(text), skip_special=False) == text
    assert tiny.decode(tiny.encode_plain(text), skip_special=False) == text


@pytest.mark.model
def test_smollm2_splits_digits_before_white_space(smollm2_folder: Path) -> None:
    ours = read_tokenizer(smollm2_folder)
    assert [ours.token_text(token) for token in ours.encode("a\n\n12")] == ["a", "\n\n", "1", "2"]
    assert ours.encode("The capital of France") == [504, 3575, 282, 4649]
    assert ours.bos_prefix == ()
    assert ours.eos_ids == {2}
