"""Whatever a file holds, checking it ends with a task or with problems, and never with another exception.

    check_text("prompt: {template: *x}\\n") returns

*Not here:* which problems: the other tests of this folder.
"""

from __future__ import annotations

import json
import tempfile
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lfine.schemas.document import Document
from lfine.schemas.loading import check_task
from lfine.schemas.overrides import apply_overrides
from lfine.schemas.rendering import problems_json, problems_text
from lfine.schemas.schema import SchemaKey, schema_keys
from lfine.schemas.source import MAX_BYTES
from lfine.schemas.template import TemplateError, parse_template, render
from lfine.schemas.validation import validate_document
from lfine.schemas.yaml_text import compose

FULL = """\
name: viggo
base_model: mistralai/Mistral-7B-v0.1
dataset: {path: viggo.parquet}
prompt:
  template: >-
    Turn this representation into a sentence: {meaning_representation}
  system: "Be brief."
output_feature: {name: target, type: category, labels: [yes, no]}
preprocessing:
  split: {type: fixed, column: split}
  max_sequence_length: p99
adapter: {type: lora, r: 16, target_modules: [q_proj]}
quantization: {bits: 4}
trainer:
  epochs: 3
  learning_rate: 1e-4
  learning_rate_scheduler: {decay: linear, warmup_fraction: 0.1}
  optimizer: {betas: [0.9, 0.95]}
generation: {max_new_tokens: auto}
evaluation: {metrics: [rouge], sample_size: 1000}
"""
BOUNDED = settings(max_examples=200, derandomize=True, deadline=None, database=None)
YAMLISH = st.text(st.sampled_from("ab:1 \n\t-{}[],'\"#&*!|>%@`?~.\\\ré🙂"), max_size=60)


@cache
def full_document() -> Document:
    document = compose(FULL, "task.yaml").document
    assert document is not None
    return document


