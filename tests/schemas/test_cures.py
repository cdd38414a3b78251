"""Cures that no table row of test_validation.py covers."""

from __future__ import annotations

import pytest

from lfine.schemas.cures import Misfit, quoted_override, value_cures
from lfine.schemas.document import Document, Path
from lfine.schemas.schema import node_at
from lfine.schemas.validation import accepts
from lfine.schemas.yaml_text import compose


def cure(text: str, path: Path) -> str:
    document = compose(text, "t.yaml").document
    assert isinstance(document, Document)
    return value_cures(Misfit(document, path, node_at(path) or {}, accepts))


@pytest.mark.parametrize(
    ("text", "path", "expected"),
    [
        ("adapter: {r: 1,024}", ("adapter", "r"), "write for instance `16`"),
        ("adapter: {r: '1,024'}", ("adapter", "r"), "write `1024`"),
        ("adapter: {r: '0'}", ("adapter", "r"), "write for instance `16`"),
        ("adapter: {r: 'sixteen'}", ("adapter", "r"), "write for instance `16`"),
        ("adapter: {use_rslora: on}", ("adapter", "use_rslora"), "write `true`"),
        ("adapter: {use_rslora: N}", ("adapter", "use_rslora"), "write `false`"),
        ("adapter: {use_rslora: 1}", ("adapter", "use_rslora"), "write for instance `true`"),
        ("adapter: {use_rslora: maybe}", ("adapter", "use_rslora"), "write for instance `true`"),
        ("adapter: qlora", ("adapter",), "write for instance `{type: lora, r: 16}`"),
        ("quantization: '4'", ("quantization",), "write for instance `{bits: 4}`"),
        ("adapter: {target_modules: q_proj}", ("adapter", "target_modules"), "write a list: `[q_proj]`"),
        ("adapter: {target_modules: {q: 1}}", ("adapter", "target_modules"), "write for instance `[q_proj, v_proj]`"),
        ("dataset: {path: [a.csv]}", ("dataset", "path"), "write `a.csv` without the brackets"),
        ("dataset: {path: [a.csv, b.csv]}", ("dataset", "path"), "write for instance `viggo.parquet`"),
        ("dataset:", ("dataset",), "remove `dataset:`, or write keys below it"),
        ("prompt:", ("prompt",), 'write for instance `{template: "Question: {question}"}`'),
        ("prompt: '{q}'", ("prompt",), 'write `prompt: {template: "{q}"}`'),
        ("dataset: {path: 2024-01-01}", ("dataset", "path"), "write for instance `viggo.parquet`"),
        ("trainer: {optimizer: {type: paged_adamw_8bit}}", ("trainer", "optimizer", "type"), "write `adamw`"),
        ("preprocessing: {truncation: right}", ("preprocessing", "truncation"), "write `end`"),
    ],
)
def test_cures(text: str, path: Path, expected: str) -> None:
    assert cure(text, path) == expected


def test_a_bare_value_is_offered_only_where_it_would_be_valid() -> None:
    assert cure("quantization: 4", ("quantization",)) == "write `quantization: {bits: 4}`"
    assert cure("quantization: 5", ("quantization",)) == "write for instance `{bits: 4}`"


def test_the_whole_file_has_a_name() -> None:
    document = compose("[]", "t.yaml").document
    assert isinstance(document, Document)
    misfit = Misfit(document, (), node_at(()) or {}, accepts)
    assert misfit.key == "the file"
    assert value_cures(misfit) == "write a mapping"


def test_quoting_for_the_shell() -> None:
    assert quoted_override("prompt.template=A: {x}").endswith("""--set 'prompt.template="A: {x}"'""")
