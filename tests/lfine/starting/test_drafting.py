"""The keys of a task file, and what is said of each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from lfine.finetune.data.forms import MESSAGES
from lfine.finetune.data.guess.records import Choice, Wanted
from lfine.starting.drafting import BASE_MODEL, Surroundings, drafted, next_commands, said
from lfine.starting.records import Draft, Section
from tests.lfine.starting.guesses import FOUR, TEXT, guessed

PLACE = Surroundings(data="data.jsonl", out="task.yaml")
REVIEWS: dict[str, object] = {"review": TEXT, "label": ["bad", "good"]}


def draft(columns: Mapping[str, object], place: Surroundings = PLACE, wanted: Wanted | None = None) -> Draft:
    return drafted(guessed(columns, wanted), place)


def task(columns: Mapping[str, object], place: Surroundings = PLACE, wanted: Wanted | None = None) -> dict[str, Any]:
    return draft(columns, place, wanted).task


def section(found: Draft, key: str) -> Section:
    (one,) = [each for each in found.sections if each.key == key]
    return one


def test_the_keys_of_a_task_of_labels() -> None:
    found = task(REVIEWS)
    template = found["prompt"].pop("template")
    assert template.endswith("{review}")
    assert found == {
        "base_model": BASE_MODEL,
        "dataset": {"path": "data.jsonl"},
        "prompt": {},
        "output_feature": {"name": "label", "type": "category", "labels": ["bad", "good"]},
        "preprocessing": {"split": {"type": "hash"}},
        "adapter": {"type": "lora", "r": 8},
        "trainer": {"epochs": 3, "learning_rate": 0.0002},
        "evaluation": {"metrics": ["accuracy", "f1"], "extract": "label", "baselines": ["majority", "tfidf"]},
    }
    assert list(found) == [
        "base_model", "dataset", "prompt", "output_feature", "preprocessing", "adapter", "trainer", "evaluation",
    ]  # fmt: skip


def test_the_labels_of_a_sample_are_not_written_down() -> None:
    """Rows that were not read may have others."""
    assert "labels" not in task(REVIEWS, replace(PLACE, whole=False, read="the first rows"))["output_feature"]


def test_the_head_says_what_was_read_and_what_comes_next() -> None:
    head = draft(REVIEWS).head
    assert head[0] == "Written by lfine init from data.jsonl: 120 rows, 2 columns."
    assert head[-4:] == tuple(f"  {each}" for each in next_commands(guessed(REVIEWS), "task.yaml"))
    part = draft(REVIEWS, replace(PLACE, whole=False, read="the first 9 rows")).head
    assert part[0] == "Written by lfine init from data.jsonl: the first 9 rows."
    few = drafted(guessed(REVIEWS, rows=60), PLACE).head
    assert "Note: 60 rows: a model learns little from fewer than 100." in few


@pytest.mark.parametrize("odd", ["\x07", "\n", "\u2028", "\ufeff", "\x85"])
def test_the_head_quotes_names_without_signs_that_a_comment_cannot_have(odd: str) -> None:
    columns: dict[str, object] = {"text": TEXT, f"la{odd}bel": ["a", "b", ""]}
    found = draft(columns, Surroundings(data=f"da{odd}ta.csv", out=f"ta{odd}sk.yaml"), Wanted(output=f"la{odd}bel"))
    assert any("without an answer" in line for line in found.head)
    assert all(line.isprintable() for line in found.head)


def test_every_choice_stands_above_what_it_explains() -> None:
    found = draft(REVIEWS)
    assert section(found, "output_feature").comments[0].startswith("output: label (sure): its name")
    assert any(line.startswith("type: category (sure)") for line in section(found, "output_feature").comments)
    assert section(found, "prompt").comments[0].startswith("input: review (sure)")
    assert section(found, "preprocessing").comments[0].startswith("split: 80/10/10 by content (likely)")
    assert section(found, "evaluation").comments[0].startswith("metric: accuracy (sure)")
    assert section(found, "dataset").comments == ()


def test_a_choice_in_words() -> None:
    assert said(Choice("output", "label", "likely", "its name")) == ("output: label (likely): its name",)
    assert said(Choice("a", "b", "sure", "c", ("d", "e"))) == ("a: b (sure): c", "or: d, e")


def test_numbers_as_labels_are_to_be_explained() -> None:
    comments = section(draft({"text": TEXT, "label": [0, 1, 2]}), "prompt").comments
    assert any("The labels are numbers" in line and "{0: WORD}" in line for line in comments)
    assert not any("The labels are numbers" in line for line in section(draft(REVIEWS), "prompt").comments)


def test_a_split_that_a_column_says() -> None:
    found = task({**REVIEWS, "part": ["train", "train", "dev"]})
    assert found["preprocessing"] == {"split": {"type": "fixed", "column": "part"}}
    assert found["dataset"]["columns"]["part"] == {"values": {"dev": "validation", "train": "train"}}
    assert (found["evaluation"]["split"], found["evaluation"]["sample_size"]) == ("validation", 40)


def test_few_rows_are_divided_in_shares() -> None:
    found = drafted(guessed(REVIEWS, rows=12), PLACE).task
    assert found["preprocessing"] == {"split": {"type": "random", "probabilities": [0.6, 0.2, 0.2]}}


def test_rows_that_are_only_scored_are_not_trained_on() -> None:
    found = task({"article": TEXT, "summary": "words of no kind but {n} here", "split": "test"})
    assert "trainer" not in found
    assert "adapter" not in found
    assert found["generation"] == {"max_new_tokens": 16}
    assert found["evaluation"]["sample_size"] == 120
    assert next_commands(guessed({**REVIEWS, "split": "test"}), "t.yaml")[-1] == "lfine evaluate t.yaml --base"
    longer = task({"article": TEXT, "summary": "words " * 30 + "{n}", "split": "test"})
    assert longer["generation"]["max_new_tokens"] == (6 * 30 + 3) // 2


def test_a_metric_with_settings_choices_and_references() -> None:
    found = task({"question": TEXT, "choices": FOUR, "answer": [0, 1, 2, 3]})["evaluation"]
    assert (found["metrics"], found["choices"]) == (["multiple_choice", "accuracy"], "choices")
    assert "extract" not in found
    numbers = task({"text": TEXT, "score": lambda n: n / 8})["evaluation"]
    assert numbers["metrics"][2] == {"name": "bounded_error", "range": 14.875}
    several = task(
        {"article": TEXT, "summary": "no words of {n} here", "references": ("no words of {n} here", "b {n}")}
    )
    assert several["evaluation"]["references"] == "references"


def test_conversations_have_no_output_feature() -> None:
    turns = ({"role": "user", "content": TEXT}, {"role": "assistant", "content": "yes {n}"})
    found = task({"messages": turns})
    assert found["prompt"] == {"messages": MESSAGES}
    assert "output_feature" not in found


def test_a_sheet_a_form_and_another_model() -> None:
    place = replace(PLACE, sheet=2, base_model="org/other")
    found = draft({"instruction": TEXT, "input": ["", "more"], "output": f"words {TEXT}"}, place)
    assert found.task["dataset"] == {"path": "data.jsonl", "sheet": 2}
    assert section(found, "dataset").comments[0].startswith("form: alpaca (sure)")
    assert section(found, "base_model") == Section("base_model", "org/other", ())


@pytest.mark.parametrize(
    ("out", "data", "name"),
    [
        ("task.yaml", "d.csv", None),  # the file's own name will do
        ("-", "data/reviews.v2.csv.gz", "reviews"),
        ("my task.yaml", "d.csv", "my_task"),
        ("(a).yaml", "d.csv", "a"),
        ("日本.yaml", "d.csv", "task"),
    ],
)
def test_a_task_is_named_where_its_file_cannot_name_it(out: str, data: str, name: str | None) -> None:
    assert task(REVIEWS, Surroundings(data=data, out=out)).get("name") == name


def test_commands_are_quoted_for_the_shell() -> None:
    assert next_commands(guessed(REVIEWS), "my task.yaml")[0] == "lfine validate 'my task.yaml' --data"
