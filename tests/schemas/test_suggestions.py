"""What was meant by a word that is not known: slips, other places, other tools."""

from __future__ import annotations

import random
import re

import pytest

from lfine.schemas.document import Value
from lfine.schemas.schema import EACH, SchemaKey, schema_keys
from lfine.schemas.suggestions import closest, did_you_mean, distance, takes, unknown_key_cure, value_cure

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
        ((), "truncation", "move it: `truncation` belongs under `preprocessing`"),
        ((), "betas", "move it: `betas` belongs under `trainer.optimizer`"),
        (("trainer",), "weight_decay", "move it: `weight_decay` belongs under `trainer.optimizer`"),
        (("trainer",), "base_model", "move it: `base_model` belongs at the top"),
        (
            ("generation",),
            "Seed",
            "did you mean `seed`?",
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
        (("adapter",), "lora_r", "write it as `r` (`lora_r` is Axolotl's and Hugging Face's word)"),
        ((), "lora_r", "write it as `adapter.r` (`lora_r` is Axolotl's and Hugging Face's word)"),
        (("adapter",), "lora-alpha", "write it as `alpha` (`lora-alpha` is Axolotl's and Hugging Face's word)"),
        ((), "num_train_epochs", "write it as `trainer.epochs` (`num_train_epochs` is Hugging Face's word)"),
        (("trainer",), "max_steps", "write it as `train_steps` (`max_steps` is Hugging Face's word)"),
        ((), "sequence_len", "write it as `preprocessing.max_sequence_length` (`sequence_len` is Axolotl's word)"),
        (
            ("preprocessing",),
            "global_max_sequence_length",
            "write it as `max_sequence_length` (`global_max_sequence_length` is Ludwig's word)",
        ),
        ((), "model_name_or_path", "write it as `base_model` (`model_name_or_path` is Hugging Face's word)"),
        ((), "datasets", "write it as `dataset` (`datasets` is Axolotl's word)"),
        (
            ("trainer",),
            "warmup_ratio",
            "write it as `trainer.learning_rate_scheduler.warmup_fraction` (`warmup_ratio` is Hugging Face's word)",
        ),
        ((), "load_in_4bit", "write `quantization: {bits: 4}`"),
        ((), "output_features", "write it as `output_feature`"),
        # nothing near
        (
            ("generation",),
            "zzzzzz",
            (
                "use one of `max_new_tokens`, `temperature`, `top_p`, `top_k`, `min_p`, `repetition_penalty`, `stop`, "
                "`seed`, `constrain`, `probabilities`"
            ),
        ),
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


# --- keys that have several homes ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("parent", "name", "value", "cure"),
    [
        ((), "columns", {"a": {}}, "move it: `columns` belongs under `dataset`"),
        ((), "type", "category", "move it: `type` belongs under `output_feature`"),
        ((), "type", "lora", "move it: `type` belongs under `adapter`"),
        ((), "type", "hash", "move it: `type` belongs under `preprocessing.split`"),
        ((), "type", "sgd", "move it: `type` belongs under `trainer.optimizer`"),
        (("trainer",), "weight_decay", 0.1, "move it: `weight_decay` belongs under `trainer.optimizer`"),
        (("preprocessing",), "column", "fold", "move it: `column` belongs under `preprocessing.split`"),
        (("preprocessing",), "seed", 7, "move it: `seed` belongs under `preprocessing.split`"),
        (("prompt",), "seed", 7, "move it: `seed` belongs under `prompt.examples`"),
        (("dataset",), "join", ", ", "move it: `join` belongs under `dataset.columns.NAME`"),
        (("trainer",), "metrics", ["f1"], "move it: `metrics` belongs under `evaluation`"),
        (("evaluation",), "metric", "f1", "write it as `metrics`"),
        ((), "template", "Question: {q}", "move it: `template` belongs under `prompt` or under `dataset.columns.NAME`"),
    ],
)
def test_the_home_is_chosen_by_value_and_mapping(parent: tuple[str, ...], name: str, value: Value, cure: str) -> None:
    found = unknown_key_cure(parent, name, value=value)
    assert found.partition(" or ")[0] == cure.partition(" or ")[0] or set(cure.split()) == set(found.split())


