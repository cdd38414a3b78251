"""What was meant by a word that is not known: slips, other places, other tools."""

from __future__ import annotations

import pytest

from lfine.schemas.foreign import RENAMED_KEYS, RENAMED_VALUES, REPLACED_KEYS
from lfine.schemas.schema import schema_keys
from lfine.schemas.suggestions import closest, did_you_mean, distance, unknown_key_cure, value_cure

KEYS = {key.dotted for key in schema_keys()}


@pytest.mark.parametrize(
    ("a", "b", "edits"),
    [
        ("", "", 0),
        ("rate", "rate", 0),
        ("rte", "rate", 1),
        ("ratee", "rate", 1),
        ("rats", "rate", 1),
        ("raet", "rate", 1),
        ("epohcs", "epochs", 1),
        ("erocsh", "epochs", 2),
        ("ab", "abcd", 2),
        ("abc", "xyz", 3),
        ("a", "abcdefgh", 3),
        ("completely", "different!", 3),
    ],
)
def test_edits_are_counted_up_to_three(a: str, b: str, edits: int) -> None:
    assert distance(a, b) == edits
    assert distance(b, a) == edits


def test_a_higher_limit_counts_further() -> None:
    assert distance("kitten", "sitting", limit=5) == 3
    assert distance("abcdef", "uvwxyz", limit=5) == 6


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("learning_rte", "learning_rate"),
        ("Learning-Rate", "learning_rate"),
        ("learningRate", "learning_rate"),
        ("LEARNING RATE", "learning_rate"),
        ("batchsize", "batch_size"),
        ("epoch", "epochs"),
        ("sed", "seed"),
        ("R", "r"),
        ("q", None),
        ("sd", None),
        ("warmup", None),
        ("", None),
    ],
)
def test_slips(word: str, meant: str | None) -> None:
    assert closest(word, ["r", "learning_rate", "batch_size", "epochs", "seed"]) == meant


def test_the_nearest_of_several_is_taken_and_the_first_of_equals() -> None:
    assert closest("tests", ["best", "rests", "tests_"]) == "tests_"
    assert closest("bat", ["cat", "hat"]) == "cat"


def test_the_question() -> None:
    assert did_you_mean("atuo", ["auto", "none"]) == "did you mean `auto`?"
    assert did_you_mean("xyz", ["auto", "none"]) == ""


@pytest.mark.parametrize(
    ("parent", "name", "cure"),
    [
        # slips beside their key
        ((), "basemodel", "did you mean `base_model`?"),
        ((), "Base-Model", "did you mean `base_model`?"),
        (("trainer",), "learning_rte", "did you mean `learning_rate`?"),
        (("trainer",), "learningRate", "did you mean `learning_rate`?"),
        (("trainer", "optimizer"), "weigth_decay", "did you mean `weight_decay`?"),
        (("trainer", "learning_rate_scheduler"), "dceay", "did you mean `decay`?"),
        (("adapter",), "R", "did you mean `r`?"),
        (("preprocessing", "split"), "colum", "did you mean `column`?"),
        (("output_feature",), "lables", "did you mean `labels`?"),
        # a key of another mapping
        ((), "learning_rate", "move it: `learning_rate` belongs under `trainer`"),
        ((), "template", "move it: `template` belongs under `prompt`"),
        ((), "betas", "move it: `betas` belongs under `trainer.optimizer`"),
        (("trainer",), "weight_decay", "move it: `weight_decay` belongs under `trainer.optimizer`"),
        (("trainer",), "base_model", "move it: `base_model` belongs at the top"),
        (
            ("generation",),
            "Seed",
            "move it: `seed` belongs under `preprocessing.split`, under `trainer` or under `evaluation`",
        ),
        (("trainer",), "target_modules", "move it: `target_modules` belongs under `adapter`"),
        # a slip of a key of another mapping
        ((), "learning_rte", "did you mean `trainer.learning_rate`?"),
        # the form of --set
        ((), "trainer.epochs", "write one mapping for each dot: `trainer: {epochs: …}`"),
        (
            (),
            "trainer.optimizer.eps",
            "write one mapping for each dot: `trainer: {optimizer: {eps: …}}`",
        ),
        # other tools
        (("adapter",), "lora_r", "write it as `r`"),
        ((), "lora_r", "write it as `adapter.r`"),
        (("adapter",), "lora-alpha", "write it as `alpha`"),
        ((), "num_train_epochs", "write it as `trainer.epochs`"),
        (("trainer",), "max_steps", "write it as `train_steps`"),
        ((), "sequence_len", "write it as `preprocessing.max_sequence_length`"),
        (("preprocessing",), "global_max_sequence_length", "write it as `max_sequence_length`"),
        ((), "model_name_or_path", "write it as `base_model`"),
        ((), "datasets", "write it as `dataset`"),
        (("trainer",), "warmup_ratio", "write it as `trainer.learning_rate_scheduler.warmup_fraction`"),
        ((), "load_in_4bit", "write `quantization: {bits: 4}`"),
        ((), "output_features", "write it as `output_feature`"),
        # nothing near
        (("generation",), "zzzzzz", "use one of `max_new_tokens`"),
        (("adapter", "r"), "zzzzzz", "remove it"),
    ],
)
def test_unknown_keys(parent: tuple[str, ...], name: str, cure: str) -> None:
    assert unknown_key_cure(parent, name) == cure


def test_gradient_accumulation_is_refused_with_its_arithmetic() -> None:
    cure = unknown_key_cure(("trainer",), "gradient_accumulation_steps")
    assert "multiply" in cure
    assert "`trainer.batch_size` counts the examples of one update" in cure


@pytest.mark.parametrize("name", ["input_features", "model_type"])
def test_keys_of_ludwig_that_are_not_needed(name: str) -> None:
    assert unknown_key_cure((), name).startswith("remove it: ")


def test_every_key_at_the_top_is_listed_where_nothing_is_near() -> None:
    cure = unknown_key_cure((), "zzzzzz")
    assert all(f"`{key}`" in cure for key in KEYS if "." not in key)


def test_other_tools_keys_lead_to_keys_that_exist() -> None:
    assert set(RENAMED_KEYS.values()) <= KEYS
    assert not set(RENAMED_KEYS) & set(REPLACED_KEYS)
    assert not (set(RENAMED_KEYS) | set(REPLACED_KEYS)) & {key.rpartition(".")[2] for key in KEYS}
    assert all(name == name.lower().replace("-", "_") for name in (*RENAMED_KEYS, *REPLACED_KEYS))


def test_other_tools_values_lead_to_values_that_exist() -> None:
    allowed = {
        value
        for key in schema_keys()
        for part in (key.node, key.node.get("items", {}), *key.node.get("anyOf", ()))
        for value in part.get("enum", ())
    }
    assert set(RENAMED_VALUES.values()) <= allowed
    assert not set(RENAMED_VALUES) & allowed


@pytest.mark.parametrize(
    ("word", "allowed", "cure"),
    [
        ("bf16", ("auto", "bfloat16"), "write `bfloat16`"),
        ("BF16", ("auto", "bfloat16"), "write `bfloat16`"),
        ("bf16", ("auto", "none"), ""),
        ("Auto", ("auto", "none"), "did you mean `auto`?"),
        ("cosin", ("cosine", "linear"), "did you mean `cosine`?"),
        ("zzz", ("auto",), ""),
    ],
)
def test_values(word: str, allowed: tuple[str, ...], cure: str) -> None:
    assert value_cure(word, allowed) == cure
