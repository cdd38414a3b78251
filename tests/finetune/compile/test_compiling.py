"""Task to plan, whole: what moves a hash and what does not, rows cut and left out, warnings, the model's identity."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from lfine.finetune.compile import compiling
from lfine.finetune.compile import machine as probing
from lfine.finetune.compile.compiling import Compiled, model_identity, plan_scoring, sampled
from lfine.finetune.compile.fitting import check_tokens
from lfine.finetune.compile.lengths import EncodedExample, common_prefix, encode, percentile
from lfine.finetune.compile.plan import Plan
from lfine.schemas.errors import MachineError, TaskError
from tests.finetune.compile.bench import BF16_CPU, CPU, GPU, TASK, Bench, find, make_rows

# --- the hashes ------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def before(tiny_model_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Plan:
    """The plan of the unchanged task, in a folder of its own."""
    bench = Bench(tmp_path_factory.mktemp("before"), tiny_model_folder)
    bench.write()
    return bench.compile().plan


OTHER_WEIGHTS = (
    "trainer.learning_rate=1e-3",
    "trainer.learning_rate_scheduler.decay=linear",
    "trainer.learning_rate_scheduler.warmup_fraction=0.5",
    "trainer.optimizer.betas=[0.8, 0.99]",
    "trainer.optimizer.eps=1e-6",
    "trainer.optimizer.weight_decay=0.1",
    "trainer.max_grad_norm=null",
    "trainer.batch_size=8",
    "trainer.epochs=1",
    "trainer.train_steps=3",
    "trainer.seed=7",
    "trainer.dtype=bfloat16",
    "adapter=null",
    "adapter.r=4",
    "adapter.alpha=3",
    "adapter.dropout=0",
    "adapter.target_modules=[q_proj]",
    "adapter.use_rslora=true",
    "quantization.bits=4",
    "quantization.bits=8",
    "prompt.template='Sort: {question} ({note})'",
    "prompt.system=Be brief.",
    "prompt.chat=none",
    "preprocessing.max_sequence_length=48",
    "preprocessing.truncation=start",
    "preprocessing.split.type=hash",
)
SAME_WEIGHTS = (
    "name=other",
    "description=for readers",
    "trainer.micro_batch_size=2",
    "trainer.device=cpu",
    "trainer.gradient_checkpointing=true",
    "trainer.steps_per_evaluation=1",
    "trainer.steps_per_checkpoint=2",
    "trainer.validation_sample=1",
    "output_feature.type=text",
    "output_feature.labels=[yes, no, perhaps]",
    "generation.max_new_tokens=7",
    "evaluation.metrics=[f1]",
    "evaluation.sample_size=5",
    "evaluation.split=validation",
    "evaluation.seed=7",
    "evaluation.extract=label",
    "evaluation.baselines=[majority]",
    "evaluation.confidence=0.9",
    # a default that is written out
    "trainer.epochs=3",
    "trainer.batch_size=16",
    "adapter.alpha=16",
    "adapter.target_modules=[q_proj, k_proj, v_proj, o_proj]",
    "preprocessing.max_sequence_length=p95",
    "preprocessing.split={type: fixed, column: split}",
    "trainer.max_grad_norm=1",
)


@pytest.mark.parametrize("override", OTHER_WEIGHTS)
def test_what_can_change_the_weights_changes_the_plan_hash(bench: Bench, before: Plan, override: str) -> None:
    assert bench.compile([override]).plan.plan_hash != before.plan_hash


@pytest.mark.parametrize("override", SAME_WEIGHTS)
def test_what_cannot_change_the_weights_does_not(bench: Bench, before: Plan, override: str) -> None:
    assert bench.compile([override]).plan.plan_hash == before.plan_hash


OTHER_SCORE = (
    "generation.max_new_tokens=7",
    "evaluation.metrics=[f1]",
    "evaluation.sample_size=5",
    "evaluation.split=validation",
    "evaluation.seed=7",
    "evaluation.extract=label",
    "evaluation.baselines=[majority]",
    "evaluation.confidence=0.9",
    "output_feature.labels=[yes, no, perhaps]",
    "output_feature.type=text",
    "preprocessing.split.type=hash",
)
SAME_SCORE = (
    "trainer.learning_rate=1e-3",
    "trainer.micro_batch_size=2",
    "trainer.seed=7",
    "adapter.r=4",
    "quantization.bits=4",
    "prompt.template='Sort: {question}'",
    "preprocessing.max_sequence_length=40",
    "evaluation.metrics=[accuracy]",
    "evaluation.interval=percentile",
    "generation.max_new_tokens=auto",
)


@pytest.mark.parametrize("override", OTHER_SCORE)
def test_what_can_change_a_score_changes_the_evaluation_hash(bench: Bench, before: Plan, override: str) -> None:
    assert bench.compile([override]).plan.evaluation_hash != before.evaluation_hash


@pytest.mark.parametrize("override", SAME_SCORE)
def test_what_cannot_change_the_score_of_given_weights_does_not(bench: Bench, before: Plan, override: str) -> None:
    assert bench.compile([override]).plan.evaluation_hash == before.evaluation_hash


def test_another_machine_changes_no_hash_where_the_dtype_is_said(bench: Bench) -> None:
    overrides = ["trainer.dtype=float32"]
    small = replace(CPU, memory=4_000_000)
    plans = [bench.compile(overrides, machine).plan for machine in (CPU, GPU, BF16_CPU, small)]
    assert len({plan.plan_hash for plan in plans}) == 1
    assert len({plan.evaluation_hash for plan in plans}) == 1
    assert plans[0].training.machine != plans[3].training.machine
    assert plans[0].evaluation.generation != plans[1].evaluation.generation
    assert bench.compile([], BF16_CPU).plan.plan_hash != plans[0].plan_hash


def test_compiling_twice_gives_the_same_plan(bench: Bench) -> None:
    assert bench.compile().plan == bench.compile().plan


def test_comments_and_the_command_line_are_no_difference(bench: Bench) -> None:
    plain = bench.compile(["trainer.epochs=2", "evaluation.sample_size=5"]).plan
    bench.write(text="# mine\n" + TASK + "trainer:\n  epochs: 2  # two\n\nevaluation: {{sample_size: 5}}\n")
    written = bench.compile().plan
    assert (written.plan_hash, written.evaluation_hash) == (plain.plan_hash, plain.evaluation_hash)
    assert written.task == plain.task
    epochs = find(written.decisions, "trainer.epochs"), find(plain.decisions, "trainer.epochs")
    assert [each.origin for each in epochs] == [f"{bench.folder / 'task.yaml'}:8", "--set trainer.epochs=2"]


def hashes(bench: Bench, rows: list[dict[str, str]]) -> tuple[str, str]:
    bench.write(rows=rows)
    plan = bench.compile(["preprocessing.max_sequence_length=100"]).plan
    return plan.plan_hash, plan.evaluation_hash


@pytest.mark.parametrize("column", ["question", "note", "label"])
def test_a_training_row_that_changed_changes_the_plan_hash(bench: Bench, column: str) -> None:
    rows = make_rows()
    before = hashes(bench, rows)
    rows[3] = {**rows[3], column: rows[2][column]}
    after = hashes(bench, rows)
    assert after[0] != before[0]


def test_the_order_of_training_rows_changes_the_plan_hash_alone(bench: Bench) -> None:
    rows = make_rows()
    before, after = hashes(bench, rows), hashes(bench, [rows[1], rows[0], *rows[2:]])
    assert after[0] != before[0]
    assert after[1] == before[1]


def test_a_held_out_row_that_changed_changes_the_evaluation_hash_alone(bench: Bench) -> None:
    rows = make_rows()
    before = hashes(bench, rows)
    rows[50] = {**rows[50], "note": "other"}
    after = hashes(bench, rows)
    assert after[0] == before[0]
    assert after[1] != before[1]


def test_more_held_out_rows_leave_the_plan_hash(bench: Bench) -> None:
    rows = make_rows()
    validation = {**rows[0], "split": "validation", "question": "seven"}
    assert hashes(bench, [*rows, {**rows[0], "split": "test"}, validation])[0] == hashes(bench, rows)[0]


def test_a_model_under_another_name_is_the_same_model(bench: Bench, tmp_path: Path) -> None:
    shutil.copytree(bench.model, tmp_path / "copy")
    before, after = bench.compile().plan, bench.compile([f"base_model={tmp_path / 'copy'}"]).plan
    assert after.training.model.name != before.training.model.name
    assert after.plan_hash == before.plan_hash


def test_another_model_is_another_plan(bench: Bench, tiny_neox_folder: Path) -> None:
    plan = bench.compile([f"base_model={tiny_neox_folder}"]).plan
    assert plan.plan_hash != bench.compile().plan.plan_hash
    assert plan.training.model.family == "gpt_neox"
    assert plan.training.adapter is not None
    assert plan.training.adapter.target_modules == ("query_key_value", "dense")


# --- the model's identity --------------------------------------------------------------------------------------------


@pytest.fixture
def copied(tmp_path: Path, tiny_model_folder: Path) -> Path:
    return Path(shutil.copytree(tiny_model_folder, tmp_path / "model"))


def test_weights_of_the_same_size_are_told_apart(copied: Path) -> None:
    before, path = model_identity(copied), copied / "model.safetensors"
    raw = bytearray(path.read_bytes())
    raw[len(raw) // 2] ^= 1
    path.write_bytes(raw)
    assert model_identity(copied) != before


def test_who_saved_a_model_is_no_part_of_it(copied: Path) -> None:
    before, path = model_identity(copied), copied / "config.json"
    config = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**config, "transformers_version": "9", "torch_dtype": "x"}), encoding="utf-8")
    assert model_identity(copied) == before
    path.write_text(json.dumps({**config, "rope_theta": 5.0}), encoding="utf-8")
    assert model_identity(copied) != before


def test_another_tokenizer_is_another_model(copied: Path) -> None:
    before, path = model_identity(copied), copied / "tokenizer.json"
    path.write_text(path.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    assert model_identity(copied) != before


def test_a_converted_model_is_known_by_the_file_it_was_made_from(copied: Path) -> None:
    (copied / "lfine.json").write_text('{"sha256": "ab", "conversion": 1}', encoding="utf-8")
    before = model_identity(copied)
    (copied / "model.safetensors").write_bytes(b"the same weights, written otherwise")
    assert model_identity(copied) == before
    (copied / "lfine.json").write_text('{"sha256": "cd", "conversion": 1}', encoding="utf-8")
    assert model_identity(copied) != before


def test_a_large_file_is_sampled_from_one_end_to_the_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiling, "BLOCK", 4)
    monkeypatch.setattr(compiling, "BLOCKS", 10)
    path = tmp_path / "weights"
    seen = []
    for at in range(100):
        path.write_bytes(bytes(100))
        before = sampled(path)
        path.write_bytes(bytes(at) + b"x" + bytes(99 - at))
        seen.append(sampled(path) != before)
    assert seen == [at % 10 < 4 for at in range(100)]
    path.write_bytes(b"")
    assert sampled(path)


# --- rows ------------------------------------------------------------------------------------------------------------


def test_p95_of_the_training_rows_is_the_default_limit(bench: Bench) -> None:
    compiled, prepared = bench.compile(), bench.prepared()
    whole = encode(prepared.rows.examples("train"), prepared.model.renderer)
    length = compiled.plan.training.length
    lengths = [row.length for row in whole]
    assert length.max_sequence_length == length.p95 == percentile(lengths, 0.95) == sorted(lengths)[37]
    assert (length.p50, length.longest) == (sorted(lengths)[19], max(lengths))
    assert length.cut == len(compiled.rows.fitted.cut) == sum(each > length.p95 for each in lengths) > 0
    assert max(row.length for row in compiled.rows.train) <= length.p95
    assert length.longest_completion == max(len(row.completion_ids) for row in whole)


def test_cutting_is_told(bench: Bench) -> None:
    decisions = bench.compile(["preprocessing.max_sequence_length=p90"]).plan.decisions
    cut, left_out = find(decisions, "rows cut"), find(decisions, "rows left out")
    assert (cut.value, cut.origin) == (4, "derived")
    assert "longest column loses text" in cut.reason
    assert left_out.value == 0


def long_answers() -> list[dict[str, str]]:
    rows = make_rows()
    for number in (4, 9):
        rows[number] = {**rows[number], "label": "seven dog card " * 40}
    return rows


def test_rows_that_do_not_fit_are_counted_and_warned_of(bench: Bench) -> None:
    bench.write(rows=long_answers())
    compiled = bench.compile(["output_feature.type=text", "preprocessing.max_sequence_length=60"])
    assert compiled.plan.training.length.left_out == 2
    assert find(compiled.plan.decisions, "rows left out").value == 2
    assert [row.row_id for row in compiled.rows.train] == [n for n in range(40) if n not in (4, 9)]
    (warning,) = [each for each in compiled.warnings if each.code == "LF308"]
    assert warning.severity == "warning"
    assert warning.message == (
        "2 training rows left out, longer than 60 tokens even with the longest column empty: row 4, 9 (counted from 0)"
    )
    assert warning.file == "--set preprocessing.max_sequence_length=60"


def test_rows_left_out_are_no_part_of_an_epoch(bench: Bench) -> None:
    bench.write(rows=long_answers())
    overrides = ["output_feature.type=text", "preprocessing.max_sequence_length=60", "trainer.epochs=1"]
    assert bench.compile(overrides).plan.training.train_examples == 38


def test_no_row_that_fits_is_an_error_at_the_limit(bench: Bench) -> None:
    with pytest.raises(TaskError) as caught:
        bench.compile(["preprocessing.max_sequence_length=8"])
    (problem,) = caught.value.problems
    assert (problem.code, problem.path) == ("LF308", "preprocessing.max_sequence_length")
    assert problem.message == "none of the 40 training rows fits 8 tokens"
    assert problem.file == "--set preprocessing.max_sequence_length=8"


def test_validation_rows_are_never_cut(bench: Bench) -> None:
    compiled, prepared = bench.compile(["preprocessing.max_sequence_length=40"]), bench.prepared()
    whole = encode(prepared.rows.examples("validation"), prepared.model.renderer)
    assert compiled.rows.validation == whole
    assert max(row.length for row in whole) > 40


def test_validation_rows_beyond_the_context_are_left_out_and_counted(bench: Bench) -> None:
    rows = make_rows()
    rows[41] = {**rows[41], "question": "seven dog card " * 200}
    bench.write(rows=rows)
    compiled = bench.compile()
    assert [row.row_id for row in compiled.rows.validation] == [40, 42, 43, 44, 45]
    decision = find(compiled.plan.decisions, "validation rows left out")
    assert decision.value == 1
    assert decision.reason.startswith("of 6 validation rows, longer than the model's context")


def test_the_validation_sample_is_the_first_rows(bench: Bench) -> None:
    compiled = bench.compile(["trainer.validation_sample=2"])
    assert [row.row_id for row in compiled.rows.validation] == [40, 41]


def test_the_shared_prefix_is_that_of_training_and_validation_rows(bench: Bench) -> None:
    rows = make_rows()
    rows = [{**row, "question": "card " + row["question"]} if row["split"] == "train" else row for row in rows]
    rows[40] = {**rows[40], "question": "dog"}
    bench.write(rows=rows)
    compiled = bench.compile()
    train, validation = compiled.rows.train, compiled.rows.validation
    shared = compiled.plan.training.length.shared_prefix
    assert shared == common_prefix([row.prompt_ids for row in (*train, *validation)])
    assert 0 < shared < common_prefix([row.prompt_ids for row in train])


def test_no_validation_rows_is_no_problem(bench: Bench) -> None:
    bench.write(rows=[row for row in make_rows() if row["split"] != "validation"])
    assert bench.compile().rows.validation == ()


# --- the plan --------------------------------------------------------------------------------------------------------


@pytest.fixture
def plan(bench: Bench) -> Plan:
    return bench.compile().plan


def test_the_data_half_counts_rows_and_finds_the_output(plan: Plan) -> None:
    data = plan.training.data
    assert (data.split, data.split_column) == ("fixed", "split")
    assert (data.train_rows, data.validation_rows, data.test_rows) == (40, 6, 8)
    assert (data.output_column, data.output_type, set(data.labels)) == ("label", "category", {"yes", "no"})
    evaluation = plan.evaluation
    assert (evaluation.output_type, evaluation.labels) == (data.output_type, data.labels)
    assert (evaluation.sample_size, evaluation.rows) == (1000, 8)
    assert [metric.name for metric in evaluation.metrics] == ["accuracy"]


def test_the_training_half_is_what_the_task_says(bench: Bench) -> None:
    optimizer = "trainer.optimizer={betas: [0.8, 0.9], eps: 1e-5, weight_decay: 0.2}"
    training = bench.compile([optimizer, "trainer.max_grad_norm=0.3", "trainer.seed=5"]).plan.training
    found = training.optimizer
    assert (found.betas, found.eps, found.weight_decay) == ((0.8, 0.9), 1e-5, 0.2)
    assert (training.max_grad_norm, training.seed, training.learning_rate) == (0.3, 5, 2e-4)
    assert (training.steps, training.batch_size, training.train_examples) == (8, 16, 120)
    assert (training.decay, training.truncation, training.validation_sample) == ("cosine", "end", 200)


def test_the_plan_knows_the_task_and_its_folder(bench: Bench, plan: Plan) -> None:
    assert plan.task == bench.task()
    assert plan.folder == str(bench.folder.resolve())


def test_every_decision_has_an_origin_and_derived_ones_a_reason(plan: Plan) -> None:
    assert len(plan.decisions) > 40
    assert len({each.path for each in plan.decisions}) == len(plan.decisions)
    for each in plan.decisions:
        assert each.origin == "derived" or each.origin == "default" or ".yaml:" in each.origin
        assert each.reason or each.origin != "derived", each


SPLIT, TEXT = "preprocessing.split.type=fixed", "output_feature.type=text"


@pytest.mark.parametrize(
    ("overrides", "path", "value", "origin", "reason"),
    [
        ([], "prompt.chat", "chat", "derived", "the model's own chat template"),
        (["prompt.chat=none"], "prompt.chat", "none", "--set prompt.chat=none", "the rendered template as it stands"),
        ([], "preprocessing.split.type", "fixed", "derived", "the data have a column 'split'"),
        ([SPLIT], "preprocessing.split.type", "fixed", f"--set {SPLIT}", "column 'split', as the task says"),
        ([], "output_feature.type", "category", "derived", "2 distinct short answers in 40 training rows"),
        ([TEXT], "output_feature.type", "text", f"--set {TEXT}", "the task says so"),
        (
            ["evaluation.sample_size=3"],
            "evaluation.rows",
            3,
            "derived",
            "the test rows with the smallest hash of their content, of 8",
        ),
    ],
)
def test_what_was_found_out_and_what_was_said(
    bench: Bench, overrides: list[str], path: str, value: object, origin: str, *, reason: str
) -> None:
    decision = find(bench.compile(overrides).plan.decisions, path)
    assert (decision.value, decision.origin) == (value, origin)
    assert decision.reason == reason


def test_the_longest_row_sizes_the_generation_batch_and_a_generous_limit_does_not(bench: Bench) -> None:
    small = replace(CPU, memory=3_000_000)
    batches = [
        bench.compile([f"preprocessing.max_sequence_length={limit}"], small).plan.evaluation.generation
        for limit in ("p100", "null")
    ]
    assert batches[0] == batches[1]
    assert batches[0] is not None
    assert 1 < batches[0].batch_size < 96


def test_a_run_on_the_processor_of_a_machine_with_a_gpu(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probing, "system_memory", lambda: 3_000_000)
    monkeypatch.setattr(probing, "processor_flags", lambda: frozenset({"amx_bf16"}))
    plan = bench.compile(["trainer.device=cpu"], GPU).plan
    assert plan.training.machine.device == "cpu"
    assert plan.training.model.dtype == "bfloat16"
    assert plan.evaluation.generation is not None
    assert plan.evaluation.generation.batch_size < 96
    assert (
        find(plan.decisions, "trainer.micro_batch_size").reason
        == "up to 1 examples of the longest kind fit 0 GB of 0 GB"
    )


# --- problems and warnings -------------------------------------------------------------------------------------------


def test_a_system_text_that_no_chat_template_writes_is_refused(bench: Bench, copied: Path) -> None:
    (copied / "chat_template.jinja").unlink()
    override = "prompt.system=Be brief."
    with pytest.raises(TaskError) as caught:
        bench.compile([override, f"base_model={copied}"])
    (problem,) = caught.value.problems
    assert (problem.code, problem.path, problem.file) == ("LF207", "prompt.system", f"--set {override}")
    decision = find(bench.compile([f"base_model={copied}"]).plan.decisions, "prompt.chat")
    assert (decision.value, decision.origin) == ("none", "derived")
    assert decision.reason == "the rendered template as it stands: the model has no chat template"


def test_a_device_that_is_absent_is_refused_at_its_line(bench: Bench) -> None:
    bench.write(text=TASK + "trainer:\n  device: cuda\n")
    with pytest.raises(MachineError) as caught:
        bench.compile()
    (problem,) = caught.value.problems
    assert (problem.code, problem.line, problem.column) == ("LF403", 7, 11)


def test_warnings_of_data_and_sample_come_together(bench: Bench) -> None:
    rows = make_rows()
    rows[-1] = {**rows[-1], "label": "perhaps"}
    bench.write(rows=rows)
    compiled: Compiled = bench.compile(["evaluation.sample_size=9"])
    assert [each.code for each in compiled.warnings] == ["LF309", "LF306"]
    assert {each.severity for each in compiled.warnings} == {"warning"}


def test_a_small_held_out_split_warns_at_its_key(bench: Bench) -> None:
    bench.write(text=TASK + "evaluation:\n  sample_size: 9\n")
    (warning,) = bench.compile().warnings
    assert (warning.code, warning.severity) == ("LF306", "warning")
    assert (warning.line, warning.column, warning.path) == (7, 16, "evaluation.sample_size")


def test_a_size_of_the_sample_that_nobody_wrote_is_a_decision_and_no_warning(bench: Bench) -> None:
    compiled = bench.compile()
    assert compiled.warnings == ()
    decision = find(compiled.plan.decisions, "evaluation.rows")
    assert (decision.value, decision.reason) == (8, "all test rows; a sample is 1,000 of them where there are as many")


def test_scoring_somebody_elses_answers_needs_no_model(bench: Bench) -> None:
    sized = ["evaluation.sample_size=9"]
    loaded, rows = bench.load(sized), bench.prepared(sized).rows
    source = compiling.Source(loaded.task, loaded.folder, loaded.origin, loaded.problem)
    plan, warnings = plan_scoring(source, rows, bench.notes(), None)
    assert plan == replace(bench.compile(sized).plan.evaluation, generation=None)
    assert [each.code for each in warnings] == ["LF306"]


# --- rows that teach or ask nothing ----------------------------------------------------------------------------------


def test_rows_without_a_token_to_learn_or_to_ask_are_refused_together(tiny_model_folder: Path, tmp_path: Path) -> None:
    bench = Bench(tmp_path, tiny_model_folder)
    bench.write()
    source = bench.compile().plan  # the task itself is in order
    rows = [EncodedExample(3, (5,), ()), EncodedExample(8, (), (2,)), EncodedExample(9, (5,), (2,))]
    where = compiling.Source(source.task, tmp_path, lambda _: "default")
    with pytest.raises(TaskError) as caught:
        check_tokens(where, rows)
    found = {problem.code: problem.message for problem in caught.value.problems}
    assert set(found) == {"LF307", "LF313"}
    assert found["LF307"].endswith("row 3")
    assert found["LF313"].endswith("row 8")


# --- what else decides the weights -----------------------------------------------------------------------------------


def test_answers_are_in_the_plan_hash_only_where_a_metric_decides(bench: Bench) -> None:
    def plan_hash(*overrides: str) -> str:
        return bench.compile(["trainer.evaluation_sample=2", *overrides]).plan.plan_hash

    other = "generation.max_new_tokens=3"
    assert plan_hash() == plan_hash(other)
    assert plan_hash("trainer.save_best_by=loss") == plan_hash("trainer.save_best_by=loss", other)
    by = "trainer.save_best_by=accuracy"
    assert plan_hash(by) != plan_hash(by, other)
    assert plan_hash(by) == plan_hash(by, "evaluation.confidence=0.9")


def test_noise_shares_no_prefix(bench: Bench) -> None:
    plan = bench.compile(["trainer.neftune_noise_alpha=5"]).plan
    assert plan.training.length.shared_prefix == 0
    assert "its own noise" in find(plan.decisions, "shared prefix").reason
    assert bench.compile().plan.training.length.shared_prefix > 0


@pytest.mark.parametrize("override", ["adapter.modules_to_save=[lm_head]", "adapter.bias=all"])
def test_base_weights_that_are_trained_too_are_float32(bench: Bench, override: str) -> None:
    assert bench.compile([], GPU).plan.training.model.dtype == "bfloat16"
    assert bench.compile([override], GPU).plan.training.model.dtype == "float32"
