"""Ludwig's placeholders and features as a template and an output feature."""

from __future__ import annotations

from typing import Any

import pytest

from lfine.converting.ludwig import convert_ludwig


def task_of(**parts: Any) -> dict[str, Any]:
    config = {
        "model_type": "llm",
        "base_model": "m",
        "input_features": [{"name": "question", "type": "text"}],
        "output_features": [{"name": "answer", "type": "text"}],
        **parts,
    }
    found = convert_ludwig(config)
    assert all(key.target or key.fate == "left out" for key in found.keys)
    return found.task


@pytest.mark.parametrize(
    ("prompt", "template"),
    [
        ({"template": "Q: {question} {context}"}, "Q: {question} {context}"),
        ({"template": "Q: {__sample__}"}, "Q: {question}"),
        ({"template": "{__task__}: {__sample__}", "task": "label {it}"}, "label {{it}}: {question}"),
        ({"task": "sort"}, "SAMPLE INPUT: {question}\n\nUSER: Complete the following task: sort\n\nASSISTANT:\n"),
        ({}, "{question}"),
        ({"template": None, "task": None}, "{question}"),
        ({"template": "{__context__}Q: {question}", "retrieval": {"type": "random", "k": 3}}, "Q: {question}"),
    ],
)
def test_templates(prompt: dict[str, Any], template: str) -> None:
    assert task_of(prompt=prompt)["prompt"]["template"] == template


def test_the_column_of_a_feature_counts() -> None:
    features = [{"name": "q", "column": "question text", "type": "text"}]
    outputs = [{"name": "a", "column": "the answer", "type": "text"}]
    task = task_of(input_features=features, output_features=outputs)
    assert (task["prompt"]["template"], task["output_feature"]) == ("{question text}", "the answer")


def test_a_prompt_inside_the_feature() -> None:
    features = [{"name": "q", "type": "text", "preprocessing": {"prompt": {"template": "Ask {q}"}}}]
    assert task_of(input_features=features)["prompt"]["template"] == "Ask {q}"


def test_random_retrieval_is_few_shot() -> None:
    assert task_of(prompt={"task": "t", "retrieval": {"type": "random", "k": 3}})["prompt"]["examples"] == 3
    semantic = {"task": "t", "retrieval": {"type": "semantic", "k": 3, "model_name": "m"}}
    assert "examples" not in task_of(prompt=semantic)["prompt"]


@pytest.mark.parametrize(
    "feature",
    [
        {"preprocessing": {"vocab": ["yes", "no"], "fallback_label": "no"}},
        {"decoder": {"match": {"yes": {"type": "contains", "value": "y"}, "no": {"type": "regex", "value": "n"}}}},
    ],
)
def test_a_category_has_its_labels(feature: dict[str, Any]) -> None:
    outputs = [{"name": "label", "type": "category", **feature}]
    assert task_of(output_features=outputs)["output_feature"] == {
        "name": "label",
        "type": "category",
        "labels": ["yes", "no"],
    }


def test_constrained_answers() -> None:
    decoder = {"constrain_to_vocabulary": True}
    outputs = [{"name": "l", "type": "category", "preprocessing": {"vocab": ["a", "b"]}, "decoder": decoder}]
    assert task_of(output_features=outputs)["generation"] == {"constrain": "labels"}
