"""Checks of `trainer`: how long, how often, chosen by what, and with which optimizer.

    epochs: 3 with train_steps: 100         →  LF206, one of them would be ignored
    early_stop: 3 without validation rows   →  LF254, nothing to decide by
    optimizer: {type: adamw, momentum: 0.9} →  LF258, AdamW has none

*Not here:* what depends on the number of rows (lfine.finetune.compile.passes).
"""

from __future__ import annotations

from collections.abc import Iterator

from lfine.schemas.sense.checks import Check, Found
from lfine.schemas.sense.preprocessing import shares
from lfine.schemas.sense.view import View

LONG_WARMUP = 0.5
MANY_EPOCHS = 100
USUAL_EVALUATIONS = 10
"""Of a run that does not say how often: one after each tenth."""
CONSTANTS = {
    "betas": ("adamw", "lion", "adamw_8bit", "lion_8bit", "paged_adamw", "paged_adamw_8bit"),
    "eps": ("adamw", "adamw_8bit", "paged_adamw", "paged_adamw_8bit"),
    "momentum": ("sgd",),
}
"""Constant → the optimizers that have it."""
_RATE = "trainer.learning_rate"


def two_lengths(view: View) -> Iterator[Found]:
    if view.given("trainer.epochs") and view.given("trainer.train_steps"):
        message = "trainer.epochs and trainer.train_steps both say when to stop"
        cure = "keep one of them: null takes the other away (--set trainer.epochs=null)"
        yield Found("trainer.train_steps", message, cure)


def many_epochs(view: View) -> Iterator[Found]:
    epochs = view.number("trainer.epochs")
    if epochs is not None and epochs > MANY_EPOCHS:
        message = f"trainer.epochs is {epochs:g}: so many passes over the training rows"
        yield Found("trainer.epochs", message, f"write for instance `epochs: 3`, or `train_steps: {epochs:g}`")


def long_warmup(view: View) -> Iterator[Found]:
    path = "trainer.learning_rate_scheduler.warmup_fraction"
    share = view.number(path)
    if share is not None and share > LONG_WARMUP:
        message = f"the learning rate rises over {share:.0%} of the updates"
        yield Found(path, message, "write for instance `warmup_fraction: 0.03`; it is a share, not a number of updates")


def micro_batch_above_batch(view: View) -> Iterator[Found]:
    batch, micro = view.number("trainer.batch_size"), view.number("trainer.micro_batch_size")
    if batch is not None and micro is not None and micro > batch:
        message = f"trainer.micro_batch_size is {micro:g}, and an update has {batch:g} examples"
        yield Found("trainer.micro_batch_size", message, "write `micro_batch_size: auto`, or raise `batch_size`")


def interval_beyond_run(view: View) -> Iterator[Found]:
    steps = view.number("trainer.train_steps")
    for name, what in (("steps_per_evaluation", "evaluation"), ("steps_per_checkpoint", "checkpoint")):
        interval = view.number(f"trainer.{name}")
        if steps is not None and interval is not None and interval > steps:
            message = f"the first {what} would come after {interval:g} updates, and the run has {steps:g}"
            yield Found(f"trainer.{name}", message, f"lower `{name}`, or leave it out: ten in a run")


def _decided_by_validation(view: View) -> str | None:
    """Return the key that needs validation rows, None where none does."""
    keys = [key for key in ("early_stop", "save_best_by") if view.given(f"trainer.{key}")]
    sample = ["evaluation_sample"] if (view.number("trainer.evaluation_sample") or 0) > 0 else []
    return next(iter([*keys, *sample]), None)


def no_validation_rows(view: View) -> Iterator[Found]:
    key = _decided_by_validation(view)
    if key is None:
        return
    divided = shares(view)
    files = view.given("dataset.train") and not view.given("dataset.validation")
    if files or (divided and divided[1] == 0):
        why = "dataset.validation is not given" if files else "preprocessing.split gives validation a share of 0"
        cure = "add `dataset.validation`" if files else "give validation a share"
        yield Found(f"trainer.{key}", f"trainer.{key} needs validation rows, and {why}", f"{cure}, or remove `{key}`")


