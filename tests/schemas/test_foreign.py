"""Words of other tools: every one leads to a key or value that exists, and none hides a key of ours."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from lfine.schemas.foreign import RENAMED_KEYS, RENAMED_VALUES, REPLACED_KEYS, owners
from lfine.schemas.foreign_keys import RENAMED, REPLACED
from lfine.schemas.loading import check_task
from lfine.schemas.schema import schema_keys

KEYS = {key.dotted for key in schema_keys()}
ALLOWED = {
    value
    for key in schema_keys()
    for part in (key.node, key.node.get("items", {}), *key.node.get("anyOf", ()))
    for value in part.get("enum", ())
}
ENTRIES = [(tool, word) for tables in (RENAMED, REPLACED) for tool, words in tables.items() for word in words]


def test_renamed_keys_lead_to_keys_that_exist() -> None:
    assert {target for words in RENAMED.values() for target in words.values()} - KEYS == set()


def test_what_replaced_keys_name_exists() -> None:
    for word, cure in REPLACED_KEYS.items():
        named = re.findall(r"`([a-z_]+(?:\.[a-z_0-9]+)+)", cure)
        assert [path for path in named if path not in KEYS and not path.endswith(".jsonl")] == [], word


@pytest.mark.parametrize("word", [word for word, cure in REPLACED_KEYS.items() if re.search("write `[a-z_]+: ", cure)])
def test_what_replaced_keys_would_write_is_valid(word: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The mapping in a cure is a mapping that a task can hold: its keys exist and take these values."""
    monkeypatch.chdir(tmp_path)
    written = re.search(r"write `([a-z_]+: [^`]*)`", REPLACED_KEYS[word])
    assert written is not None
    text = 'base_model: m\ndataset: {path: a.csv}\nprompt: {template: "{q}"}\noutput_feature: a\n'
    if written[1].startswith("prompt"):
        text = text.replace('prompt: {template: "{q}"}\n', "")
    Path("task.yaml").write_text(text + written[1] + "\n", encoding="utf-8")
    codes = {problem.code for problem in check_task("task.yaml")[1] if problem.severity == "error"}
    assert not {code for code in codes if code.startswith("LF1") and code != "LF101"}, word


def test_no_tool_contradicts_another() -> None:
    assert not set(RENAMED_KEYS) & set(REPLACED_KEYS)
    for words in RENAMED.values():
        assert all(RENAMED_KEYS[word] == target for word, target in words.items())
    for words in REPLACED.values():
        assert all(cure in ("", REPLACED_KEYS[word]) for word, cure in words.items())
    assert all(REPLACED_KEYS.values())


def test_foreign_words_are_none_of_ours_and_in_the_form_of_the_table() -> None:
    ours = {key.rpartition(".")[2] for key in KEYS}
    assert (set(RENAMED_KEYS) | set(REPLACED_KEYS)) & ours == set()
    assert all(word == word.lower().replace("-", "_") for _, word in ENTRIES)


def test_values_lead_to_values_that_exist() -> None:
    assert set(RENAMED_VALUES.values()) - ALLOWED == set()
    assert set(RENAMED_VALUES) & ALLOWED == set()


def test_words_of_every_tool_are_known() -> None:
    for tool in ("Ludwig", "Axolotl", "Hugging Face", "Unsloth", "LLaMA-Factory"):
        assert len(RENAMED.get(tool, {})) + len(REPLACED.get(tool, {})) >= 8, tool


@pytest.mark.parametrize("word", ["gradient_accumulation_steps", "per_device_train_batch_size", "warmup_steps"])
def test_keys_that_count_something_else_are_not_renamed(word: str) -> None:
    assert word not in RENAMED_KEYS
    assert "multiply" in REPLACED_KEYS[word] or "times" in REPLACED_KEYS[word] or "share" in REPLACED_KEYS[word]


@pytest.mark.parametrize(
    ("word", "whose"),
    [
        ("lora_target", "LLaMA-Factory's"),
        ("lora_r", "Axolotl's and Hugging Face's"),
        ("global_max_sequence_length", "Ludwig's"),
        ("lr", ""),
        ("no_such_word", ""),
    ],
)
def test_whose_word_it_is(word: str, whose: str) -> None:
    assert owners(word) == whose
