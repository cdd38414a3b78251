"""What the data add to another system's configuration, and what they leave as it says."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lfine.converting.account import Conversion
from lfine.finetune.data.guess.records import Guess
from lfine.finetune.data.guess.sampling import Sample
from lfine.starting.completing import completed, output_of
from lfine.starting.drafting import Surroundings, drafted
from lfine.starting.starting import Started
from tests.finetune.data.guess.tables import table_of
from tests.lfine.starting.guesses import FOUR, TEXT, guessed

REVIEWS: dict[str, object] = {"review": TEXT, "label": ["bad", "good"]}
CHOICES: dict[str, object] = {"question": TEXT, "choices": FOUR, "answer": [0, 1, 2, 3]}


def conversion(**task: Any) -> Conversion:
    return Conversion("Ludwig", {"dataset": {"path": "d.csv"}, **task}, (), ("a note",))


def started(columns: Mapping[str, object]) -> Started:
    found: Guess = guessed(columns)
    draft = drafted(found, Surroundings(data="d.csv", out=str(Path("task.yaml"))))
    return Started(draft, found, Sample(table_of(columns), whole=True))


def test_what_the_file_leaves_open_is_filled_in_and_said() -> None:
    found = completed(conversion(output_feature="label"), started(REVIEWS))
    assert found.task["output_feature"] == {"name": "label", "type": "category"}
    assert found.task["prompt"]["template"].endswith("{review}")
    assert found.task["preprocessing"] == {"split": {"type": "hash"}}
    assert found.task["evaluation"] == {"metrics": ["accuracy", "f1"]}
    assert found.task["base_model"]
    assert found.notes[0] == "a note"
    assert "prompt.template from the data: review (sure): named like inputs" in found.notes
    assert any(
        note.startswith("preprocessing.split from the data: 80/10/10 by content (likely)") for note in found.notes
    )


def test_what_the_file_says_stays() -> None:
    said = {
        "base_model": "org/model",
        "prompt": {"template": "{review}?"},
        "output_feature": {"name": "label", "type": "text"},
        "preprocessing": {"split": {"type": "random"}},
        "evaluation": {"metrics": ["rouge"]},
    }
    found = completed(conversion(**said), started(REVIEWS))
    assert found.task == {"dataset": {"path": "d.csv"}, **said}
    assert found.notes == ("a note",)


def test_neighbours_say_it_too() -> None:
    """Separate files leave no split, labels no type, messages no template."""
    before = Conversion(
        "Ludwig",
        {
            "dataset": {"train": "a.csv", "test": "b.csv"},
            "output_feature": {"name": "label", "labels": ["bad", "good"]},
            "prompt": {"messages": "messages"},
        },
        (),
        (),
    )
    found = completed(before, started(REVIEWS)).task
    assert "preprocessing" not in found
    assert "type" not in found["output_feature"]
    assert "template" not in found["prompt"]


def test_the_conversion_itself_is_left_alone() -> None:
    before = conversion(output_feature="label")
    completed(before, started(REVIEWS))
    assert before.task == {"dataset": {"path": "d.csv"}, "output_feature": "label"}


def test_columns_are_made_where_the_prompt_is_from_the_data() -> None:
    made = completed(conversion(output_feature="answer"), started(CHOICES)).task["dataset"]["columns"]
    assert set(made) == {"answer", "choices_listed"}
    own = completed(conversion(output_feature="answer", prompt={"template": "{question}"}), started(CHOICES)).task
    assert "columns" not in own["dataset"]


def test_the_words_of_a_split_come_with_it_whoever_wrote_the_prompt() -> None:
    columns = {**REVIEWS, "part": ["training", "training", "dev"]}
    found = completed(conversion(output_feature="label", prompt={"template": "{review}"}), started(columns)).task
    assert found["preprocessing"]["split"] == {"type": "fixed", "column": "part"}
    assert found["dataset"]["columns"] == {"part": {"values": {"dev": "validation", "training": "train"}}}


def test_columns_that_the_file_makes_are_kept() -> None:
    own = {"path": "d.csv", "columns": {"more": {"from": "question"}}}
    before = Conversion("Ludwig", {"dataset": own, "output_feature": "answer"}, (), ())
    made = completed(before, started(CHOICES)).task["dataset"]["columns"]
    assert set(made) == {"more", "answer", "choices_listed"}


def test_the_answers_column_in_either_form() -> None:
    assert output_of(conversion(output_feature="label")) == "label"
    assert output_of(conversion(output_feature={"name": "label", "type": "text"})) == "label"
    assert output_of(conversion()) is None