def stop_that_never_comes(view: View) -> Iterator[Found]:
    patience, steps = view.number("trainer.early_stop"), view.number("trainer.train_steps")
    interval = view.number("trainer.steps_per_evaluation")
    if patience is None or (interval is not None and steps is None):
        return
    evaluations = USUAL_EVALUATIONS if interval is None or steps is None else steps // max(interval, 1)
    if patience >= evaluations:
        message = f"trainer.early_stop waits for {patience:g} evaluations without a better one, of {evaluations:g}"
        yield Found("trainer.early_stop", message, "lower it, or lower `steps_per_evaluation`")


def optimizer_constant_ignored(view: View) -> Iterator[Found]:
    kind = view.text("trainer.optimizer.type")
    for name, takers in CONSTANTS.items():
        if kind is not None and kind not in takers and view.given(f"trainer.optimizer.{name}"):
            message = f"the optimizer {kind} has no {name}"
            cure = f"remove `{name}`, or write `type: {takers[0]}`"
            yield Found(f"trainer.optimizer.{name}", message, cure)


def unusual_learning_rate(view: View) -> Iterator[Found]:
    rate, factor = view.number(_RATE), view.number("trainer.learning_rate_multiplier")
    if rate is None or factor is None or rate <= 0:
        return
    low, high, example = usual_rates(view)
    if not low <= rate * factor <= high:
        kind = view.text("trainer.optimizer.type")
        what = "full fine-tuning" if view.nulled("adapter") else "an adapter"
        message = f"a learning rate of {rate * factor:g} for {what} with {kind}: from {low:g} to {high:g} is usual"
        yield Found(_RATE, message, f"write for instance `learning_rate: {example}`")


def usual_rates(view: View) -> tuple[float, float, str]:
    """Return the lowest and the highest rate that is nothing unusual, and one between."""
    kind, full = view.text("trainer.optimizer.type") or "", view.nulled("adapter")
    if kind == "sgd":
        return (1e-5, 1.0, "0.001") if full else (1e-3, 10.0, "0.1")
    if "lion" in kind:
        return (1e-8, 3e-4, "3e-6") if full else (1e-7, 3e-3, "3e-5")
    return (1e-7, 1e-3, "2e-5") if full else (1e-6, 1e-2, "2e-4")


def paging_without_gpu(view: View) -> Iterator[Found]:
    kind, device = view.text("trainer.optimizer.type") or "", view.text("trainer.device")
    if kind.startswith("paged") and device in ("cpu", "mps"):
        message = f"the optimizer is {kind}, and trainer.device is {device}: there is nothing to page"
        yield Found("trainer.optimizer.type", message, f"write `type: {kind.removeprefix('paged_')}`")


def float16_training(view: View) -> Iterator[Found]:
    if view.text("trainer.dtype") == "float16":
        message = "trainer.dtype is float16, in which small gradients become 0"
        yield Found("trainer.dtype", message, "write `dtype: auto`: bfloat16 where the device has it, else float32")


CHECKS = (
    Check("LF206", two_lengths),
    Check("LF251", long_warmup, severity="warning"),
    Check("LF252", micro_batch_above_batch, severity="warning"),
    Check("LF253", interval_beyond_run, severity="warning"),
    Check("LF254", no_validation_rows),
    Check("LF257", stop_that_never_comes, severity="warning"),
    Check("LF258", optimizer_constant_ignored),
    Check("LF259", unusual_learning_rate, severity="warning"),
    Check("LF260", paging_without_gpu, severity="warning"),
    Check("LF261", float16_training),
    Check("LF262", many_epochs, severity="warning"),
)
