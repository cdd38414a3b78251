"""The published sets: what stands on both sides is found, and what is found stands there, letter for letter."""

from __future__ import annotations

from pathlib import Path

import pytest

from lfine.checking import Asked, file_subject
from lfine.finetune.data.check.duplicates import leaked_inputs
from lfine.finetune.data.check.minhash import THRESHOLD
from lfine.finetune.data.check.near_duplicates import near_duplicates
from lfine.finetune.data.check.shingles import Shingle, jaccard, shingles
from lfine.finetune.data.check.subject import Subject

FOLDER = Path(__file__).parents[4].parent / "shared" / "data"
pytestmark = pytest.mark.shared

LEAKS = {
    "conllpp": (("input",), 68),
    "bc5cdr": (("tokens_concatenated",), 8),
    "glue_stsb": (("sentence1", "sentence2"), 6),
    "glue_cola": (("sentence",), 17),
    "reuters": (("title", "text"), 1),
    "gsm8k": (("question",), 0),
    "glue_sst2": (("sentence",), 0),
    "ag_news": (("text",), 0),
    "covid": (("OriginalTweet",), 0),
    # beyond what was known of the sets, each looked at: requests of one slot, and questions asked twice
    "viggo": (("meaning_representation",), 36),
    "webnlg": (("modified_triple_set_preprocessed",), 8),
    "wikisql": (("question", "header", "types"), 4),
    "mmlu": (("subject", "question", "choices"), 2),
    "spider_create_context": (("question", "context"), 2),
}


def read(name: str, *inputs: str, output: str | None = None) -> Subject:
    path = FOLDER / f"{name}.parquet"
    if not path.exists():
        pytest.skip(f"{path} is absent")
    return file_subject(path, Asked(inputs=inputs, output=output))


@pytest.mark.parametrize("name", LEAKS)
def test_test_rows_whose_input_stands_in_train(name: str) -> None:
    columns, expected = LEAKS[name]
    subject = read(name)
    assert subject.input_columns == columns, "guessed from names and texts alone"
    found = [each for each in leaked_inputs(subject) if each.split == "test"]
    assert sum(each.count for each in found) == expected
    train = {tuple(str(row[column]) for column in columns) for row in subject.rows if row["split"] == "train"}
    held = [tuple(str(row[column]) for column in columns) for row in subject.rows if row["split"] == "test"]
    assert sum(cells in train for cells in held) == expected, "counted from the columns themselves"
    for row, twin in (pair for each in found for pair in each.pairs):
        assert [subject.rows[row][column] for column in columns] == [subject.rows[twin][column] for column in columns]
        assert (subject.rows[row]["split"], subject.rows[twin]["split"]) == ("test", "train")


def test_viggo_from_sentence_to_representation_has_none() -> None:
    subject = read("viggo", "target", output="meaning_representation")
    assert [each for each in leaked_inputs(subject) if each.split == "test"] == []


@pytest.mark.parametrize("name", ["glue_cola", "glue_stsb"])
def test_near_duplicates_are_those_of_every_pair_compared(name: str) -> None:
    """The reference looks up, for each run of words, every training row that has it."""
    subject = read(name)
    found = next(each for each in near_duplicates(subject) if (each.name, each.split) == ("near-leaks", "test"))
    train = {int(subject.input_ids[row]): shingles(subject.inputs[subject.input_ids[row]]) for row in subject.train}
    having: dict[Shingle, list[int]] = {}
    for row, runs in train.items():
        for run in runs:
            having.setdefault(run, []).append(row)
    known = {subject.inputs[row] for row in train}
    nearest: dict[int, float] = {}
    for row in subject.by_split["test"].tolist():
        own = shingles(subject.inputs[row])
        others = {other for run in own for other in having.get(run, ())} if subject.inputs[row] not in known else set()
        nearest[row] = max((jaccard(own, train[other]) for other in others), default=0.0)
    expected = [row for row, similarity in nearest.items() if similarity >= THRESHOLD]
    assert (found.count, list(found.row_ids)) == (len(expected), expected[:20])
    for row, twin in found.pairs:
        assert jaccard(shingles(subject.inputs[row]), shingles(subject.inputs[twin])) == nearest[row]
