"""Checks of the prompt: conversations against templates, and where in the file a brace of the template stands."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from lfine.schemas.document import Document, Span
from lfine.schemas.problems import Problem
from lfine.schemas.sense import template_span
from lfine.schemas.yaml_text import compose

One = Callable[..., Problem]
Check = Callable[..., list[Problem]]


def with_prompt(valid: str, prompt: str) -> str:
    return valid.replace('prompt:\n  template: "Review: {review}"\n', prompt)


def test_a_system_text_without_a_chat(one: One, check: Check, valid: str) -> None:
    text = with_prompt(valid, 'prompt:\n  template: "{review}"\n  system: Be brief.\n  chat: none\n')
    problem = one(text)
    assert (problem.code, problem.line, problem.column) == ("LF207", 5, 11)
    assert check(text.replace("chat: none", "chat: auto")) == []
    assert check(text.replace("system: Be brief.", "system: null")) == []


@pytest.mark.parametrize(
    ("written", "line", "column"),
    [
        ('  template: "Review: {review"\n', 4, 22),
        ("  template: 'it''s {review'\n", 4, 20),
        ("  template: Review {review\n", 4, 20),
        ('  template: "\\t{{x}} {y}\\n}"\n', 4, 27),
        ("  template: >-\n    one {a}\n    two\n\n    three }\n", 8, 11),
        ("  template: |  # not this {\n      one {a}\n      {\n", 6, 7),
        ('  template: "one {a}\n    two }"\n', 5, 9),
        ("  template: one {a}\n    two }\n", 5, 9),
    ],
)
def test_a_stray_brace_is_pointed_at(one: One, valid: str, written: str, line: int, column: int) -> None:
    problem = one(with_prompt(valid, "prompt:\n" + written))
    assert (problem.code, problem.line, problem.column) == ("LF203", line, column), problem.text()
    assert problem.excerpt is not None
    assert problem.excerpt.text[column - 1] in "{}"
    assert problem.excerpt.width == 1


def test_a_brace_made_by_an_escape_is_not_searched_for(one: One, valid: str) -> None:
    problem = one(with_prompt(valid, 'prompt:\n  template: "{a} \\x7b"\n'))
    assert (problem.code, problem.line, problem.column) == ("LF203", 4, 13), "the value itself"


def test_a_template_of_an_override_has_no_place() -> None:
    document = compose("prompt: {template: [x]}\n", "t.yaml").document
    assert isinstance(document, Document)
    assert template_span(document, 0, 1) is None


def test_where_a_placeholder_stands() -> None:
    document = compose("prompt:\n  template: >-\n    a {b}\n    and {c d}\n", "t.yaml").document
    assert isinstance(document, Document)
    assert template_span(document, len("a {b} and "), len("{c d}")) == Span(4, 9, 5)


def test_json_in_a_template(one: One, valid: str) -> None:
    problem = one(with_prompt(valid, "prompt:\n  template: '{\"a\": 1} {review}'\n"))
    assert problem.message == "prompt.template holds a `{` that opens no placeholder: no column's name holds a quote"
    assert problem.cure == "double a brace that is meant as text: `{{` and `}}`"


def test_a_template_without_a_column(one: One, valid: str) -> None:
    problem = one(with_prompt(valid, "prompt: {template: 'Answer {{now}}.'}\n"))
    assert (problem.code, problem.line, problem.column) == ("LF208", 3, 20)
    assert problem.cure == "add a `{column}`"


@pytest.mark.parametrize("output", ["label", "{name: label, type: category}"])
def test_the_answer_in_the_prompt(one: One, valid: str, output: str) -> None:
    text = with_prompt(valid, "prompt:\n  template: >-\n    {review}\n    Label: {label} {label}\n")
    problem = one(text.replace("output_feature: label", f"output_feature: {output}"))
    assert (problem.code, problem.line, problem.column) == ("LF202", 6, 12)
    assert problem.excerpt is not None
    assert problem.excerpt.width == len("{label}")


def test_a_column_that_only_contains_the_name(check: Check, valid: str) -> None:
    assert check(with_prompt(valid, "prompt: {template: '{label_text} {{label}} {Label}'}\n")) == []


CONVERSATION = "prompt: {messages: conversation}\n"


def without_output(valid: str) -> str:
    return valid.replace("output_feature: label\n", "")


@pytest.mark.parametrize(
    ("prompt", "output", "codes"),
    [
        (CONVERSATION, False, []),
        (CONVERSATION, True, ["LF206"]),
        ("prompt: {messages: c, loss_on: last, system: Be brief.}\n", False, []),
        ("prompt: {messages: c, template: null}\n", False, []),
        ("prompt: {messages: c, examples: {count: 0}}\n", False, []),
        ("prompt: {messages: c, examples: 2}\n", False, ["LF216"]),
        ("prompt: {messages: c, template: '{q}'}\n", True, ["LF206", "LF206"]),
        ("prompt: {messages: c, chat: none}\n", False, ["LF240"]),
        ("prompt: {template: '{q}'}\n", False, ["LF213"]),
        ("prompt: {system: Be brief.}\n", False, ["LF212", "LF213"]),
        ("prompt: {template: '{q}', messages: null}\n", True, []),
        ("prompt: {template: '{q}', loss_on: last}\n", True, ["LF217"]),
        ("prompt: {template: '{q}', examples: {count: 2, row_ids: [1, 2]}}\n", True, []),
        ("prompt: {template: '{q}', examples: {count: 2, row_ids: [1, 2, 3]}}\n", True, ["LF341"]),
        ("prompt: {template: '{q}', examples: {count: 2, seed: 3}}\n", True, []),
        ("prompt: {template: '{q}', examples: {count: 0, seed: 3}}\n", True, ["LF219"]),
        ("prompt: {template: '{q}', examples: {count: 1, row_ids: null, seed: 3}}\n", True, []),
    ],
)
def test_templates_and_conversations(check: Check, valid: str, prompt: str, output: bool, codes: list[str]) -> None:
    text = with_prompt(valid if output else without_output(valid), prompt)
    assert sorted(problem.code for problem in check(text)) == codes


def test_a_null_output_is_none(check: Check, valid: str) -> None:
    text = valid.replace("output_feature: label", "output_feature: null")
    assert [problem.code for problem in check(text)] == ["LF213"]
    assert check(with_prompt(text, CONVERSATION)) == []


def test_a_template_given_on_the_command_line_names_its_argument(check: Check, valid: str) -> None:
    (problem,) = check(valid, "prompt.template='{label}'")
    assert (problem.code, problem.line) == ("LF202", None)
    assert problem.file is not None
    assert problem.file.startswith("--set prompt.template")
