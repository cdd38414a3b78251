"""What a plan is decided from: rows by split, the held-out sample, content hashes, the model's renderer."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from lfine.finetune.catalogue.cards import read_card
from lfine.finetune.compile.prepare import PreparedRows, prepare_model, prepare_rows
from lfine.schemas.errors import MachineError, TaskError
from lfine.schemas.loading import load_task
from lfine.schemas.task import SplitName
from tests.finetune.compile.bench import SPLITS, TASK, WORDS, Bench, make_rows

TRAIN: tuple[SplitName, ...] = ("train",)


def rows_of(bench: Bench, rows: Sequence[Mapping[str, str]] | None = None, *overrides: str) -> PreparedRows:
    if rows is not None:
        bench.write(rows=rows)
    loaded = bench.load(overrides)
    return prepare_rows(loaded.task, loaded.folder, place=loaded.problem)


def test_rows_of_each_split_in_the_order_of_the_data(bench: Bench) -> None:
    rows = rows_of(bench)
    assert rows.row_ids("train") == list(range(40))
    assert rows.row_ids("validation") == list(range(40, 46))
    assert rows.row_ids("test") == list(range(46, 54))


def test_examples_hold_the_templates_columns_and_the_answer(bench: Bench) -> None:
    data = make_rows()
    rows = rows_of(bench)
    assert rows.template_columns == ("question", "note")
    first = rows.examples("validation")[0]
    assert (first.row_id, first.answer) == (40, data[40]["label"])
    assert first.values == {"question": data[40]["question"], "note": data[40]["note"]}
    assert [each.row_id for each in rows.examples_of([7, 3])] == [7, 3]


def test_a_column_named_twice_is_one_column(bench: Bench) -> None:
    rows = rows_of(bench, None, "prompt.template='{note} {question} {note}'")
    assert rows.template_columns == ("note", "question")


def test_the_held_out_sample_is_what_the_evaluation_asks_for(bench: Bench) -> None:
    rows = rows_of(bench, None, "evaluation.sample_size=3")
    held_out = rows.held_out()
    assert len(held_out.row_ids) == 3
    assert set(held_out.row_ids) < set(rows.row_ids("test"))
    assert rows_of(bench, None, "evaluation.sample_size=3", "evaluation.seed=9").held_out().row_ids != held_out.row_ids
    validation = rows_of(bench, None, "evaluation={split: validation, sample_size: 6}").held_out()
    assert sorted(validation.row_ids) == rows.row_ids("validation")


def test_training_rows_never_move_the_held_out_sample(bench: Bench) -> None:
    data = make_rows()
    before = rows_of(bench, data, "evaluation.sample_size=5").held_out()
    after = rows_of(bench, data[39::-1][1:] + data[40:], "evaluation.sample_size=5").held_out()
    assert after.sample_hash == before.sample_hash
    assert [row - 39 for row in after.row_ids] == [row - 40 for row in before.row_ids]


def test_content_hashes_know_content_and_order(bench: Bench) -> None:
    data = make_rows()
    before = rows_of(bench, data).content_hashes("train")
    assert len(set(before)) == 40
    data[5] = {**data[5], "note": "other"}
    after = rows_of(bench, data).content_hashes("train")
    assert [n for n, (a, b) in enumerate(zip(before, after, strict=True)) if a != b] == [5]
    assert rows_of(bench, [*data[39::-1], *data[40:]]).content_hashes("train") == after[::-1]


def test_how_the_split_is_written_is_no_content(bench: Bench) -> None:
    data = make_rows()
    numbered = [{**row, "split": str(("train", "validation", "test").index(row["split"]))} for row in data]
    assert rows_of(bench, data).content_hashes("train") == rows_of(bench, numbered).content_hashes("train")


def test_a_needed_split_without_rows_is_refused_at_its_key(bench: Bench) -> None:
    with pytest.raises(TaskError) as caught:
        rows_of(bench, [row for row in make_rows() if row["split"] != "test"])
    (problem,) = caught.value.problems
    assert (problem.code, problem.file) == ("LF305", str(bench.folder / "task.yaml"))


def test_only_the_needed_splits_must_be_there(bench: Bench) -> None:
    bench.write(rows=[row for row in make_rows() if row["split"] == "test"])
    loaded = bench.load()
    rows = prepare_rows(loaded.task, loaded.folder, needed=["test"])
    assert len(rows.row_ids("test")) == 8
    assert rows.row_ids("train") == []


def test_missing_columns_are_refused_even_without_rows(bench: Bench) -> None:
    with pytest.raises(TaskError) as caught:
        rows_of(bench, None, "prompt.template='{qestion} {nte}'")
    assert [problem.code for problem in caught.value.problems] == ["LF201", "LF201"]
    assert "did you mean `question`?" in caught.value.problems[0].cure


def test_warnings_of_the_data_are_kept(bench: Bench) -> None:
    data = make_rows()
    data[-1] = {**data[-1], "label": "perhaps"}
    (warning,) = rows_of(bench, data).warnings
    assert (warning.code, warning.severity) == ("LF309", "warning")
    assert "'perhaps'" in warning.message


# --- made columns, samples, other splits and conversations -----------------------------------------------------------

MADE = "dataset.columns={verdict: {from: label, values: {'yes': good, 'no': bad}}, note: {values: %s}}"
NOTES = "{%s}" % ", ".join(f"{word}: {word.upper()}" for word in WORDS)  # noqa: UP031  braces


def test_made_columns_are_seen_by_all_that_follows(bench: Bench) -> None:
    rows = rows_of(bench, None, MADE % NOTES, "output_feature=verdict")
    data = make_rows()
    first = rows.examples("train")[0]
    assert first.answer == {"yes": "good", "no": "bad"}[data[0]["label"]]
    assert first.values["note"] == data[0]["note"].upper()
    assert set(rows.output.labels) == {"good", "bad"}
    assert rows.read.rows[0]["note"] == data[0]["note"]


def test_making_columns_moves_no_row(bench: Bench) -> None:
    """Neither a split by hash nor the held-out sample, and the plan still tells the data apart."""
    by_hash = "preprocessing.split={type: hash, probabilities: [0.5, 0.2, 0.3]}"
    size = "evaluation.sample_size=3"
    plain, made = rows_of(bench, None, by_hash, size), rows_of(bench, None, MADE % NOTES, by_hash, size)
    assert made.splits.names == plain.splits.names
    assert made.held_out() == plain.held_out()
    assert made.content_hashes("train") != plain.content_hashes("train")


def test_a_made_column_may_say_the_split(bench: Bench) -> None:
    folds = "dataset.columns={fold: {from: split, values: {train: train, validation: test, test: validation}}}"
    rows = rows_of(bench, None, folds, "preprocessing.split.column=fold")
    assert rows.row_ids("test") == list(range(40, 46))


def test_problems_of_made_columns_stand_at_their_keys(bench: Bench) -> None:
    text = TASK.replace(
        "dataset: {{path: rows.csv}}",
        "dataset:\n  path: rows.csv\n  columns:\n    label:\n      values: {{'yes': good}}\n    no: {{from: lable}}",
    )
    bench.write(text=text)
    with pytest.raises(TaskError) as caught:
        rows_of(bench)
    (problem,) = caught.value.problems
    assert (problem.code, problem.line, problem.column, problem.path) == ("LF201", 7, 16, "dataset.columns.no.from")
    bench.write(text=text.replace("lable", "label"))
    with pytest.raises(TaskError) as caught:
        rows_of(bench)
    (problem,) = caught.value.problems
    assert (problem.code, problem.line, problem.column) == ("LF320", 6, 15)


def test_a_share_of_the_training_rows(bench: Bench) -> None:
    whole, tenth = rows_of(bench), rows_of(bench, None, "preprocessing.sample_ratio=0.1")
    assert len(tenth.row_ids("train")) == len(tenth.examples("train")) == len(tenth.content_hashes("train")) == 4
    assert set(tenth.row_ids("train")) < set(rows_of(bench, None, "preprocessing.sample_ratio=0.3").row_ids("train"))
    assert [tenth.row_ids(name) for name in ("validation", "test")] == [
        whole.row_ids(name) for name in ("validation", "test")
    ]
    assert tenth.output == whole.output
    assert tenth.held_out() == whole.held_out()
    other = rows_of(bench, None, "preprocessing={sample_ratio: 0.1, split: {type: fixed, seed: 7}}")
    assert other.row_ids("train") != tenth.row_ids("train")


def test_stratify_goes_by_the_output(bench: Bench) -> None:
    rows = rows_of(bench, None, "preprocessing.split={type: stratify, probabilities: [0.5, 0.0, 0.5]}")
    assert rows.splits.column == "label"
    labels = [make_rows()[row]["label"] for row in rows.row_ids("test")]
    assert abs(labels.count("yes") - labels.count("no")) <= 1


def test_warnings_of_the_split_are_kept(bench: Bench) -> None:
    data = make_rows()
    warnings = rows_of(bench, data + data, "preprocessing.split.type=random").warnings
    assert [(each.code, each.severity, each.path) for each in warnings] == [
        ("LF323", "warning", "preprocessing.split.type")
    ]


CHAT = """\
base_model: {model}
dataset: {{path: chats.jsonl}}
prompt: {{messages: messages}}
"""


def chat(number: int, *, answered: bool = True) -> dict[str, object]:
    turns = [{"role": "user", "content": f"question {number}"}, {"role": "assistant", "content": f"answer {number}"}]
    return {"messages": turns if answered else turns[:1], "split": SPLITS[number]}


def conversations(bench: Bench, rows: Sequence[Mapping[str, object]], *overrides: str) -> PreparedRows:
    bench.write(text=CHAT)
    lines = "".join(json.dumps(row) + "\n" for row in rows)
    (bench.folder / "chats.jsonl").write_text(lines, encoding="utf-8")
    return rows_of(bench, None, *overrides)


def test_conversations_have_neither_template_nor_output(bench: Bench) -> None:
    rows = conversations(bench, [chat(number) for number in range(54)])
    assert (rows.output.name, rows.output.type, rows.template_columns) == (None, "text", ())
    (first, *_) = rows.examples("test")
    assert (first.row_id, first.answer) == (46, "answer 46")
    assert [(turn.role, turn.content) for turn in first.turns or ()] == [
        ("user", "question 46"),
        ("assistant", "answer 46"),
    ]
    assert len(rows.held_out().row_ids) == 8


def test_cells_that_are_no_conversation_are_refused(bench: Bench) -> None:
    with pytest.raises(TaskError) as caught:
        conversations(
            bench, [chat(number, answered=number not in (3, 50)) for number in range(54)], "dataset.format=table"
        )
    assert [(each.code, each.path) for each in caught.value.problems] == [("LF333", "prompt.messages")]
    assert "2 rows: 3, 50" in caught.value.problems[0].message


def test_the_model_half_is_card_and_renderer(bench: Bench) -> None:
    task = bench.task(["prompt.system=Be brief."])
    model = prepare_model(task, bench.model, rows_of(bench))
    assert model.card == read_card(bench.model)
    assert model.folder == bench.model
    assert model.renderer.chat_used
    assert model.renderer.prompt_text({"question": "who", "note": "x"}) == (
        "<|im_start|>system\nBe brief.<|im_end|>\n"
        "<|im_start|>user\nClassify the question: who (note: x)<|im_end|>\n<|im_start|>assistant\n"
    )


def test_without_the_chat_the_template_stands_alone(bench: Bench) -> None:
    renderer = prepare_model(bench.task(["prompt.chat=none"]), bench.model, rows_of(bench)).renderer
    assert not renderer.chat_used
    assert renderer.prompt_text({"question": "who", "note": "x"}) == "Classify the question: who (note: x)"


def test_a_folder_without_a_model_is_the_machines_problem(bench: Bench, tmp_path: Path) -> None:
    with pytest.raises(MachineError) as caught:
        prepare_model(bench.task(), tmp_path / "nothing", rows_of(bench))
    assert caught.value.problems[0].code == "LF407"


def test_how_a_file_was_read_is_said_with_what_is_wrong_in_it(tmp_path: Path) -> None:
    """The delimiter is why the column is not there: a warning that the error would otherwise hide."""
    (tmp_path / "r.csv").write_text("q;a\n1;\n", encoding="utf-8")
    task = tmp_path / "t.yaml"
    task.write_text(
        "base_model: m\ndataset: {path: r.csv}\nprompt: {template: 'Q: {q}'}\noutput_feature: a\n", encoding="utf-8"
    )
    loaded = load_task(task)
    with pytest.raises(TaskError) as caught:
        prepare_rows(loaded.task, tmp_path, needed=TRAIN, place=loaded.problem)
    assert {(problem.code, problem.severity) for problem in caught.value.problems} == {
        ("LF303", "error"),
        ("LF330", "warning"),
    }