def survives(raw: bytes, **others: str) -> None:
    """Check the bytes as a file beside `others`, and render what comes of it; a task must come with no error."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "task.yaml"
        file.write_bytes(raw)
        for name, text in others.items():
            (Path(folder) / f"{name}.yaml").write_bytes(text.encode("utf-8", errors="surrogatepass"))
        loaded, problems = check_task(file)
    assert (loaded is None) == any(problem.severity == "error" for problem in problems)
    assert loaded is None or loaded.text
    assert len(problems_text(problems)) < 500_000
    assert bool(problems_text(problems)) == bool(problems)
    json.dumps(problems_json(1, problems))
    for problem in problems:
        assert problem.message
        assert problem.cure, problem
        assert not problem.message.endswith(".")
        if problem.excerpt is not None:
            assert problem.column is not None
            assert 1 <= problem.column <= len(problem.excerpt.text) + 1


@BOUNDED
@given(st.binary(max_size=200))
def test_any_bytes(raw: bytes) -> None:
    survives(raw)


@BOUNDED
@given(YAMLISH)
def test_any_text_of_yaml_characters(text: str) -> None:
    survives(text.encode())


@BOUNDED
@given(st.integers(0, len(FULL)), st.integers(0, 20), YAMLISH)
def test_a_valid_file_with_a_piece_replaced(start: int, length: int, piece: str) -> None:
    survives((FULL[:start] + piece + FULL[start + length :]).encode())


@settings(BOUNDED, max_examples=60)
@given(st.integers(0, 18), st.integers(0, 18))
def test_a_valid_file_with_lines_exchanged(first: int, second: int) -> None:
    lines = FULL.splitlines(keepends=True)
    lines[first], lines[second] = lines[second], lines[first]
    survives("".join(lines).encode())


HALF = FULL.index("trainer:")


@settings(BOUNDED, max_examples=100)
@given(st.integers(0, len(FULL)), st.integers(0, 20), YAMLISH, st.booleans())
def test_a_valid_file_in_two_with_a_piece_replaced(start: int, length: int, piece: str, below: bool) -> None:
    damaged = FULL[:start] + piece + FULL[start + length :]
    upper, lower = (FULL[HALF:], damaged) if below else (damaged, FULL[:HALF])
    survives(("extends: _base.yaml\n" + upper).encode(), _base=lower)


@settings(BOUNDED, max_examples=40)
@given(st.lists(st.sampled_from(["task", "_a", "_b", "_c", "no", "."]), min_size=4, max_size=4), YAMLISH)
def test_files_that_extend_each_other_in_any_way(names: list[str], piece: str) -> None:
    lines = [f"extends: {name}.yaml\n" for name in names]
    survives((lines[0] + FULL).encode(), _a=lines[1] + "adapter: {r: 4}\n", _b=lines[2] + piece, _c=lines[3])


MANY = 200_000
HUGE = {
    "deep lists": "[" * MANY,
    "deep mappings": "{a: " * MANY,
    "deep blocks": "".join(" " * depth + "a:\n" for depth in range(1000)),
    "a long list": "labels: [" + "a, 1, " * (MANY // 6) + "]",
    "a list of the most items of several kinds": "output_feature: {name: y, labels: [" + "a, 1, {b: 1}, " * 2400 + "]}",
    "a list of the most numbers": f"output_feature: {{name: y, labels: {list(range(9000))}}}",
    "repeated texts": "output_feature: {name: y, labels: [" + "same, " * 9000 + "]}",
    "many keys": "".join(f"key{number}: {number}\n" for number in range(4900)),
    "many keys twice": "trainer:\n" + "  seed: 1\n" * 4900,
    "many columns": "dataset: {columns: {" + ", ".join(f"c{number}: {{pik: 1}}" for number in range(1600)) + "}}",
    "a long key": "? " + "k" * 900_000 + "\n: 1\n",
    "a long word": "name: " + "n" * 900_000,
    "a long template": "prompt: {template: '" + "{a}" * 200_000 + "'}",
    "a template of braces": "prompt: {template: '" + "{" * 900_000 + "'}",
    "a long line of digits": "trainer: {seed: " + "9" * 900_000 + "}",
    "a quote that is never closed": "name: '" + "x\n" * 300_000,
    "an error at the end": FULL + "# x\n" * 200_000 + "a: b: c\n",
    "tabs": "\t" * 900_000,
    "colons": ":" * 300_000,
    "dashes": "- " * 300_000,
    "stars": "a: " + "*a " * 200_000,
    "anchors": "".join(f"a{number}: &b{number} 1\n" for number in range(4900)),
    "aliases of aliases": "a0: &a0 [x, x]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]\n" for n in range(1, 40)),
    "documents": "---\na: 1\n" * 50_000,
    "names of other letters": FULL.replace("viggo", "ｖｉｇｇｏ\u0301\u202e🙂"),
}


@pytest.mark.parametrize("name", HUGE)
def test_much_of_everything(name: str) -> None:
    """None of these may fill the memory or the stack; benchmarks/fuzz_loader.py says how long each takes."""
    survives(HUGE[name].encode()[:MAX_BYTES])
    survives(b"extends: _base.yaml\n", _base=HUGE[name][: MAX_BYTES // 4])


def mutated(value: object, seed: st.DataObject) -> object:
    """Return a valid value with one part of it, at any depth, damaged as people do."""
    if isinstance(value, dict) and value and seed.draw(st.booleans()):
        key = seed.draw(st.sampled_from(sorted(value)))
        return {**value, key: mutated(value[key], seed)}
    if isinstance(value, list) and value and seed.draw(st.booleans()):
        return [*value[1:], mutated(value[0], seed)]
    kinds: list[object] = [None, [value], {"x": value}, str(value), -1, 0.5, True, "", [], {}]
    if isinstance(value, dict) and value:
        key = seed.draw(st.sampled_from(sorted(value)))
        rest = {name: item for name, item in value.items() if name != key}
        kinds += [rest, {**rest, key[1:]: value[key]}, {**rest, key.upper(): value[key]}, {**value, "zzz": value}]
    return seed.draw(st.sampled_from(kinds))


@settings(BOUNDED, max_examples=150)
@given(st.data())
def test_a_valid_task_damaged_in_its_structure(seed: st.DataObject) -> None:
    survives(json.dumps(mutated(full_document().value, seed)).encode())


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@settings(BOUNDED, max_examples=120)
@given(st.sampled_from(schema_keys()), VALUES)
def test_any_value_under_any_key(key: SchemaKey, value: object) -> None:
    document = full_document()
    written = json.dumps(value).replace("NaN", ".nan").replace("-Infinity", "-.inf").replace("Infinity", ".inf")
    overridden = apply_overrides(document, [f"{key.dotted}={written}"])
    for problem in [*overridden.problems, *validate_document(overridden.document)]:
        assert problem.message
        assert problem.cure


@settings(BOUNDED, max_examples=120)
@given(st.text(st.sampled_from("ab=.:[]{} \n\"'\ud800\x00"), max_size=20))
def test_any_override(argument: str) -> None:
    document = full_document()
    validate_document(apply_overrides(document, [argument]).document)


@BOUNDED
@given(st.text(st.sampled_from('ab {}\n":'), max_size=20))
def test_any_template_is_parsed_or_refused_at_a_place_in_it(template: str) -> None:
    try:
        parts = parse_template(template)
    except TemplateError as refusal:
        place, cure = template[refusal.offset], refusal.cure
        parts = ()
    else:
        place, cure = "{", "none needed"
    assert place in "{}"
    assert cure
    if not parts:
        return
    shown = {part.text: "{" + part.text + "}" for part in parts if part.column}
    literal = template.replace("{{", "\0").replace("}}", "\1")
    assert render(parts, shown).count("{") == literal.count("{") + literal.count("\0")
