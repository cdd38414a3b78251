"""Mistakes that people make in YAML: each named in plain words, at its own place rather than where a parser gave up."""

from __future__ import annotations

import pytest
import yaml

from lfine.schemas.errors import TaskError
from lfine.schemas.problems import Problem
from lfine.schemas.syntax import explain_syntax
from lfine.schemas.yaml_text import compose

QUOTE_IT = "put the text in quotes, or write it after `>-` on the next line"
MISTAKES: dict[str, tuple[str, int, int, str, str]] = {
    # name: (text, line, column, part of the message, part of the cure)
    "no space after the colon": ("base_model:foo\na: 1\n", 1, 11, "no space after the colon of `base_model`", "space"),
    "no space after a later colon": ("a: 1\nr:16\nb: 2\n", 2, 2, "no space after the colon of `r`", "space"),
    "no colon": ("base_model\ndataset: x\n", 1, 1, "no colon after `base_model`", "`key: value`"),
    "no colon on the last line": ("dataset: x\nbase_model\n", 2, 1, "no colon after `base_model`", "`key: value`"),
    "no colon after a list": ("a:\n- x\ny\nb: 1\n", 3, 1, "no colon after `y`", "`key: value`"),
    "an equals sign": ("a = 1\nb: 2\n", 1, 1, "no colon after `a = 1`", "`key: value`"),
    "no key": ("a: {: x}\n", 1, 5, "no key before this colon", "`key: value`"),
    "no key on a line": (": x\n", 1, 1, "no key before this colon", "`key: value`"),
    "colon in a text": ("p:\n  t: Answer: {x}\n", 2, 12, 'the text of `t` holds ": "', QUOTE_IT),
    "colon in a text of a list item": ("a:\n  - b: c: d\n", 2, 9, 'the text of `b` holds ": "', QUOTE_IT),
    "unclosed double quote": ('a: "foo\nb: x\n', 1, 4, 'the quote opened here is never closed: "', "close the quote"),
    "unclosed single quote": ("a: 'foo\nb: x\n", 1, 4, "the quote opened here is never closed: '", "close the quote"),
    "unclosed quote before a document": ('a: "x\n---\n', 1, 4, "never closed", "close the quote"),
    "apostrophe in single quotes": ("a: 'it's x'\nb: c\n", 1, 7, "goes on after its closing quote", "write ''"),
    "quote in double quotes": ('a: "say "x" now"\n', 1, 9, "goes on after its closing quote", 'write \\"'),
    "quote closed a line later": ('a: "foo\nb: "x"\n', 2, 4, "after its closing quote", "an earlier line opened"),
    "escape": ('a: "\\d"\n', 1, 5, "`\\d` means nothing in double quotes", "write the backslash twice"),
    "short escape": ('a: "\\xg"\n', 1, 6, "means nothing in double quotes", "single quotes"),
    "brace before a text": ("t: {x} y\n", 1, 4, "begins with `{`, which begins a mapping", QUOTE_IT),
    "bracket before a text": ("t: [x] y\n", 1, 4, "begins with `[`, which begins a list", QUOTE_IT),
    "brace and colon": ("t: {x}: y\n", 1, 4, "begins with `{`", QUOTE_IT),
    "star": ("t: *foo* bar\n", 1, 4, "begins with `*`, which repeats a marked value", QUOTE_IT),
    "star and space": ("t: * bar\n", 1, 4, "begins with `*`", QUOTE_IT),
    "ampersand": ("t: & bar\n", 1, 4, "begins with `&`, which marks a value", QUOTE_IT),
    "at": ("t: @foo\n", 1, 4, "begins with `@`, which is reserved", QUOTE_IT),
    "backtick": ("t: `foo`\n", 1, 4, "begins with ```, which is reserved", QUOTE_IT),
    "percent": ("t: %foo\n", 1, 4, "begins with `%`, which begins a directive", QUOTE_IT),
    "question mark": ("t: ? foo\n", 1, 4, "begins with `?`, which begins a key", QUOTE_IT),
    "text beside a block": ("t: > foo\n", 1, 6, "text stands on the line of `|` or `>`", "next line"),
    "text beside a literal block": ("t: | foo\n", 1, 6, "text stands on the line of `|` or `>`", "next line"),
    "block not indented": ("p:\n  t: >-\n  Answer x\nb: 1\n", 3, 3, "is not indented deeper", "two more spaces"),
    "block at the top not indented": ("t: |\nAnswer {x}\nb: 1\n", 2, 1, "is not indented deeper", "two more spaces"),
    "list beside its key": ("a: - foo\n", 1, 4, "a list's `- ` stands on the line of its key", "`[a, b]`"),
    "unclosed brace": ("a: {x\nb: c\n", 1, 4, "the `{` opened here is not closed by a `}`", "close it with `}`"),
    "unclosed bracket": ("a: [x, y\nb: c\n", 1, 4, "the `[` opened here is not closed by a `]`", "close it with `]`"),
    "unclosed bracket at the end": ("a: [x, y\n", 1, 4, "the `[` opened here is not closed", "close it with `]`"),
    "wrong bracket": ("a: {b: [1, 2}\n", 1, 8, "the `[` opened here is not closed by a `]`", "close it with `]`"),
    "missing comma": ("a: {b: 1 c: 2}\n", 1, 11, "a comma is missing", "commas"),
    "bracket too many": ("a: b\nc: 'd'}\n", 2, 7, "this `}` closes nothing", "remove it"),
    "bracket after a list": ("a:\n  - [x]]\n", 2, 8, "this `]` closes nothing", "remove it"),
    "uneven indentation": ("a:\n    b: 1\n  c: 2\n", 3, 3, "indented by 2, which fits none", "same number of spaces"),
    "deeper than a value": (
        "a: 1\n  b: 2\n",
        2,
        3,
        "deeper than `a`, which has its value already",
        "indent it like `a`",
    ),
    "list under a mapping": ("b: 1\n- a\n", 2, 1, "a list item is indented by 0", "same number of spaces"),
    "mapping under a list": ("- a\nb: 1\n", 2, 1, "indented by 0, which fits none", "same number of spaces"),
    "tab": ("a:\n\tb: 1\n", 2, 1, "a tab stands in the indentation", "indent with spaces"),
    "tab after spaces": ("a:\n  b:\n  \tc: 1\n", 3, 3, "a tab stands in the indentation", "indent with spaces"),
    "tab on a later line": ("a:\n  b: 1\n\tc: 2\n", 3, 1, "a tab stands in the indentation", "indent with spaces"),
    "tab before a list item": ("a:\n  - x\n\t- y\n", 3, 1, "a tab stands in the indentation", "indent with spaces"),
    "unknown directive": ("%\n", 1, 2, "the text stops being YAML here", "check"),
}
JARGON = (
    "token",
    "scalar",
    "scanning",
    "parsing",
    "flow",
    "stream",
    "anchor",
    "alias",
    "simple key",
    "node",
    "expected",
)


