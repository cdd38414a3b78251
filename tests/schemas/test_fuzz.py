"""Whatever a file holds, checking it ends with a task or with problems, and never with another exception.

    check_text("prompt: {template: *x}\\n") returns

*Not here:* which problems: the other tests of this folder.
"""

from __future__ import annotations

import json
import tempfile
from functools import cache
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from lfine.schemas.document import Document
from lfine.schemas.loading import check_task
from lfine.schemas.overrides import apply_overrides
from lfine.schemas.rendering import problems_json, problems_text
from lfine.schemas.schema import SchemaKey, schema_keys
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


def survives(raw: bytes) -> None:
    """Check the bytes as a file and render what comes of it; a task must come with no error."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "task.yaml"
        file.write_bytes(raw)
        loaded, problems = check_task(file)
    assert (loaded is None) == any(problem.severity == "error" for problem in problems)
    assert not problems or problems_text(problems)
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
