"""The metadata of LoRA Land's tasks."""

from __future__ import annotations

from typing import Any

import pytest

from lfine.converting.lora_land import convert_lora_land

METADATA: dict[str, Any] = {
    "dataset_name": "VIGGO (games)",
    "dataset_description": "Video games",
    "adapter_ui_name": "Viggo",
    "metric_name": "rouge",
    "target_col": "target",
    "data_path": "viggo.csv",
    "evaluation_data": "other.csv",
    "split_column": "split",
    "split_column_value": "val",
    "prompt_template": "Say: {meaning}",
    "num_examples": {"train": 3},
    "surprise": 1,
}


def test_every_key() -> None:
    found = convert_lora_land(METADATA)
    assert found.task == {
        "base_model": "mistralai/Mistral-7B-v0.1",
        "name": "VIGGO_games",
        "description": "Video games",
        "evaluation": {"metrics": ["rouge"], "split": "validation"},
        "output_feature": "target",
        "dataset": {"path": "viggo.csv"},
        "preprocessing": {"split": {"column": "split", "type": "fixed"}},
        "prompt": {"template": "Say: {meaning}", "chat": "none"},
    }
    assert [key.path for key in found.keys] == list(METADATA)
    fates = {key.path: key.fate for key in found.keys}
    assert fates["target_col"] == "moved"
    assert fates["split_column_value"] == "converted"
    assert fates["adapter_ui_name"] == fates["surprise"] == "left out"
    assert all(key.why for key in found.keys if key.fate == "left out")


@pytest.mark.parametrize(
    ("metric", "metrics", "extract"),
    [
        ("accuracy", ["accuracy"], None),
        ("mnli_accuracy", ["accuracy"], "label"),
        ("binary_accuracy_flex", ["accuracy"], "label"),
        ("gsm8k_regex", ["exact_match"], "last_number"),
        ("humaneval", None, None),
    ],
)
def test_metrics(metric: str, metrics: list[str] | None, extract: str | None) -> None:
    evaluation = convert_lora_land({**METADATA, "metric_name": metric}).task["evaluation"]
    assert (evaluation.get("metrics"), evaluation.get("extract")) == (metrics, extract)


def test_a_split_without_its_column_is_a_trap_that_is_named() -> None:
    metadata = {name: value for name, value in METADATA.items() if name != "split_column"}
    assert any("filters nothing" in note for note in convert_lora_land(metadata).notes)


def test_repeated_keys_and_empty_ones() -> None:
    found = convert_lora_land({**METADATA, "dataset_link": None}, ("data_path",))
    assert "data_path stands twice: the last one counts" in found.notes
    assert found.keys[-1].why == "null"