def refusal(text: str) -> Problem:
    with pytest.raises(TaskError) as caught:
        compose(text, "t.yaml")
    (problem,) = caught.value.problems
    return problem


@pytest.mark.parametrize("name", MISTAKES)
def test_each_mistake_is_named_at_its_place(name: str) -> None:
    text, line, column, message, cure = MISTAKES[name]
    problem = refusal(text)
    assert (problem.code, problem.line, problem.column) == ("LF107", line, column), problem.text()
    assert message in problem.message
    assert cure in problem.cure


@pytest.mark.parametrize("name", MISTAKES)
def test_no_word_of_a_parser_is_shown(name: str) -> None:
    problem = refusal(MISTAKES[name][0])
    assert not [word for word in JARGON if word in f"{problem.message} {problem.cure}"]


@pytest.mark.parametrize("name", MISTAKES)
def test_the_caret_stays_on_its_line(name: str) -> None:
    problem = refusal(MISTAKES[name][0])
    assert problem.excerpt is not None
    assert problem.column is not None
    assert problem.column - 1 + problem.excerpt.width <= max(len(problem.excerpt.text), problem.column)


@pytest.mark.parametrize("name", MISTAKES)
def test_without_the_c_parser_the_places_are_the_same(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    text = MISTAKES[name][0]
    with_c = refusal(text)
    monkeypatch.delattr(yaml, "CSafeLoader")
    assert refusal(text) == with_c


def test_an_error_without_a_place() -> None:
    problem = explain_syntax(yaml.YAMLError("odd"), ("a", "b"), "t.yaml")
    assert (problem.line, problem.column, problem.message) == (1, 1, "the text stops being YAML here")


def test_a_mistake_in_an_empty_text_has_a_place() -> None:
    problem = explain_syntax(yaml.YAMLError("odd"), ("",), "t.yaml")
    assert problem.excerpt is not None
    assert problem.excerpt.width == 1
