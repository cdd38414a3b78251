"""A task of whole conversations, compiled; and what `truncation` says of rows that are too long."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest

from lfine.finetune.compile.compiling import Compiled
from lfine.schemas.errors import TaskError
from lfine.schemas.problems import Problem
from tests.finetune.compile.bench import Bench, find

TASK = """\
base_model: {model}
dataset: {{path: rows.jsonl}}
prompt: {{messages: talk}}
preprocessing: {{max_sequence_length: p100}}
"""
WORDS = ("the dog", "one two three", "seven")


def talks() -> list[dict[str, object]]:
    """Return 12 training, 3 validation and 4 test conversations of one to three exchanges, all different."""
    rows: list[dict[str, object]] = []
    for number, split in enumerate(["train"] * 12 + ["validation"] * 3 + ["test"] * 4):
        turns: list[dict[str, object]] = [{"role": "system", "content": "Be kind."}]
        for each in range(number % 3 + 1):
            turns += [{"role": "user", "content": f"{WORDS[each]} {number}"}]
            turns += [{"role": "assistant", "content": WORDS[(number + each) % 3]}]
        rows.append({"talk": turns, "split": split})
    return rows


@pytest.fixture
def chats(bench: Bench) -> Bench:
    return written(bench, talks())


def written(bench: Bench, rows: Sequence[dict[str, object]]) -> Bench:
    bench.write(text=TASK)
    text = "".join(json.dumps(row) + "\n" for row in rows)
    (bench.folder / "rows.jsonl").write_text(text, encoding="utf-8")
    return bench


def text_of(compiled: Compiled, bench: Bench, number: int) -> str:
    row = compiled.rows.train[number]
    tokenizer = bench.prepared().model.tokenizer
    return tokenizer.decode([*row.prompt_ids, *row.completion_ids], skip_special=False)


def problem_of(bench: Bench, *overrides: str) -> Problem:
    with pytest.raises(TaskError) as caught:
        bench.compile(overrides)
    (problem,) = caught.value.problems
    return problem


def test_the_plan_of_conversations(chats: Bench) -> None:
    compiled = chats.compile()
    prompt, data = compiled.plan.training.prompt, compiled.plan.training.data
    assert (prompt.template, prompt.messages, prompt.loss_on, prompt.example_rows) == (None, "talk", "all", ())
    assert (data.output_column, data.train_rows) == (None, 12)
    assert [row.learned is None for row in compiled.rows.train[:3]] == [True, False, False]
    assert text_of(compiled, chats, 0) == (
        "<|im_start|>system\nBe kind.<|im_end|>\n<|im_start|>user\nthe dog 0<|im_end|>\n"
        "<|im_start|>assistant\nthe dog<|im_end|>"
    )
    longest = compiled.plan.training.length.longest_completion
    tokenizer = chats.prepared().model.tokenizer
    assert longest == max(len(tokenizer.encode(words)) for words in WORDS) + 1  # one answer, not all of a row
    assert find(compiled.plan.decisions, "prompt.messages").value == "talk"


def test_loss_on_the_last_turn_is_another_plan(chats: Bench) -> None:
    plans = [chats.compile([f"prompt.loss_on={each}"]) for each in ("all", "last")]
    assert plans[0].plan.plan_hash != plans[1].plan.plan_hash
    assert plans[0].plan.training.prompt.hash == plans[1].plan.training.prompt.hash
    assert all(row.learned is None for row in plans[1].rows.train)
    learned = [sum(row.learned_tokens for row in each.rows.train) for each in plans]
    assert learned[0] > learned[1]


def test_a_weight_of_0_takes_a_turn_out(bench: Bench) -> None:
    rows = talks()
    for row in rows:
        turns = row["talk"]
        assert isinstance(turns, list)
        turns[2]["weight"] = 0
    rows = [row for number, row in enumerate(rows) if number % 3]  # those of one exchange would teach nothing
    compiled = written(bench, rows).compile()
    first = compiled.rows.train[0]
    assert first.learned is None
    text = bench.prepared().model.tokenizer.decode(first.prompt_ids, skip_special=False)
    assert text.count("<|im_start|>assistant\n") == 2


def test_a_row_that_teaches_nothing_is_refused_at_the_column(bench: Bench) -> None:
    rows = talks()
    turns = rows[4]["talk"]  # of two exchanges, the second with weight 0
    assert isinstance(turns, list)
    turns[-1]["weight"] = 0
    assert written(bench, rows).compile().rows.train[4].learned_tokens > 0
    problem = problem_of(bench, "prompt.loss_on=last")
    assert (problem.code, problem.path) == ("LF307", "prompt.messages")
    assert problem.message == "1 training row without a token to learn: row 4"


def test_conversations_need_a_model_that_can_chat(bench: Bench, tmp_path: Path) -> None:
    mute = Path(shutil.copytree(bench.model, tmp_path / "mute"))
    (mute / "chat_template.jinja").unlink()
    problem = problem_of(written(Bench(bench.folder, mute), talks()))
    assert (problem.code, problem.path) == ("LF240", "prompt.messages")
    assert problem.line == 3


def test_conversations_that_the_template_refuses(chats: Bench, tmp_path: Path) -> None:
    strict = Path(shutil.copytree(chats.model, tmp_path / "strict"))
    template = strict / "chat_template.jinja"
    refusal = "{% if messages[1:] and messages[1].content == 'the dog 6' %}{{ raise_exception('not this') }}{% endif %}"
    template.write_text(refusal + template.read_text(encoding="utf-8"), encoding="utf-8")
    problem = problem_of(written(Bench(chats.folder, strict), talks()))
    assert (problem.code, problem.path, problem.line) == ("LF342", "prompt.messages", 3)
    assert "refuses the conversation: not this: 1 row: 6" in problem.message


def test_a_held_out_conversation_that_cannot_be_asked_is_known_before_training(chats: Bench, tmp_path: Path) -> None:
    strict = Path(shutil.copytree(chats.model, tmp_path / "strict"))
    template = strict / "chat_template.jinja"
    refusal = (
        "{% if messages[1:] and messages[1].content == 'the dog 17' %}{{ raise_exception('not this') }}{% endif %}"
    )
    template.write_text(refusal + template.read_text(encoding="utf-8"), encoding="utf-8")
    problem = problem_of(written(Bench(chats.folder, strict), talks()))
    assert (problem.code, problem.line) == ("LF342", 3)
    assert "1 row: 17" in problem.message


def test_cut_conversations_lose_turns_and_it_is_said(chats: Bench) -> None:
    limit = max(row.length for row in chats.compile().rows.train if row.row_id % 3 < 2)
    compiled = chats.compile([f"preprocessing.max_sequence_length={limit}"])
    assert compiled.rows.fitted.cut == (2, 5, 8, 11)
    assert "lose their latest turns" in find(compiled.plan.decisions, "rows cut").reason
    for override in ("prompt.loss_on=last", "preprocessing.truncation=start"):
        found = chats.compile([f"preprocessing.max_sequence_length={limit}", override])
        assert "lose their oldest turns" in find(found.plan.decisions, "rows cut").reason


# --- truncation ------------------------------------------------------------------------------------------------------


def test_error_names_the_rows_that_are_too_long(bench: Bench) -> None:
    wanted = ["preprocessing.truncation=error", "preprocessing.max_sequence_length=p90"]
    plain = bench.compile(wanted[1:])
    problem = problem_of(bench, *wanted)
    assert (problem.code, problem.path) == ("LF308", "preprocessing.truncation")
    limit = plain.plan.training.length.max_sequence_length
    rows = ", ".join(map(str, plain.rows.fitted.cut))
    assert problem.message == f"4 training rows are longer than {limit} tokens: row {rows}"
    assert "p100" in problem.cure
    whole = bench.compile([wanted[0], "preprocessing.max_sequence_length=p100"])
    assert len(whole.rows.train) == 40


def test_drop_leaves_out_and_counts(bench: Bench) -> None:
    wanted = ["preprocessing.truncation=drop", "preprocessing.max_sequence_length=p90"]
    cut = bench.compile(wanted[1:]).rows.fitted.cut
    compiled = bench.compile(wanted)
    assert (compiled.rows.fitted.left_out, compiled.rows.fitted.cut) == (cut, ())
    assert compiled.plan.training.length.left_out == 4
    assert "truncation is drop" in find(compiled.plan.decisions, "rows left out").reason
    (warning,) = [each for each in compiled.warnings if each.code == "LF308"]
    assert "4 training rows left out, longer than" in warning.message
    assert "longest column" not in warning.message
