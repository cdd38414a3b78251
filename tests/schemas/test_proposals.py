"""Single proposals: where they point, and for which problems there is none."""

from __future__ import annotations

import pytest

from lfine.schemas.document import Document
from lfine.schemas.editing import Text, apply_edits
from lfine.schemas.foreign import RENAMED_KEYS
from lfine.schemas.loading import check_text
from lfine.schemas.problems import Problem
from lfine.schemas.proposals import _COUNTS_OTHERWISE, Reread, proposals
from lfine.schemas.yaml_text import compose

HEAD = "base_model: m-instruct\ndataset: {path: a.csv}\nprompt: {template: 'Q: {q}'}\noutput_feature: y\n"


def proposed(text: str) -> list[str]:
    """Return the texts that the proposals for the first problem of a task with `text` would give, without HEAD."""
    whole = HEAD + text
    first = check_text(whole, "t.yaml")[1][0]
    return [apply_edits(whole, fix.edits).removeprefix(HEAD) for fix in proposals(first, reread(whole))]


def reread(text: str) -> Reread:
    reading = compose(text, "t.yaml")
    return Reread(Text.of(text), reading.document, reading.duplicates)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("adapter: {R: 4}\n", ["adapter: {r: 4}\n"]),
        ("adapter: {target_modules: q_proj}\n", ["adapter: {target_modules: [q_proj]}\n"]),
        ("preprocessing: {truncation: left}\n", ["preprocessing: {truncation: start}\n"]),
        ("preprocessing: {max_sequence_length: '512'}\n", ["preprocessing: {max_sequence_length: 512}\n"]),
        ("name: 5\n", ['name: "5"\n']),
        ("evaluation: {split: [test]}\n", ["evaluation: {split: test}\n"]),
        ("trainer: {optimizer: sgd}\n", ["trainer: {optimizer: {type: sgd}}\n"]),
        ("evaluation: {extract: regex}\n", []),
        ("adapter: {r: 0}\n", []),
        ("trainer: {epochs: 1, train_steps: 2}\n", []),
        ("name: !x y\n", []),
        (f"{'k' * 500}: 1\n", []),
    ],
)
def test_proposals(text: str, expected: list[str]) -> None:
    assert proposed(text) == expected


def test_a_problem_without_a_place_has_none() -> None:
    assert proposals(Problem("LF101", "m", "c", file="t.yaml"), reread(HEAD)) == []
    assert proposals(Problem("LF103", "m", "c", file="t.yaml", line=1, column=1, path="no.such"), reread(HEAD)) == []


def test_a_text_that_is_not_yaml() -> None:
    unread = Reread(Text.of("a: [\n"), None)
    for code in ("LF102", "LF103", "LF104", "LF106", "LF107"):
        assert proposals(Problem(code, "m", "c", file="t.yaml", line=1, column=4, path="a"), unread) == []


@pytest.mark.parametrize("word", sorted(set(RENAMED_KEYS) - set(_COUNTS_OTHERWISE)))
def test_words_of_other_tools_lead_to_their_key_or_nowhere(word: str) -> None:
    """Whatever is proposed for one of them is a task file in which the word is gone and its meaning stands."""
    home = RENAMED_KEYS[word]
    for text in proposed(f"{word}: x\n"):
        document = compose(text if text.startswith("base_model") else HEAD + text, "t.yaml").document
        assert isinstance(document, Document)
        assert not document.has((word,))
        assert document.at(tuple(home.split("."))) == "x"


@pytest.mark.parametrize("word", _COUNTS_OTHERWISE)
def test_words_that_count_otherwise_are_left(word: str) -> None:
    assert proposed(f"{word}: 4\n") == []
