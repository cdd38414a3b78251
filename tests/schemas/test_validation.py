"""Shape: every kind of wrong value with its code, its place, what was got and what to do."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from lfine.schemas.document import Document
from lfine.schemas.problems import Problem
from lfine.schemas.validation import accepts, validate_document
from lfine.schemas.yaml_text import compose

One = Callable[..., Problem]
Check = Callable[..., list[Problem]]

EXTRACTS = "`none`, `first_line`, `last_number` and `label`"
AVERAGES = "`macro`, `micro`, `weighted` and `binary`"
SPLITS = "`fixed`, `hash`, `random`, `stratify`, `group` and `datetime`"
LENGTH = "an integer of at least 8, a percentile from `p50` to `p100` or null"
# Each text is added to the valid task of conftest.py and begins on line 6:
# name: (text, code, line, column, message, cure)
WRONG: dict[str, tuple[str, str, int, int, str, str]] = {
    "number in quotes": (
        'adapter:\n  r: "16"\n',
        "LF102",
        7,
        6,
        'adapter.r must be an integer of at least 1, got "16" (text)',
        "remove the quotes",
    ),
    "number in quotes where a text is allowed": (
        "trainer: {micro_batch_size: '8'}\n",
        "LF102",
        6,
        29,
        "trainer.micro_batch_size must be an integer of at least 1 or `auto`, got '8' (text)",
        "remove the quotes",
    ),
    "width in quotes": (
        "quantization: {bits: '4'}\n",
        "LF102",
        6,
        22,
        "quantization.bits must be 4 or 8 or null, got '4' (text)",
        "remove the quotes",
    ),
    "boolean in quotes": (
        "adapter: {use_rslora: 'true'}\n",
        "LF102",
        6,
        23,
        "adapter.use_rslora must be true or false, got 'true' (text)",
        "remove the quotes",
    ),
    "yes for true": (
        "trainer: {deterministic: yes}\n",
        "LF102",
        6,
        26,
        "trainer.deterministic must be true or false, got yes (text)",
        "write `true`",
    ),
    "yes for true or auto": (
        "trainer: {gradient_checkpointing: yes}\n",
        "LF104",
        6,
        35,
        "trainer.gradient_checkpointing must be true or false or `auto`, got yes (text)",
        "write `true`",
    ),
    "boolean in quotes where a text is allowed": (
        'trainer: {gradient_checkpointing: "false"}\n',
        "LF102",
        6,
        35,
        'trainer.gradient_checkpointing must be true or false or `auto`, got "false" (text)',
        "remove the quotes",
    ),
    "parameter of a metric": (
        "evaluation:\n  metrics:\n    - rouge\n    - {name: f1, average: makro}\n",
        "LF104",
        9,
        27,
        f"evaluation.metrics[1].average must be one of {AVERAGES} or null, got makro (text)",
        "did you mean `macro`?",
    ),
    "unknown parameter of a metric": (
        "evaluation:\n  metrics: [{name: f1, avrage: macro}]\n",
        "LF103",
        7,
        24,
        "there is no key `avrage` under `evaluation.metrics[0]`",
        "did you mean `average`?",
    ),
    "metric without a name": (
        "evaluation:\n  metrics: [{average: macro}]\n",
        "LF101",
        7,
        13,
        "the key `name` is missing under `evaluation.metrics[0]`",
        "add `name: f1`",
    ),
    "number for a metric": (
        "evaluation: {metrics: [1]}\n",
        "LF102",
        6,
        24,
        "evaluation.metrics[0] must be the name of a metric or a mapping, got 1 (number)",
        'put it in quotes: `"1"`',
    ),
    "kind of extraction": (
        "evaluation: {extract: lable}\n",
        "LF104",
        6,
        23,
        f"evaluation.extract must be one of {EXTRACTS} or a mapping, got lable (text)",
        "did you mean `label`?",
    ),
    "kind of extraction that needs more": (
        "evaluation: {extract: regex}\n",
        "LF104",
        6,
        23,
        f"evaluation.extract must be one of {EXTRACTS} or a mapping, got regex (text)",
        'write for instance `extract: {type: regex, pattern: "Answer: (.*)"}`',
    ),
    "rank of a layer": (
        "adapter: {rank_pattern: {q_proj: 0}}\n",
        "LF105",
        6,
        34,
        "adapter.rank_pattern.q_proj must be an integer of at least 1, got 0 (number)",
        "write an integer of at least 1",
    ),
    "list for a mapping of the user's own keys": (
        "adapter: {rank_pattern: [q_proj]}\n",
        "LF102",
        6,
        25,
        "adapter.rank_pattern must be a mapping of names to integers of at least 1, got a list of one item",
        "write for instance `{q_proj: 16}`",
    ),
    "list for the key from": (
        "adapter: {from: [a, b]}\n",
        "LF102",
        6,
        17,
        "adapter.from must be a text on one line without white space around it or null, got a list",
        "write for instance `runs/viggo/20260101T000000Z`",
    ),
    "separators in a number": (
        "evaluation: {sample_size: 1_000}\n",
        "LF102",
        6,
        27,
        "evaluation.sample_size must be an integer of at least 1, got 1_000 (text)",
        "write `1000`",
    ),
    "leading zero": (
        "adapter: {r: 08}\n",
        "LF102",
        6,
        14,
        "adapter.r must be an integer of at least 1, got 08 (text)",
        "write `8`",
    ),
    "fraction for an integer": (
        "adapter: {r: 3.5}\n",
        "LF102",
        6,
        14,
        "adapter.r must be an integer of at least 1, got 3.5 (number)",
        "write for instance `16`",
    ),
    "true for a number": (
        "adapter: {r: true}\n",
        "LF102",
        6,
        14,
        "adapter.r must be an integer of at least 1, got true (true/false)",
        "write for instance `16`",
    ),
    "null for a number": (
        "trainer:\n  seed:\n",
        "LF102",
        7,
        8,
        "trainer.seed must be an integer from 0 to 4294967295, got null",
        "write for instance `7`",
    ),
    "a mapping with nothing below it": (
        "trainer:\n# epochs: 3\n",
        "LF102",
        6,
        9,
        "trainer must be a mapping, got null",
        "remove `trainer:`, or write keys below it",
    ),
    "bare text for a mapping": (
        "adapter: lora\n",
        "LF102",
        6,
        10,
        "adapter must be a mapping or null, got lora (text)",
        "write `adapter: {type: lora}`",
    ),
    "bare number for a mapping": (
        "quantization: 4\n",
        "LF102",
        6,
        15,
        "quantization must be a mapping or null, got 4 (number)",
        "write `quantization: {bits: 4}`",
    ),
    "bare scheduler": (
        "trainer:\n  learning_rate_scheduler: cosine\n",
        "LF102",
        7,
        28,
        "trainer.learning_rate_scheduler must be a mapping, got cosine (text)",
        "write `learning_rate_scheduler: {decay: cosine}`",
    ),
    "false for a mapping": (
        "adapter: false\n",
        "LF102",
        6,
        10,
        "adapter must be a mapping or null, got false (true/false)",
        "write for instance `{type: lora, r: 16}`",
    ),
    "list for a mapping": (
        "trainer: [1, 2]\n",
        "LF102",
        6,
        10,
        "trainer must be a mapping, got a list",
        "write for instance `{epochs: 3, learning_rate: 0.0002}`",
    ),
    "text for a list": (
        "evaluation: {metrics: rouge}\n",
        "LF102",
        6,
        23,
        "evaluation.metrics must be a list of names (or mappings with a `name`) or null, got rouge (text)",
        "write a list: `[rouge]`",
    ),
    "list for a text": (
        "evaluation: {split: [test]}\n",
        "LF102",
        6,
        21,
        "evaluation.split must be `test` or `validation`, got a list of one item",
        "write `test` without the brackets",
    ),
    "number for a text": (
        "description: 5\n",
        "LF102",
        6,
        14,
        "description must be a text or null, got 5 (number)",
        'put it in quotes: `"5"`',
    ),
    "value that is not allowed": (
        "quantization: {bits: 5}\n",
        "LF104",
        6,
        22,
        "quantization.bits must be 4 or 8 or null, got 5 (number)",
        "write for instance `4`",
    ),
    "slip of an allowed value": (
        "trainer:\n  device: cdua\n",
        "LF104",
        7,
        11,
        "trainer.device must be one of `auto`, `cpu`, `cuda` and `mps`, got cdua (text)",
        "did you mean `cuda`?",
    ),
    "slip of auto": (
        "generation: {max_new_tokens: atuo}\n",
        "LF104",
        6,
        30,
        "generation.max_new_tokens must be an integer of at least 1 or `auto`, got atuo (text)",
        "did you mean `auto`?",
    ),
    "value of another tool": (
        "trainer: {dtype: bf16}\n",
        "LF104",
        6,
        18,
        "trainer.dtype must be one of `auto`, `float32`, `bfloat16` and `float16`, got bf16 (text)",
        "write `bfloat16`",
    ),
    "slip in a split": (
        "preprocessing:\n  split: {type: randm}\n",
        "LF104",
        7,
        17,
        f"preprocessing.split.type must be one of {SPLITS} or null, got randm (text)",
        "did you mean `random`?",
    ),
    "negative": (
        "trainer: {epochs: -3}\n",
        "LF105",
        6,
        19,
        "trainer.epochs must be a number above 0 and at most 10000 or null, got -3 (number)",
        "write for instance `3`",
    ),
    "zero": (
        "trainer: {learning_rate: 0}\n",
        "LF105",
        6,
        26,
        "trainer.learning_rate must be a number above 0 and at most 10, got 0 (number)",
        "write for instance `0.0001`",
    ),
    "one for a dropout": (
        "adapter: {dropout: 1}\n",
        "LF105",
        6,
        20,
        "adapter.dropout must be a number of at least 0 and below 1, got 1 (number)",
        "write for instance `0.1`",
    ),
    "not a number": (
        "trainer: {learning_rate: .nan}\n",
        "LF105",
        6,
        26,
        "trainer.learning_rate must be a number above 0 and at most 10, got .nan (number)",
        "write for instance `0.0001`",
    ),
    "infinite": (
        "trainer: {max_grad_norm: .inf}\n",
        "LF105",
        6,
        26,
        "trainer.max_grad_norm must be a number above 0 or null, got .inf (number)",
        "write for instance `0.3`",
    ),
    "short list": (
        "trainer: {optimizer: {betas: [0.9]}}\n",
        "LF105",
        6,
        30,
        "trainer.optimizer.betas must be a list of 2 numbers or null, got a list of one item",
        "write for instance `[0.9, 0.95]`",
    ),
    "empty list": (
        "evaluation: {metrics: []}\n",
        "LF105",
        6,
        23,
        "evaluation.metrics must be a list of names (or mappings with a `name`) or null, got an empty list",
        "write for instance `[accuracy]`",
    ),
    "item out of range": (
        "trainer: {optimizer: {betas: [0.9, 1.5]}}\n",
        "LF105",
        6,
        36,
        "trainer.optimizer.betas[1] must be a number of at least 0 and below 1, got 1.5 (number)",
        "write a number of at least 0 and below 1",
    ),
    "wrong percentile": (
        "preprocessing: {max_sequence_length: p300}\n",
        "LF112",
        6,
        38,
        f"preprocessing.max_sequence_length must be {LENGTH}, got p300 (text)",
        "write for instance `512`",
    ),
    "short sequence": (
        "preprocessing: {max_sequence_length: 4}\n",
        "LF105",
        6,
        38,
        f"preprocessing.max_sequence_length must be {LENGTH}, got 4 (number)",
        "write for instance `512`",
    ),
    "name with a space": (
        "name: a b\n",
        "LF112",
        6,
        7,
        "name must be a name of letters, digits, `.`, `_` and `-` or null, got a b (text)",
        "write for instance `viggo`",
    ),
    "name that leaves the folder": (
        "name: ../../x\n",
        "LF112",
        6,
        7,
        "name must be a name of letters, digits, `.`, `_` and `-` or null, got ../../x (text)",
        "write for instance `viggo`",
    ),
    "repeated metric": (
        "evaluation: {metrics: [rouge, bleu, rouge]}\n",
        "LF114",
        6,
        37,
        "evaluation.metrics holds rouge (text) twice",
        "keep one of them",
    ),
    "modules of another spelling": (
        "adapter: {target_modules: all_linear}\n",
        "LF104",
        6,
        27,
        "adapter.target_modules must be a list of texts, `all-linear` or null, got all_linear (text)",
        "did you mean `all-linear`?",
    ),
    "unknown key": (
        "trainer:\n  learning_rte: 0.001\n",
        "LF103",
        7,
        3,
        "there is no key `learning_rte` under `trainer`",
        "did you mean `learning_rate`?",
    ),
    "unknown key at the top": (
        "adaptor: {r: 8}\n",
        "LF103",
        6,
        1,
        "there is no key `adaptor`",
        "did you mean `adapter`?",
    ),
    "unknown key three deep": (
        "trainer:\n  optimizer:\n    ep: 1\n",
        "LF103",
        8,
        5,
        "there is no key `ep` under `trainer.optimizer`",
        "did you mean `eps`?",
    ),
    "no space after a colon in braces": (
        "quantization: {bits: 4, bnb_4bit_quant_type:nf4}\n",
        "LF103",
        6,
        25,
        "there is no key `bnb_4bit_quant_type:nf4` under `quantization`",
        "put a space after the colon: `bnb_4bit_quant_type: nf4`",
    ),
    "missing key": (
        "evaluation:\n  extract: {field: answer}\n",
        "LF101",
        7,
        3,
        "the key `type` is missing under `evaluation.extract`",
        "add `type: first_line`",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_each_wrong_value(name: str, one: One, valid: str) -> None:
    text, code, line, column, message, cure = WRONG[name]
    problem = one(valid + text)
    assert (problem.code, problem.line, problem.column) == (code, line, column), problem.text()
    assert problem.message == message
    assert problem.cure == cure
    assert problem.file == "task.yaml"
    assert problem.severity == "error"


@pytest.mark.parametrize("label", ["true", "false", "1", "2.5", "null"])
def test_labels_that_yaml_does_not_read_as_text(one: One, valid: str, label: str) -> None:
    problem = one(valid.replace("output_feature: label", f"output_feature: {{name: y, labels: [a, {label}]}}"))
    assert (problem.code, problem.line, problem.column) == ("LF102", 5, 39)
    assert problem.path == "output_feature.labels[1]"
    if label != "null":
        assert problem.cure == f'put it in quotes: `"{label}"`'


@pytest.mark.parametrize("labels", ["[yes, no]", "[on, off]", "['1', '2']", "[012, 007]", "[y, n]"])
def test_labels_that_yaml_reads_as_text(check: Check, valid: str, labels: str) -> None:
    assert check(valid.replace("output_feature: label", f"output_feature: {{name: y, labels: {labels}}}")) == []


def test_every_missing_key_is_named(check: Check) -> None:
    problems = check("name: x\n")
    assert [problem.code for problem in problems] == ["LF101", "LF101", "LF101", "LF213"]
    assert [problem.path for problem in problems] == ["base_model", "dataset", "prompt", "output_feature"]
    assert {problem.line for problem in problems} == {None}
    assert problems[0].cure == "add `base_model: mistralai/Mistral-7B-v0.1`"
    assert problems[1].cure == "add `dataset: {path: viggo.parquet}`"


def test_a_mapping_without_keys(check: Check) -> None:
    assert [problem.code for problem in check("{}\n")] == ["LF101", "LF101", "LF101", "LF213"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("- a\n- b\n", "a task file must be a mapping of keys, got a list"),
        ("base_model\n", "a task file must be a mapping of keys, got base_model (text)"),
        ("42\n", "a task file must be a mapping of keys, got 42 (number)"),
    ],
)
def test_a_file_that_is_no_mapping(one: One, text: str, message: str) -> None:
    problem = one(text)
    assert (problem.code, problem.line, problem.column, problem.message) == ("LF102", 1, 1, message)


@pytest.mark.parametrize("text", ["", "\n\n", "# nothing yet\n", "---\n", "null\n", "\ufeff"])
def test_an_empty_file(one: One, text: str) -> None:
    problem = one(text)
    assert (problem.code, problem.message) == ("LF108", "the file is empty")


def test_all_problems_come_at_once_in_the_order_of_the_file(check: Check, valid: str) -> None:
    added = "adapter: {r: 0, alpa: 1}\ntrainer: {epochs: a, dtype: fp8}\nfoo: 1\nevaluation: {split: tset}\n"
    problems = check(valid + added)
    assert [(problem.line, problem.code) for problem in problems] == [
        (6, "LF105"),
        (6, "LF103"),
        (7, "LF102"),
        (7, "LF104"),
        (8, "LF103"),
        (9, "LF104"),
    ]


def test_unknown_keys_of_one_mapping_are_each_reported(check: Check, valid: str) -> None:
    problems = check(valid + "trainer: {foo1: 1, bar2: 2, baz3: 3}\n")
    assert [problem.path for problem in problems] == ["trainer.foo1", "trainer.bar2", "trainer.baz3"]


def test_one_value_gives_one_problem(one: One, valid: str) -> None:
    assert one(valid + f"name: '{'x ' * 80}'\n").code == "LF112", "too long and of the wrong form"


def test_what_is_wrong_inside_an_alternative_is_said_about_the_inside(check: Check, valid: str) -> None:
    problems = check(valid.replace("output_feature: label", "output_feature: {nam: label, type: int}"))
    assert [(problem.path, problem.code) for problem in problems] == [
        ("output_feature.name", "LF101"),
        ("output_feature.nam", "LF103"),
        ("output_feature.type", "LF104"),
    ]


@pytest.mark.parametrize(
    ("text", "code"),
    [("name: [.inf]\n", "LF102"), ("adapter: {r: .inf}\n", "LF102"), ("foo: {bar: [.nan]}\n", "LF103")],
)
def test_infinite_numbers_where_no_number_belongs(one: One, valid: str, text: str, code: str) -> None:
    assert one(valid + text).code == code


def test_widths_of_carets(one: One, valid: str) -> None:
    excerpt = one(valid + "trainer:\n  learning_rte: 0.001\n").excerpt
    assert excerpt is not None
    assert (excerpt.text, excerpt.width) == ("  learning_rte: 0.001", 12)
    excerpt = one(valid + 'adapter: {r: "16", type: lora}\n').excerpt
    assert excerpt is not None
    assert excerpt.width == 4


@pytest.mark.parametrize("value", ["16", "16.0", "1.6e1", "0x10"])
def test_whole_numbers_in_any_spelling(check: Check, valid: str, value: str) -> None:
    assert check(valid + f"adapter: {{r: {value}}}\n") == []


def test_what_a_key_accepts() -> None:
    assert accepts({"$ref": "#/$defs/dataset"}, {"path": "x"})
    assert not accepts({"$ref": "#/$defs/dataset"}, {"paht": "x"})
    assert not accepts({"type": "number"}, float("nan"))
    assert accepts({"type": "number"}, 1e-4)


def test_a_document_can_be_validated_twice(valid: str) -> None:
    document = compose(valid, "t.yaml").document
    assert isinstance(document, Document)
    assert validate_document(document) == validate_document(document) == []
