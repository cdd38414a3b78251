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
        "quantization.bits must be 4 or 8, got '4' (text)",
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
        "trainer: {gradient_checkpointing: yes}\n",
        "LF102",
        6,
        35,
        "trainer.gradient_checkpointing must be true or false, got yes (text)",
        "write `true`",
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
        "evaluation.metrics must be a list of texts or null, got rouge (text)",
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
        "quantization.bits must be 4 or 8, got 5 (number)",
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
    "split of another tool": (
        "preprocessing:\n  split: {type: random}\n",
        "LF104",
        7,
        17,
        "preprocessing.split.type must be `fixed` or `hash` or null, got random (text)",
        "write `hash`",
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
        "trainer.optimizer.betas must be a list of 2 numbers, got a list of one item",
        "write for instance `[0.9, 0.95]`",
    ),
    "empty list": (
        "evaluation: {metrics: []}\n",
        "LF105",
        6,
        23,
        "evaluation.metrics must be a list of texts or null, got an empty list",
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
        "use one of `type`, `betas`, `eps`, `weight_decay`",
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
        "quantization: {bnb_4bit_quant_type: fp4}\n",
        "LF101",
        6,
        1,
        "the key `bits` is missing under `quantization`",
        "add `bits: 4`",
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


@pytest.mark.parametrize(
    ("replaced", "by", "message", "cure"),
    [
        (
            "output_feature: label",
            "output_feature: 5",
            "output_feature must be the name of a column or a mapping, got 5 (number)",
            'put it in quotes: `"5"`',
        ),
        (
            "output_feature: label",
            "output_feature: [label]",
            "output_feature must be the name of a column or a mapping, got a list of one item",
            "write `label` without the brackets",
        ),
        (
            "dataset: {path: reviews.csv}",
            "dataset: reviews.csv",
            "dataset must be a mapping, got reviews.csv (text)",
            "write `dataset: {path: reviews.csv}`",
        ),
        (
            'template: "Review: {review}"',
            "template: {review}",
            "prompt.template must be a text that is not empty, got a mapping",
            "put the text in quotes, or write it after `>-` on the next line: `{` begins a mapping in YAML",
        ),
        (
            'template: "Review: {review}"',
            "template: # {review}",
            "prompt.template must be a text that is not empty, got null",
            "put the text in quotes: what follows `#` is a comment",
        ),
        (
            'template: "Review: {review}"',
            'template: ""',
            'prompt.template must be a text that is not empty, got "" (text)',
            'write for instance `"Question: {question}"`',
        ),
        (
            "base_model: smollm2-135m-instruct",
            "base_model: 7",
            "base_model must be a text on one line without white space around it, got 7 (number)",
            'put it in quotes: `"7"`',
        ),
        (
            "base_model: smollm2-135m-instruct",
            "base_model: [a, b]",
            "base_model must be a text on one line without white space around it, got a list",
            "write for instance `mistralai/Mistral-7B-v0.1`",
        ),
    ],
)
def test_wrong_values_of_required_keys(one: One, valid: str, replaced: str, by: str, message: str, cure: str) -> None:
    problem = one(valid.replace(replaced, by))
    assert problem.message == message
    assert problem.cure == cure


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
    assert [problem.code for problem in problems] == ["LF101"] * 4
    assert [problem.path for problem in problems] == ["base_model", "dataset", "output_feature", "prompt"]
    assert {problem.line for problem in problems} == {None}
    assert problems[0].cure == "add `base_model: mistralai/Mistral-7B-v0.1`"
    assert problems[1].cure == "add `dataset: {path: viggo.parquet}`"


def test_a_mapping_without_keys(check: Check) -> None:
    assert [problem.code for problem in check("{}\n")] == ["LF101"] * 4


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
