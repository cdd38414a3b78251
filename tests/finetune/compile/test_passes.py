"""Every pass: the value it decides, where it says the value comes from, and the reason it gives."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lfine.finetune.catalogue.cards import ModelCard
from lfine.finetune.catalogue.quantization_plan import QuantizationPlan
from lfine.finetune.compile import passes
from lfine.finetune.compile.lengths import EncodedExample
from lfine.finetune.compile.machine import Machine
from lfine.finetune.compile.notes import Notes
from lfine.finetune.compile.plan import AdapterPlan, AdapterStart, LengthPlan, OptimizerPlan, SelectionPlan
from lfine.schemas.errors import MachineError, TaskError
from tests.finetune.compile.bench import BF16_CPU, CARD, CPU, GPU, Bench, find


def told(notes: Notes, path: str) -> tuple[object, str, str]:
    """Return value, origin and reason of the one decision about a key."""
    decision = find(notes.decisions, path)
    return decision.value, decision.origin, decision.reason


# --- device and dtype ------------------------------------------------------------------------------------------------


def decide_device(bench: Bench, machine: Machine, *overrides: str) -> tuple[str, tuple[object, str, str]]:
    notes = bench.notes(overrides)
    return passes.decide_device(bench.task(overrides), machine, notes, bench.place), told(notes, "trainer.device")


def test_auto_takes_the_accelerator_where_there_is_one(bench: Bench) -> None:
    assert decide_device(bench, GPU) == ("cuda", ("cuda", "derived", "A10"))
    assert decide_device(bench, CPU) == ("cpu", ("cpu", "derived", "no accelerator found"))


@pytest.mark.parametrize(("machine", "device"), [(GPU, "cuda"), (GPU, "cpu"), (CPU, "cpu")])
def test_a_device_that_is_there_is_taken_as_asked(bench: Bench, machine: Machine, device: str) -> None:
    override = f"trainer.device={device}"
    assert decide_device(bench, machine, override) == (device, (device, f"--set {override}", ""))


@pytest.mark.parametrize(
    ("machine", "device", "found"),
    [(CPU, "cuda", "no accelerator"), (GPU, "mps", "A10"), (replace(GPU, device="mps"), "cuda", "A10")],
)
def test_a_device_that_is_absent_is_refused(bench: Bench, machine: Machine, device: str, found: str) -> None:
    with pytest.raises(MachineError) as caught:
        decide_device(bench, machine, f"trainer.device={device}")
    (problem,) = caught.value.problems
    assert (problem.code, problem.path, problem.line) == ("LF403", "trainer.device", 1)
    assert problem.message == f"trainer.device is {device}, but this machine has {found}"
    assert problem.cure == "set trainer.device to auto"


@pytest.mark.parametrize(
    ("overrides", "device", "machine", "dtype", "reason"),
    [
        ([], "cpu", BF16_CPU, "bfloat16", "the device multiplies bfloat16 in hardware"),
        ([], "cuda", GPU, "bfloat16", "the device multiplies bfloat16 in hardware"),
        ([], "cpu", CPU, "float32", "the device has no fast bfloat16"),
        ([], "cuda", replace(GPU, bf16=False), "float32", "the device has no fast bfloat16"),
        (["adapter=null"], "cuda", GPU, "float32", "full fine-tuning updates these weights themselves"),
    ],
)
def test_dtype_left_open(
    bench: Bench, overrides: list[str], device: str, machine: Machine, dtype: str, *, reason: str
) -> None:
    notes = bench.notes(overrides)
    assert passes.decide_dtype(bench.task(overrides), device, machine, notes) == dtype
    assert told(notes, "trainer.dtype") == (dtype, "derived", reason)


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
@pytest.mark.parametrize("machine", [CPU, GPU])
def test_dtype_as_asked(bench: Bench, machine: Machine, dtype: str) -> None:
    overrides = [f"trainer.dtype={dtype}", "adapter=null"]
    notes = bench.notes(overrides)
    assert passes.decide_dtype(bench.task(overrides), machine.device, machine, notes) == dtype
    assert told(notes, "trainer.dtype") == (dtype, f"--set {overrides[0]}", "")


# --- quantization ----------------------------------------------------------------------------------------------------


def quantization(
    bench: Bench, notes: Notes, device: str, *overrides: str, card: ModelCard = CARD
) -> QuantizationPlan | None:
    return passes.decide_quantization(bench.task(overrides), card, device=device, dtype="bfloat16", notes=notes)


def test_the_compute_dtype_is_the_trainers_unless_it_is_said(bench: Bench) -> None:
    path = "quantization.bnb_4bit_compute_dtype"
    notes = bench.notes(["quantization.bits=4"])
    quantization(bench, notes, "cuda", "quantization.bits=4")
    assert told(notes, path) == ("bfloat16", "derived", "that of the trainer")
    overrides = ["quantization.bits=4", f"{path}=float32"]
    notes = bench.notes(overrides)
    plan = quantization(bench, notes, "cuda", *overrides)
    assert plan is not None
    assert plan.compute_dtype == "float32"
    assert told(notes, path) == ("float32", f"--set {path}=float32", "")


def test_no_bits_are_no_quantization(bench: Bench) -> None:
    overrides = ["quantization={bits: null}"]
    assert quantization(bench, bench.notes(overrides), "cuda", *overrides) is None


def test_no_quantization_is_the_default(bench: Bench) -> None:
    notes = bench.notes()
    assert quantization(bench, notes, "cpu") is None
    assert told(notes, "quantization") == (None, "default", "")


@pytest.mark.parametrize(
    ("scheme", "plan", "weights"),
    [
        ("{bits: 4}", QuantizationPlan(4, "nf4", double_quant=True, compute_dtype="bfloat16"), "nf4 weights"),
        (
            "{bits: 4, bnb_4bit_quant_type: fp4}",
            QuantizationPlan(4, "fp4", double_quant=True, compute_dtype="bfloat16"),
            "fp4 weights",
        ),
        (
            "{bits: 4, bnb_4bit_use_double_quant: false}",
            QuantizationPlan(4, "nf4", double_quant=False, compute_dtype="bfloat16"),
            "nf4 weights",
        ),
        ("{bits: 8}", QuantizationPlan(8, "nf4", double_quant=True, compute_dtype="bfloat16"), "int8 weights"),
    ],
)
def test_a_scheme_is_taken_as_asked(bench: Bench, scheme: str, plan: QuantizationPlan, weights: str) -> None:
    override = f"quantization={scheme}"
    notes = bench.notes([override])
    assert quantization(bench, notes, "cuda", override) == plan
    assert told(notes, "quantization.bits") == (plan.bits, f"--set {override}", weights)
    paths = [each.path for each in notes.decisions]
    assert ("quantization.bnb_4bit_quant_type" in paths) == (plan.bits == 4), "8 bits have no such choice"


@pytest.mark.parametrize(("bits", "more"), [(4, 159), (8, 106)])
def test_a_processor_is_told_what_dequantizing_costs(bench: Bench, bits: int, more: int) -> None:
    overrides = [f"quantization={{bits: {bits}}}"]
    notes = bench.notes(overrides)
    quantization(bench, notes, "cpu", *overrides)
    # 134,515,008 weights less an embedding of 49152 × 576, each 16 bits in place of 4 or 8
    assert told(notes, "quantization.bits")[2].endswith(
        f"dequantized once at load: the numbers of the {bits}-bit model, at least {more} MB more memory"
    )


def test_weights_that_could_not_be_counted_cost_nothing_that_is_said(bench: Bench) -> None:
    overrides = ["quantization={bits: 4}"]
    notes = bench.notes(overrides)
    quantization(bench, notes, "cpu", *overrides, card=replace(CARD, parameters=None))
    assert told(notes, "quantization.bits")[2].endswith("the numbers of the 4-bit model")


# --- length ----------------------------------------------------------------------------------------------------------

LENGTHS = list(range(1, 201))
PATH = "preprocessing.max_sequence_length"


@pytest.mark.parametrize(
    ("overrides", "context", "expected", "origin", "reason"),
    [
        ([], 8192, 190, "derived", "p95 of 200 training rows: 95% have at most 190 tokens"),
        ([f"{PATH}=p50"], 8192, 100, "derived", "p50 of 200 training rows: 50% have at most 100 tokens"),
        ([f"{PATH}=p100"], 8192, 200, "derived", "p100 of 200 training rows: 100% have at most 200 tokens"),
        ([f"{PATH}=p100"], 150, 150, "derived", "p100 of 200 training rows: 100% have at most 200 tokens"),
        ([f"{PATH}=null"], 512, 512, "derived", "the model's context"),
        ([f"{PATH}=600"], 512, 512, "derived", "600 was asked for; the model's context is 512"),
        ([f"{PATH}=512"], 512, 512, f"--set {PATH}=512", ""),
        ([f"{PATH}=8"], 512, 8, f"--set {PATH}=8", ""),
    ],
)
def test_the_length_limit(
    bench: Bench, overrides: list[str], context: int, expected: int, origin: str, *, reason: str
) -> None:
    notes = bench.notes(overrides)
    card = replace(CARD, context=context)
    assert passes.decide_length(bench.task(overrides), LENGTHS, card, notes) == expected
    assert told(notes, PATH) == (expected, origin, reason)


def test_length_statistics_are_of_the_rows_before_cutting() -> None:
    encoded = [EncodedExample(n, (1,) * n, (2,) * (n % 7 + 1)) for n in range(1, 101)]
    lengths = sorted(row.length for row in encoded)
    assert passes.length_plan(encoded, 90, cut=4, left_out=1, prefix=9) == LengthPlan(
        max_sequence_length=90,
        p50=lengths[49],
        p95=lengths[94],
        p99=lengths[98],
        longest=lengths[99],
        cut=4,
        left_out=1,
        shared_prefix=9,
        longest_completion=7,
    )


# --- adapter ---------------------------------------------------------------------------------------------------------


def adapter_plan(*, r: int, alpha: int, dropout: float, target_modules: tuple[str, ...]) -> AdapterPlan:
    """Return a plan in which nothing else is asked for."""
    return AdapterPlan(
        r=r,
        alpha=alpha,
        dropout=dropout,
        target_modules=target_modules,
        use_rslora=False,
        use_dora=False,
        bias="none",
        init="default",
        rank_pattern={},
        alpha_pattern={},
        modules_to_save=(),
        start=None,
    )


def test_an_adapter_left_open(bench: Bench) -> None:
    notes = bench.notes()
    modules = ("q_proj", "k_proj", "v_proj", "o_proj")
    expected = adapter_plan(r=8, alpha=16, dropout=0.05, target_modules=modules)
    assert passes.decide_adapter(bench.task(), CARD, None, notes) == expected
    assert told(notes, "adapter.r") == (8, "default", "")
    assert told(notes, "adapter.alpha") == (16, "derived", "twice the rank")
    assert told(notes, "adapter.target_modules") == (list(modules), "derived", "attention projections of llama")
    assert told(notes, "adapter.dropout") == (0.05, "default", "")
    assert told(notes, "adapter.use_rslora") == (False, "default", "")


@pytest.mark.parametrize("rank", [1, 16, 64])
def test_alpha_is_twice_the_rank(bench: Bench, rank: int) -> None:
    overrides = [f"adapter.r={rank}"]
    adapter = passes.decide_adapter(bench.task(overrides), CARD, None, bench.notes(overrides))
    assert adapter is not None
    assert adapter.alpha == 2 * rank


def test_an_adapter_as_asked(bench: Bench) -> None:
    override = (
        "adapter={r: 4, alpha: 3, dropout: 0, target_modules: [q_proj], use_rslora: true, use_dora: true, "
        "bias: all, init_lora_weights: gaussian, rank_pattern: {q_proj: 2}, alpha_pattern: {q_proj: 5}, "
        "modules_to_save: [lm_head]}"
    )
    notes = bench.notes([override])
    start = AdapterStart("/runs/before/adapter", "0" * 64)
    expected = AdapterPlan(
        r=4,
        alpha=3,
        dropout=0.0,
        target_modules=("q_proj",),
        use_rslora=True,
        use_dora=True,
        bias="all",
        init="gaussian",
        rank_pattern={"q_proj": 2},
        alpha_pattern={"q_proj": 5},
        modules_to_save=("lm_head",),
        start=start,
    )
    assert passes.decide_adapter(bench.task([override]), CARD, start, notes) == expected
    assert {each.origin for each in notes.decisions} == {f"--set {override}"}


@pytest.mark.parametrize(
    ("family", "modules"),
    [("gpt_neox", ("query_key_value", "dense")), ("gpt2", ("c_attn", "attn.c_proj")), ("phi3", ("qkv_proj", "o_proj"))],
)
def test_target_modules_bear_the_familys_names(bench: Bench, family: str, modules: tuple[str, ...]) -> None:
    notes = bench.notes()
    adapter = passes.decide_adapter(bench.task(), replace(CARD, model_type=family), None, notes)
    assert adapter is not None
    assert adapter.target_modules == modules
    assert told(notes, "adapter.target_modules")[2] == f"attention projections of {family}"


def test_an_unknown_family_gets_every_linear_layer_and_a_reason(bench: Bench) -> None:
    notes = bench.notes()
    adapter = passes.decide_adapter(bench.task(), replace(CARD, model_type="zebra"), None, notes)
    assert adapter is not None
    assert adapter.target_modules == "all-linear"
    reason = "the family zebra is not known here: every linear layer but the output head"
    assert told(notes, "adapter.target_modules") == ("all-linear", "derived", reason)


def test_all_linear_may_be_asked_for(bench: Bench) -> None:
    overrides = ["adapter.target_modules=all-linear"]
    notes = bench.notes(overrides)
    adapter = passes.decide_adapter(bench.task(overrides), CARD, None, notes)
    assert adapter is not None
    assert told(notes, "adapter.target_modules") == ("all-linear", f"--set {overrides[0]}", "")


def test_no_adapter_is_full_fine_tuning(bench: Bench) -> None:
    notes = bench.notes(["adapter=null"])
    assert passes.decide_adapter(bench.task(["adapter=null"]), CARD, None, notes) is None
    assert told(notes, "adapter") == (None, "--set adapter=null", "full fine-tuning: every weight is trained")


# --- optimizer, rate, selection --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("override", "expected"),
    [
        ("trainer.optimizer.type=adamw", OptimizerPlan("adamw", (0.9, 0.999), 1e-8, 0.0, 0.0)),
        ("trainer.optimizer.type=lion", OptimizerPlan("lion", (0.9, 0.99), 1e-8, 0.0, 0.0)),
        ("trainer.optimizer={type: lion_8bit, betas: [0.5, 0.6]}", OptimizerPlan("lion_8bit", (0.5, 0.6), 1e-8, 0, 0)),
        ("trainer.optimizer={type: sgd, momentum: 0.9}", OptimizerPlan("sgd", (0.9, 0.999), 1e-8, 0.0, 0.9)),
        ("trainer.optimizer={eps: 1e-6, weight_decay: 0.1}", OptimizerPlan("adamw", (0.9, 0.999), 1e-6, 0.1, 0.0)),
    ],
)
def test_an_optimizers_constants_are_its_papers_unless_they_are_said(
    bench: Bench, override: str, expected: OptimizerPlan
) -> None:
    assert passes.decide_optimizer(bench.task([override]), bench.notes([override])) == expected


def test_the_rate_is_multiplied(bench: Bench) -> None:
    overrides = ["trainer.learning_rate=1e-4", "trainer.learning_rate_multiplier=2.5"]
    assert passes.decide_learning_rate(bench.task(overrides), bench.notes(overrides)) == pytest.approx(
        2.5e-4, rel=1e-12
    )
    assert passes.decide_learning_rate(bench.task(), bench.notes()) == 0.0002


@pytest.mark.parametrize(
    ("overrides", "expected"),
    [
        ([], None),
        (["trainer.early_stop=3"], ("loss", 3)),
        (["trainer.save_best_by=accuracy"], ("accuracy", None)),
        (["trainer.save_best_by=loss", "trainer.early_stop=1"], ("loss", 1)),
    ],
)
def test_what_decides_the_adapter(bench: Bench, overrides: list[str], expected: tuple[str, int | None] | None) -> None:
    notes = bench.notes(overrides)
    plan = passes.decide_selection(bench.task(overrides), 7, notes)
    assert plan == (None if expected is None else SelectionPlan(*expected, 7, 200, 0))
    if overrides == ["trainer.early_stop=3"]:
        reason = "early_stop needs something to go by"
        assert told(notes, "trainer.save_best_by") == ("loss", "derived", reason)


@pytest.mark.parametrize(("rows", "size"), [(10, 1), (400, 1), (1000, 2), (5103, 10), (128_000, 256), (10**7, 256)])
def test_an_automatic_batch_is_a_five_hundredth_of_the_rows(bench: Bench, rows: int, size: int) -> None:
    overrides = ["trainer.batch_size=auto"]
    notes = bench.notes(overrides)
    assert passes.decide_batch_size(bench.task(overrides), rows, notes) == size
    assert told(notes, "trainer.batch_size") == (size, "derived", f"0.2% of {rows} training rows, from 1 to 256")


# --- steps -----------------------------------------------------------------------------------------------------------


def decide_steps(bench: Bench, rows: int, notes: Notes, *overrides: str) -> tuple[int, int]:
    task = bench.task(overrides)
    return passes.decide_steps(task, rows, passes.decide_batch_size(task, rows, notes), notes)


@pytest.mark.parametrize(
    ("overrides", "rows", "steps", "examples"),
    [
        ([], 100, 19, 300),  # 3 passes, batches of 16, the last of them with 12
        (["trainer.epochs=1"], 96, 6, 96),
        (["trainer.epochs=0.5"], 100, 4, 50),
        (["trainer.epochs=0.001"], 100, 1, 1),
        (["trainer.epochs=1.25", "trainer.batch_size=10"], 100, 13, 125),
        (["trainer.batch_size=1"], 7, 21, 21),
        (["trainer.batch_size=1000"], 7, 1, 21),
        (["trainer.train_steps=5"], 100, 5, 80),
        (["trainer.train_steps=100", "trainer.batch_size=3"], 7, 100, 300),
    ],
)
def test_batch_arithmetic(bench: Bench, overrides: list[str], rows: int, steps: int, *, examples: int) -> None:
    assert decide_steps(bench, rows, bench.notes(overrides), *overrides) == (steps, examples)


def test_three_epochs_are_the_default_and_steps_follow(bench: Bench) -> None:
    notes = bench.notes()
    decide_steps(bench, 100, notes)
    assert told(notes, "trainer.batch_size") == (16, "default", "examples in one update")
    assert told(notes, "trainer.epochs") == (3.0, "derived", "neither epochs nor train_steps given")
    assert told(notes, "trainer.train_steps") == (
        19,
        "derived",
        "3 passes over 100 training rows in batches of 16",
    )


def test_epochs_as_asked(bench: Bench) -> None:
    notes = bench.notes(["trainer.epochs=0.5"])
    decide_steps(bench, 100, notes, "trainer.epochs=0.5")
    assert told(notes, "trainer.epochs") == (0.5, "--set trainer.epochs=0.5", "")
    assert told(notes, "trainer.train_steps")[2] == "0.5 passes over 100 training rows in batches of 16"


def test_train_steps_as_asked_say_how_many_passes_they_are(bench: Bench) -> None:
    notes = bench.notes(["trainer.train_steps=5"])
    decide_steps(bench, 100, notes, "trainer.train_steps=5")
    assert told(notes, "trainer.train_steps") == (
        5,
        "--set trainer.train_steps=5",
        "0.80 passes over 100 training rows",
    )
    assert "trainer.epochs" not in [each.path for each in notes.decisions]


WARMUP = "trainer.learning_rate_scheduler.warmup_fraction"


@pytest.mark.parametrize(
    ("overrides", "steps", "expected", "share", "origin", "reason"),
    [
        ([], 160, 5, 0.03, "derived", "5 of 160 updates: 3%, at most 100 updates"),
        ([], 1, 0, 0.03, "derived", "0 of 1 updates: 3%, at most 100 updates"),
        ([], 10_000, 100, 0.01, "derived", "100 of 10000 updates: 3%, at most 100 updates"),
        ([f"{WARMUP}=0.1"], 160, 16, 0.1, f"--set {WARMUP}=0.1", "16 of 160 updates"),
        ([f"{WARMUP}=0"], 160, 0, 0.0, f"--set {WARMUP}=0", "0 of 160 updates"),
        ([f"{WARMUP}=0.5"], 10_000, 5000, 0.5, f"--set {WARMUP}=0.5", "5000 of 10000 updates"),
    ],
)
def test_warmup(
    bench: Bench, overrides: list[str], steps: int, expected: int, share: float, *, origin: str, reason: str
) -> None:
    notes = bench.notes(overrides)
    assert passes.decide_warmup(bench.task(overrides), steps, notes) == expected
    assert told(notes, WARMUP) == (share, origin, reason)


@pytest.mark.parametrize(
    ("overrides", "steps", "expected"),
    [
        ([], 160, (16, 16)),
        ([], 161, (17, 17)),
        ([], 3, (1, 1)),
        (["trainer.steps_per_evaluation=7"], 160, (7, 7)),
        (["trainer.steps_per_checkpoint=50"], 160, (16, 50)),
        (["trainer.steps_per_evaluation=7", "trainer.steps_per_checkpoint=50"], 160, (7, 50)),
    ],
)
def test_cadence(bench: Bench, overrides: list[str], steps: int, expected: tuple[int, int]) -> None:
    notes = bench.notes(overrides)
    assert passes.decide_cadence(bench.task(overrides), steps, notes) == expected
    asked = {override.partition("=")[0] for override in overrides}
    reasons = {
        "trainer.steps_per_evaluation": "a tenth of the run",
        "trainer.steps_per_checkpoint": "as the validation loss",
    }
    for (path, reason), value in zip(reasons.items(), expected, strict=True):
        origin = f"--set {path}={value}" if path in asked else "derived"
        assert told(notes, path) == (value, origin, "" if path in asked else reason)


# --- evaluation ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "metric"),
    [
        ("category", "accuracy"),
        ("text", "rouge"),
        ("number", "numeric_match"),
        ("json", "json_match"),
        ("sql", "sql_match"),
    ],
)
def test_metrics_left_open(bench: Bench, kind: str, metric: str) -> None:
    notes = bench.notes()
    assert [each.name for each in passes.decide_metrics(bench.task(), kind, notes, bench.place)] == [metric]
    assert told(notes, "evaluation.metrics") == ([metric], "derived", f"the output is {kind}")


def test_metrics_as_asked_keep_their_order(bench: Bench) -> None:
    override = "evaluation.metrics=[f1, accuracy]"
    notes = bench.notes([override])
    chosen = passes.decide_metrics(bench.task([override]), "category", notes, bench.place)
    assert [each.name for each in chosen] == ["f1", "accuracy"]
    assert told(notes, "evaluation.metrics")[1:] == (f"--set {override}", "")


@pytest.mark.parametrize(
    ("override", "kind", "codes"),
    [
        ("evaluation.metrics=[rouge]", "category", ["LF204"]),
        ("evaluation.metrics=[acuracy, f2]", "category", ["LF209", "LF209"]),
        ("evaluation.metrics=[confusion]", "category", ["LF210"]),
        ("evaluation={extract: label, baselines: [tfidf]}", "text", ["LF274", "LF275"]),
    ],
)
def test_what_does_not_fit_is_refused_whole_and_placed(
    bench: Bench, override: str, kind: str, codes: list[str]
) -> None:
    with pytest.raises(TaskError) as caught:
        passes.decide_metrics(bench.task([override]), kind, bench.notes([override]), bench.place)
    assert [problem.code for problem in caught.value.problems] == codes
    assert {problem.line for problem in caught.value.problems} == {1}


@pytest.mark.parametrize(("longest", "expected"), [(1, 2), (10, 11), (36, 40), (100, 110)])
def test_room_for_the_longest_answer_and_a_tenth(bench: Bench, longest: int, expected: int) -> None:
    notes = bench.notes()
    assert passes.decide_max_new_tokens(bench.task(), longest, notes) == expected
    reason = f"the longest training completion ({longest} tokens) plus 10%"
    assert told(notes, "generation.max_new_tokens") == (expected, "derived", reason)


def test_max_new_tokens_as_asked(bench: Bench) -> None:
    override = "generation.max_new_tokens=5"
    notes = bench.notes([override])
    assert passes.decide_max_new_tokens(bench.task([override]), 36, notes) == 5
    assert told(notes, "generation.max_new_tokens") == (5, f"--set {override}", "")


@pytest.mark.parametrize(("memory", "tokens", "expected"), [(24e9, 260, 96), (1e9, 2048, 2), (0, 1000, 41)])
def test_the_generation_batch(bench: Bench, memory: float, tokens: int, expected: int) -> None:
    notes = bench.notes()
    machine = replace(GPU, memory=int(memory))
    size = passes.decide_generation_batch(CARD, machine, prompt_tokens=tokens, max_new_tokens=40, notes=notes)
    assert size == expected
    reason = "keys and values within a quarter of the memory; more would not be faster on cuda"
    assert told(notes, "generation.batch_size") == (expected, "derived", reason)