def test_a_chat_template_is_no_prompt_template() -> None:
    assert unknown_key_cure((), "template", value="llama3").startswith("remove it: the model's own chat template")


def test_a_key_that_is_written_already_is_meant_less_often() -> None:
    assert unknown_key_cure(("generation",), "top_", value=1) == "did you mean `top_p`?"
    assert unknown_key_cure(("generation",), "top_", value=1, present={"top_p", "top_"}) == "did you mean `top_k`?"


def test_the_value_decides_between_two_near_keys() -> None:
    assert unknown_key_cure(("generation",), "top_", value=0.9) == "did you mean `top_p`?"
    assert unknown_key_cure(("generation",), "top_", value=50) == "did you mean `top_k`?"


@pytest.mark.parametrize(
    ("path", "value", "fits"),
    [
        ("adapter.r", 8, True),
        ("adapter.r", True, False),
        ("adapter.r", "8", False),
        ("adapter.use_dora", True, True),
        ("adapter.use_dora", 1, False),
        ("adapter", None, True),
        ("output_feature", "label", True),
        ("quantization.bits", 4, True),
        ("quantization.bits", 5, False),
        ("trainer.batch_size", "auto", True),
        ("trainer.batch_size", 4, True),
        ("evaluation.metrics", ["f1"], True),
        ("evaluation.metrics", {}, False),
        ("trainer.optimizer", {}, True),
    ],
)
def test_what_a_key_takes(path: str, value: Value, fits: bool) -> None:
    node = next(key.node for key in schema_keys() if key.dotted == path)
    assert takes(node, value) is fits


# --- slips of the pen, measured --------------------------------------------------------------------------------------

LETTERS = "abcdefghijklmnopqrstuvwxyz_"


def slip(draw: random.Random, word: str) -> str:
    """Insert, drop, change or swap one letter."""
    at, letter = draw.randrange(len(word)), draw.choice(LETTERS)
    kind = draw.choice(("insert", "change", "drop", "swap") if len(word) > 1 else ("insert", "change"))
    if kind == "insert":
        return word[:at] + letter + word[at:]
    if kind == "change":
        return word[:at] + letter + word[at + 1 :]
    if kind == "drop":
        return word[:at] + word[at + 1 :]
    at = min(at, len(word) - 2)
    return word[:at] + word[at + 1] + word[at] + word[at + 2 :]


def misspelt(draw: random.Random, key: SchemaKey, slips: int) -> str:
    """Return the key's name with slips, never another key's of the same mapping."""
    taken = {other.path[-1] for other in schema_keys() if other.path[:-1] == key.path[:-1]}
    word = key.path[-1]
    while word in taken or not word.strip("_"):
        word = key.path[-1]
        for _ in range(slips):
            word = slip(draw, word)
    return word


def share_of_right_suggestions(slips: int) -> float:
    """Return how often the cure of a misspelt key, four for each key of the language, names the key that was meant."""
    draw, right, all_ = random.Random(7), 0, 0
    for key in schema_keys():
        in_a_list = "metrics" in key.path
        parent = tuple((0 if in_a_list else "made") if part == EACH else part for part in key.path[:-1])
        value = key.node["examples"][0]
        for _ in range(4):
            cure = unknown_key_cure(parent, misspelt(draw, key, slips), value=value)
            named = re.match(r"(?:did you mean|write it as) `([^`]+)`", cure)
            right += named is not None and named[1] in (key.path[-1], key.dotted)
            all_ += 1
    return right / all_


def test_slips_of_one_edit_are_understood() -> None:
    assert share_of_right_suggestions(1) >= 0.98  # measured: 0.995


def test_slips_of_two_edits_are_understood() -> None:
    assert share_of_right_suggestions(2) >= 0.93  # measured: 0.96
