"""The rows of a task as its template fills them, for other tools."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lfine.data_converting import Asked, convert
from lfine.finetune.data.conversations import Turn
from lfine.schemas.errors import TaskError, UsageError
from lfine.task_rows import task_dialogues
from tests.lfine.projects import Project, rows_of

TURNS = [
    {"role": "user", "content": "a"},
    {"role": "assistant", "content": "b"},
    {"role": "user", "content": "c"},
    {"role": "assistant", "content": "d"},
]


def test_prompts_with_their_values(project: Project) -> None:
    found, warnings = task_dialogues(project.task)
    assert (found.kind, found.rest, len(found.rows), warnings) == ("prompt_completion", ("split", "row_id"), 60, ())
    for number, (row, source) in enumerate(zip(found.rows, rows_of(), strict=True)):
        assert row.turns == (
            Turn("user", f"Classify the question: {source['question']}", None),
            Turn("assistant", source["label"], None),
        )
        assert row.rest == {"split": source["split"], "row_id": number}


def test_a_system_text_and_an_override(project: Project) -> None:
    found, _ = task_dialogues(project.task, ["prompt.system=Be brief.", "preprocessing.sample_ratio=0.5"])
    assert {row.turns[0] for row in found.rows} == {Turn("system", "Be brief.", None)}
    assert len(found.rows) == 39, "21 of 42 training rows, and all others"
    assert found.notes == ("21 training rows beyond preprocessing.sample_ratio left out",)


def test_few_shot_examples_are_said_to_be_missing(project: Project) -> None:
    assert task_dialogues(project.task, ["prompt.examples=2"])[0].notes == (
        "the 2 few-shot examples of the task stand in no prompt",
    )


def test_a_file_of_prompts_and_completions(project: Project, tmp_path: Path) -> None:
    made = convert(str(project.task), str(tmp_path / "out.jsonl"), Asked())
    assert (made.form, made.columns) == ("task", ("prompt", "completion", "split", "row_id"))
    first = json.loads((tmp_path / "out.jsonl").read_text(encoding="utf-8").split("\n")[0])
    prompt = "Classify the question: my card was lost, number 0"
    assert first == {"prompt": prompt, "completion": "card", "split": "train", "row_id": 0}


def test_messages_for_each_split(project: Project, tmp_path: Path) -> None:
    made = convert(str(project.task), str(tmp_path / "{split}.jsonl"), Asked(to="messages", only=True))
    assert {Path(each.path).name: each.rows for each in made.files} == {
        "train.jsonl": 42,
        "validation.jsonl": 6,
        "test.jsonl": 12,
    }
    assert list(json.loads((tmp_path / "test.jsonl").read_text(encoding="utf-8").split("\n")[0])) == ["messages"]


@pytest.fixture
def chats(tmp_path: Path, project: Project) -> Path:
    rows = [{"messages": TURNS, "split": "test" if n < 2 else "train"} for n in range(6)]
    (tmp_path / "chats.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    task = tmp_path / "chats.yaml"
    text = f"base_model: {project.model}\ndataset: {{path: chats.jsonl}}\nprompt: {{messages: messages}}\n"
    task.write_text(text, encoding="utf-8")
    return task


def test_conversations_stay_whole(chats: Path, tmp_path: Path) -> None:
    made = convert(str(chats), str(tmp_path / "out.jsonl"), Asked())
    assert made.columns == ("messages", "split", "row_id")
    assert json.loads((tmp_path / "out.jsonl").read_text(encoding="utf-8").split("\n")[0])["messages"] == TURNS


def test_only_the_last_turn_is_learned(chats: Path) -> None:
    found, _ = task_dialogues(chats, ["prompt.loss_on=last", "prompt.system=Be brief."])
    assert [(turn.role, turn.learned) for turn in found.rows[0].turns] == [
        ("system", None),
        ("user", None),
        ("assistant", False),
        ("user", None),
        ("assistant", None),
    ]


def test_a_task_with_mistakes_writes_nothing(project: Project, tmp_path: Path) -> None:
    project.edit("{question}", "{qestion}")
    with pytest.raises(TaskError) as caught:
        convert(str(project.task), str(tmp_path / "out.jsonl"), Asked())
    assert [each.code for each in caught.value.problems] == ["LF201"]
    assert not (tmp_path / "out.jsonl").exists()


def test_options_of_data_files(project: Project, tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        convert(str(project.task), str(tmp_path / "out.jsonl"), Asked(sheet=1))
