"""`lfine compile TASK --target NAME`: the rows as training sees them, written whole."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from lfine.compiling import compile_file
from lfine.finetune.targets.registry import names
from lfine.targeting import source_of
from tests.lfine.projects import Project, files_of, lfine


@pytest.mark.parametrize("name", names())
def test_every_target_writes_its_files(project: Project, tmp_path: Path, name: str) -> None:
    ended = lfine("compile", project.task, "--target", name, "--out", tmp_path / "out", "--format", "json")
    found = ended.json()
    assert (ended.code, list(found)) == (0, ["target", "files", "command", "cannot_express"])
    assert sorted(found["files"]) == sorted(str(tmp_path / "out" / file) for file in files_of(tmp_path / "out"))
    assert found["files"]
    assert bool(found["cannot_express"]) == (name != "native")


def test_the_segments_are_the_tokens_of_training(project: Project, tmp_path: Path) -> None:
    """Axolotl tokenizes segments apart and adds nothing: its tokens must be ours, row by row."""
    compiled = compile_file(project.task)
    lfine("compile", project.task, "--target", "axolotl", "--out", tmp_path / "out")
    tokenizer = compiled.prepared.model.tokenizer
    lines = (tmp_path / "out/train.jsonl").read_text(encoding="utf-8").splitlines()
    written = [[tokenizer.encode(part["text"]) for part in json.loads(line)["segments"]] for line in lines]
    assert written == [[list(row.prompt_ids), list(row.completion_ids)] for row in compiled.rows.train]
    assert len(lines) == compiled.plan.training.data.train_rows


def test_a_cut_row_is_written_as_it_was_cut(project: Project) -> None:
    project.edit("output_feature: label", "preprocessing: {max_sequence_length: 46}\noutput_feature: label")
    compiled = compile_file(project.task)
    assert compiled.rows.fitted.cut
    tokenizer = compiled.prepared.model.tokenizer
    prompts = [row.prompt for row in source_of(compiled).of("train")]
    assert [tokenizer.encode(prompt) for prompt in prompts] == [list(row.prompt_ids) for row in compiled.rows.train]


def test_the_splits_are_those_of_the_plan(project: Project) -> None:
    compiled = compile_file(project.task)
    source = source_of(compiled)
    data = compiled.plan.training.data
    assert [len(source.of(split)) for split in ("train", "validation", "test")] == [data.train_rows, 6, 12]
    assert source.model == str(project.model.resolve())
    assert (source.tokens.end, source.tokens.pad, source.tokens.adds_bos) == ("<|im_end|>", "<|im_end|>", False)


def test_plain_prompts_hold_the_system_text(project: Project) -> None:
    project.edit("prompt:\n", "prompt:\n  system: 'Be {brief}.'\n")
    row = source_of(compile_file(project.task)).rows[0]
    assert row.plain == "Be {brief}.\n\nClassify the question: my card was lost, number 0"
    assert (row.completion, row.plain_completion) == ("card", " card")
    assert row.prompt.startswith("<|im_start|>system\nBe {brief}.<|im_end|>")


def test_without_out_the_configuration_goes_to_stdout(project: Project) -> None:
    ended = lfine("compile", project.task, "--target", "ludwig")
    assert yaml.safe_load(ended.out)["model_type"] == "llm"
    assert "cannot express" in ended.out
    assert not (project.folder / "ludwig.yaml").exists()


def test_for_people_what_is_lost_goes_to_stderr(project: Project, tmp_path: Path) -> None:
    ended = lfine("compile", project.task, "--target", "trl", "--out", tmp_path / "out")
    assert f"wrote {tmp_path / 'out' / 'trl.yaml'}" in ended.out
    assert "trl sft --config trl.yaml" in ended.out
    assert ended.err.startswith("trl cannot express:\n- ")


def test_native_is_the_plan(project: Project, tmp_path: Path) -> None:
    lfine("compile", project.task, "--target", "native", "--out", tmp_path / "out")
    written = json.loads((tmp_path / "out/plan.json").read_text(encoding="utf-8"))
    assert written["plan_hash"] == compile_file(project.task).plan.plan_hash


def test_conversations_are_refused_by_all_but_native(project: Project, tmp_path: Path) -> None:
    rows = [
        {
            "messages": [{"role": "user", "content": f"q{n}"}, {"role": "assistant", "content": f"a{n}"}],
            "split": ("train", "validation", "test")[n % 3],
        }
        for n in range(30)
    ]
    data = project.folder / "chats.jsonl"
    data.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    project.task.write_text(
        f"base_model: {project.model}\ndataset: {{path: chats.jsonl}}\nprompt: {{messages: messages}}\n"
        "trainer: {train_steps: 2, batch_size: 2}\nevaluation: {sample_size: 5}\n",
        encoding="utf-8",
    )
    ended = lfine("compile", project.task, "--target", "trl", "--out", tmp_path / "out", "--format", "json")
    assert (ended.code, ended.problem()["code"]) == (1, "LF130")
    assert not (tmp_path / "out").exists()
    assert lfine("compile", project.task, "--target", "native", "--out", tmp_path / "out").code == 0


def test_an_unknown_target_is_a_usage_error(project: Project) -> None:
    assert lfine("compile", project.task, "--target", "unsloth").code == 2
