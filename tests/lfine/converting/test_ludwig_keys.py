"""No key of Ludwig's is unmentioned, and every target is a key of the task language."""

from __future__ import annotations

import pytest

from lfine.converting.ludwig_keys import MODEL_PRESETS, RULES, Rule, number, rule_of
from lfine.schemas.schema import schema_keys
from tests.lfine.converting.ludwig_listing import every_key


def test_every_key_of_ludwig_has_a_rule() -> None:
    assert [key for key in every_key() if rule_of(key) is None] == []
    assert len(every_key()) > 230


def test_no_rule_is_for_a_key_that_ludwig_does_not_have() -> None:
    keys = every_key()
    others = {"prompt.global_max_sequence_length"}  # where LoRA Land's template puts it
    for name in RULES:
        stem = name.removesuffix(".*")
        assert name in others or any(key == stem or key.startswith(f"{stem}.") for key in keys), name


@pytest.mark.parametrize("name", ["learning_rte", "trainer.learning_rte", "adapter.alhpa", "input_features.1.nme"])
def test_a_misspelt_key_has_no_rule(name: str) -> None:
    assert rule_of(name) is None


def test_targets_are_keys_of_the_task_file() -> None:
    known = {key.dotted for key in schema_keys()}
    for name, rule in RULES.items():
        if isinstance(rule, Rule) and rule.fate != "left out":
            assert (rule.target or name) in known, name
        if isinstance(rule, Rule) and rule.fate == "left out":
            assert rule.why, name


def test_a_number_written_as_text() -> None:
    assert number("1e-4") == 1e-4
    assert number(3) == 3
    with pytest.raises(ValueError, match="fast"):
        number("fast")


def test_presets_are_hub_ids() -> None:
    assert all("/" in name for name in MODEL_PRESETS.values())
    assert MODEL_PRESETS["codellama-34b"] == "codellama/CodeLlama-34b-hf"
