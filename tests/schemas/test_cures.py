"""Cures that no table row of test_validation.py covers."""

from __future__ import annotations

import pytest

from lfine.schemas.cures import Misfit, value_cure_of, value_cures
from lfine.schemas.document import Document, Path
from lfine.schemas.overrides import quoted_override
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
        ("dataset:", ("dataset",), "write for instance `{path: viggo.parquet}`"),
        ("trainer:", ("trainer",), "remove `trainer:`, or write keys below it"),
        ("trainer:\n  epochs:3", ("trainer",), "put a space after the colon: `epochs: 3`"),
        ("trainer:\n  http://x", ("trainer",), "write for instance `{epochs: 3, learning_rate: 0.0002}`"),
        (
            "evaluation: {extract: regex}",
            ("evaluation", "extract"),
            'write for instance `extract: {type: regex, pattern: "Answer: (.*)"}`',
        ),
        ("evaluation: {extract: lable}", ("evaluation", "extract"), "did you mean `label`?"),
        ("evaluation: {metrics: {name: f1}}", ("evaluation", "metrics"), "write a list: `[{name: f1}]`"),
        ("prompt: {examples: '3'}", ("prompt", "examples"), "remove the quotes"),
        ("prompt:", ("prompt",), 'write for instance `{template: "Question: {question}"}`'),
        ("prompt: '{q}'", ("prompt",), 'write `prompt: {template: "{q}"}`'),
        ("dataset: {path: 2024-01-01}", ("dataset", "path"), "write for instance `viggo.parquet`"),
        ("trainer: {optimizer: {type: pagd_adamw}}", ("trainer", "optimizer", "type"), "did you mean `paged_adamw`?"),
        ("preprocessing: {truncation: right}", ("preprocessing", "truncation"), "write `end`"),
    ],
)
def test_cures(text: str, path: Path, expected: str) -> None:
    assert cure(text, path) == expected


@pytest.mark.parametrize(
    ("text", "path", "written"),
    [
        ("adapter: {r: '16'}", ("adapter", "r"), "16"),
        ("adapter: {use_rslora: on}", ("adapter", "use_rslora"), "true"),
        ("adapter: {bias: nonee}", ("adapter", "bias"), "none"),
        ("adapter: lora", ("adapter",), "{type: lora}"),
        ("adapter: {r: sixteen}", ("adapter", "r"), None),
        ("trainer: {epochs: -1}", ("trainer", "epochs"), None),
        ("evaluation: {extract: regex}", ("evaluation", "extract"), None),
    ],
)
def test_only_sure_cures_say_what_to_write(text: str, path: Path, written: str | None) -> None:
    document = compose(text, "t.yaml").document
    assert isinstance(document, Document)
    assert value_cure_of(Misfit(document, path, node_at(path) or {}, accepts)).written == written


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
