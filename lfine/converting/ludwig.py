"""A Ludwig LLM configuration as a task: unit arithmetic, names that mean something else, and keys read together.

    trainer: {train_steps: 40000, batch_size: 1, gradient_accumulation_steps: 16}      40,000 micro-batches of 1
    trainer: {train_steps: 2500, batch_size: 16, micro_batch_size: 1}                  2,500 updates of 16

*Not here:* what becomes of a single key (lfine.converting.ludwig_keys); the other direction (lfine.finetune.targets).
"""

from __future__ import annotations

import difflib
import math
from collections.abc import Mapping
from typing import Any

from lfine.converting.account import Conversion, Fate, Key, placed
from lfine.converting.ludwig_keys import MODEL_PRESETS, RULES, Rule, rule_of
from lfine.converting.ludwig_prompts import convert_output, convert_prompt
from lfine.converting.reading import flat

NOT_GIVEN_MAX_NEW_TOKENS = 32
DECAYS = {None: "constant", "linear": "linear", "cosine": "cosine", "inverse_sqrt": "inverse_sqrt", "wsd": "wsd"}
OPTIMIZERS = {
    "adam": "adamw",
    "adamw": "adamw",
    "sgd": "sgd",
    "adafactor": "adafactor",
    "lion": "lion",
    "adam_8bit": "adamw_8bit",
    "adamw_8bit": "adamw_8bit",
    "lion_8bit": "lion_8bit",
    "paged_adam": "paged_adamw",
    "paged_adamw": "paged_adamw",
    "paged_adam_8bit": "paged_adamw_8bit",
    "paged_adamw_8bit": "paged_adamw_8bit",
}
INITS = ("default", "gaussian", "orthogonal", "pissa", "olora", "eva")
UNSAID = {
    "trainer.epochs": "epochs: 100 passes in Ludwig, 3 here",
    "trainer.learning_rate": "learning_rate: 0.001 in Ludwig, 0.0002 here",
    "trainer.gradient_clipping.clipglobalnorm": "gradients: norm at most 0.5 in Ludwig, 1 here",
    "trainer.early_stop": "early_stop: after 5 evaluations in Ludwig, never here",
    "preprocessing.split.type": "split: random, 70/10/20, in Ludwig; by a column `split`, else by hash, 80/10/10 here",
}
"""What a configuration that does not say it would get there and gets here."""


class Converter:
    """One configuration on its way; `task` and `keys` fill as it is read."""

    def __init__(self, config: Mapping[str, Any]) -> None:
        self.given = flat(config)
        self.task: dict[str, Any] = {}
        self.keys: dict[str, Key] = {}
        self.notes: list[str] = []

    def says(self, path: str) -> Any:
        """Return the value of a key, None where it is not given."""
        return self.given.get(path)

    def account(self, path: str, fate: Fate, target: str = "", why: str = "") -> None:
        """Say what became of a key, if the file has it."""
        if path in self.given:
            self.keys[path] = Key(path, self.given[path], fate, target, why)

    def put(self, path: str, target: str, value: object, why: str = "") -> None:
        """Carry a key over as `value`."""
        placed(self.task, target, value)
        same = value == self.given.get(path) and type(value) is type(self.given.get(path))
        fate: Fate = "converted" if not same else "kept" if target == path else "moved"
        self.account(path, fate, target, why)


def convert_ludwig(config: Mapping[str, Any]) -> Conversion:
    """Return the task and the account of every key."""
    found = Converter(config)
    _base_model(found)
    convert_prompt(found)
    convert_output(found)
    _lengths(found)
    _split(found)
    _adapter(found)
    _quantization(found)
    _batch(found)
    _steps(found)
    _trainer(found)
    _generation(found)
    for path in found.given:
        if path not in found.keys:
            _alone(found, path)
    found.notes += [note for path, note in UNSAID.items() if path not in found.given and _matters(found, path)]
    return Conversion("Ludwig", found.task, tuple(found.keys[path] for path in found.given), tuple(found.notes))


def _matters(found: Converter, path: str) -> bool:
    return path != "trainer.epochs" or found.says("trainer.train_steps") is None


def _alone(found: Converter, path: str) -> None:
    """Carry over, or not, a key that needs no other."""
    rule = rule_of(path)
    if not isinstance(rule, Rule):
        near = difflib.get_close_matches(path, RULES, n=1, cutoff=0.85)
        hint = f"; did you mean `{near[0]}`?" if near else ""
        found.account(path, "left out", why=f"Ludwig 0.17 has no such key: it would have been ignored in silence{hint}")
    elif rule.fate == "left out":
        found.account(path, "left out", why=rule.why)
    elif found.given[path] is None:
        found.account(path, "left out", why="null is the default")
    else:
        value = found.given[path] if rule.convert is None else _converted(rule, found.given[path])
        found.put(path, rule.target or path, value, rule.why or _text_number(found.given[path], value))


def _converted(rule: Rule, value: object) -> object:
    try:
        return rule.convert(value) if rule.convert is not None else value
    except ValueError:
        return value  # no number: validation will say so at its place


def _text_number(before: object, after: object) -> str:
    return "Ludwig reads it as text" if isinstance(before, str) and isinstance(after, float) else ""


def _base_model(found: Converter) -> None:
    name = found.says("base_model")
    model = MODEL_PRESETS.get(name, name) if isinstance(name, str) else name
    trusted = found.says("trust_remote_code") is True
    found.put(
        "base_model", "base_model.id" if trusted else "base_model", model, "" if model == name else "a short name"
    )
    if not trusted:
        found.account("trust_remote_code", "left out", why="false is the default")


def _lengths(found: Converter) -> None:
    """One limit here, of prompt and completion; LoRA Land's template has it under `prompt`, where Ludwig ignores it."""
    own, misplaced = "preprocessing.global_max_sequence_length", "prompt.global_max_sequence_length"
    target = "preprocessing.max_sequence_length"
    if found.says(own) is not None:
        found.put(own, target, found.says(own))
        found.account(misplaced, "left out", why="Ludwig ignores it here; the one under `preprocessing` counts")
    elif found.says(misplaced) is not None:
        found.put(misplaced, target, found.says(misplaced), "Ludwig ignores it under `prompt`; meant is this")
    found.account(own, "left out", why="null is the default") if found.says(own) is None else None
    for side in ("input_features", "output_features"):
        why = "one limit for prompt and completion: preprocessing.max_sequence_length; answers are never cut"
        found.account(f"{side}.0.preprocessing.max_sequence_length", "left out", why=why)


def _split(found: Converter) -> None:
    kind = found.says("preprocessing.split.type")
    here = "preprocessing.split"
    if kind is not None:
        grouped = kind == "hash" and found.says(f"{here}.column") is not None
        why = "Ludwig hashes the column: rows with the same value stay on one side" if grouped else ""
        found.put(f"{here}.type", f"{here}.type", "group" if grouped else kind, why)
    if found.says(f"{here}.column") is not None:
        found.put(f"{here}.column", f"{here}.column", found.says(f"{here}.column"))
    if kind == "fixed":
        found.account(f"{here}.probabilities", "left out", why="the column decides")
    elif found.says(f"{here}.probabilities") is not None:
        found.put(f"{here}.probabilities", f"{here}.probabilities", found.says(f"{here}.probabilities"))
    elif kind is not None:
        placed(found.task, f"{here}.probabilities", [0.7, 0.1, 0.2])
        found.notes.append("split: probabilities 0.7, 0.1, 0.2 written out, Ludwig's default")


def _adapter(found: Converter) -> None:
    bare, kind = found.says("adapter"), found.says("adapter.type") or found.says("adapter")
    has = any(path == "adapter" or path.startswith("adapter.") for path in found.given)
    if kind is None and not any(path.startswith("adapter.") for path in found.given):
        placed(found.task, "adapter", None)
        found.account("adapter", "kept", "adapter", "full fine-tuning")
        if not has:
            found.notes.append("adapter: null written out: without the key Ludwig tunes all weights, lfine a LoRA")
        return
    if kind not in (None, "lora"):
        placed(found.task, "adapter.type", "lora")
        for path in (each for each in found.given if each == "adapter" or each.startswith("adapter.")):
            found.account(path, "left out", why=f"there is no adapter {kind!r}: LoRA with its defaults stands in")
        return
    found.put("adapter" if bare is not None else "adapter.type", "adapter.type", "lora")
    init = found.says("adapter.init_lora_weights")
    if init in INITS:
        found.put("adapter.init_lora_weights", "adapter.init_lora_weights", init)
    else:
        found.account("adapter.init_lora_weights", "left out", why=f"one of {', '.join(INITS)}")


def _quantization(found: Converter) -> None:
    if found.says("quantization.backend") == "torchao":
        for path in (each for each in found.given if each.startswith("quantization.")):
            found.account(path, "left out", why="torchao is not there: quantization.bits 4 or 8 with bitsandbytes")
        return
    if found.says("quantization.bits") is None and any(path.startswith("quantization.") for path in found.given):
        placed(found.task, "quantization.bits", 4)
        found.notes.append("quantization: bits 4 written out, Ludwig's default")
    found.account("quantization", "left out", why="null is the default")


def _whole(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else None


def _accumulation(found: Converter) -> int:
    """Return how many micro-batches make an update."""
    batch, effective = _whole(found.says("trainer.batch_size")), _whole(found.says("trainer.effective_batch_size"))
    given = _whole(found.says("trainer.gradient_accumulation_steps"))
    if given is None and effective is not None and batch is not None:
        return max(1, effective // batch)
    return given or 1


def _batch(found: Converter) -> None:
    accumulation, micro = _accumulation(found), _whole(found.says("trainer.batch_size")) or 1
    size = _whole(found.says("trainer.effective_batch_size")) or micro * accumulation
    why = f"{size} examples an update: {micro} × {accumulation}"
    if found.says("trainer.batch_size") == "auto":
        found.account("trainer.batch_size", "converted", "trainer.micro_batch_size", "memory decides it, by default")
        size = _whole(found.says("trainer.effective_batch_size")) or 0
        why = f"{size} examples an update"
    else:
        found.put("trainer.batch_size", "trainer.batch_size", size, why)
        if micro < size:
            placed(found.task, "trainer.micro_batch_size", micro)
    if size:
        placed(found.task, "trainer.batch_size", size)
    for name in ("gradient_accumulation_steps", "effective_batch_size"):
        found.account(f"trainer.{name}", "converted", "trainer.batch_size", why)
    if not any(f"trainer.{name}" in found.given for name in ("batch_size", "effective_batch_size")):
        found.notes.append(f"batch_size {size} written out: Ludwig's default is 1, times {accumulation}")
    found.account("trainer.max_batch_size", "left out", why="memory decides trainer.micro_batch_size")


def _steps(found: Converter) -> None:
    accumulation = _accumulation(found)
    steps, epochs = _whole(found.says("trainer.train_steps")), found.says("trainer.epochs")
    unit = f"updates: Ludwig counts micro-batches, {accumulation} an update"
    if steps is not None:
        updates = math.ceil(steps / accumulation)
        found.put("trainer.train_steps", "trainer.train_steps", updates, f"{updates:,} {unit}")
        found.account("trainer.epochs", "left out", why="train_steps counts, in Ludwig too")
    elif epochs is not None:
        found.put("trainer.epochs", "trainer.epochs", epochs)
    found.account("trainer.train_steps", "left out", why="null is the default") if steps is None else None
    every = _whole(found.says("trainer.steps_per_checkpoint"))
    if every is None:
        found.account("trainer.steps_per_checkpoint", "left out", why="0 and null are the default")
        return
    updates = math.ceil(every / accumulation)
    found.put("trainer.steps_per_checkpoint", "trainer.steps_per_checkpoint", updates, f"{updates:,} {unit}")
    placed(found.task, "trainer.steps_per_evaluation", updates)  # Ludwig evaluates at every checkpoint


def _trainer(found: Converter) -> None:
    kind = found.says("trainer.type")
    if kind == "finetune":
        found.put("trainer.type", "trainer.type", "finetune")
    else:
        why = "a task always trains; `lfine evaluate --base` scores without" if kind in (None, "none") else str(kind)
        found.account("trainer.type", "left out", why=why if kind in (None, "none") else f"{kind} is not there")
    _rate(found)
    stop = found.says("trainer.early_stop")
    if _whole(stop) is not None:
        found.put("trainer.early_stop", "trainer.early_stop", stop)
    else:
        found.account("trainer.early_stop", "left out", why="never, the default here")
    if found.says("trainer.validation_metric") in ("loss", "perplexity", "next_token_perplexity"):
        why = "the order of perplexities is that of losses" if found.says("trainer.validation_metric") != "loss" else ""
        found.put("trainer.validation_metric", "trainer.save_best_by", "loss", why)
    else:
        found.account("trainer.validation_metric", "left out", why="give trainer.save_best_by a value of the metrics")
    clipping = found.says("trainer.gradient_clipping")
    found.account("trainer.gradient_clipping", "left out", why="empty") if not clipping else None
    noise = found.says("model_parameters.neftune_noise_alpha")
    if noise:
        found.put("model_parameters.neftune_noise_alpha", "trainer.neftune_noise_alpha", noise)
    else:
        found.account("model_parameters.neftune_noise_alpha", "left out", why="0 is none, the default")


def _rate(found: Converter) -> None:
    rate, decay = found.says("trainer.learning_rate"), found.says("trainer.learning_rate_scheduler.decay")
    if rate == "auto":
        found.account("trainer.learning_rate", "left out", why="auto: lfine's default, 0.0002")
    elif rate is not None:
        try:
            value = float(rate) if isinstance(rate, str) else rate
        except ValueError:
            value = rate
        found.put("trainer.learning_rate", "trainer.learning_rate", value, _text_number(rate, value))
    here = "trainer.learning_rate_scheduler.decay"
    if here in found.given and decay not in DECAYS:
        found.account(here, "left out", why=f"one of {', '.join(DECAYS.values())}; cosine is the default")
    elif here in found.given or rate is not None:
        found.put(here, here, DECAYS[decay])  # not given, Ludwig's rate is constant
    kind = found.says("trainer.optimizer.type")
    if kind in OPTIMIZERS:
        why = "adam and adamw differ in weight decay only" if OPTIMIZERS[kind] != kind else ""
        found.put("trainer.optimizer.type", "trainer.optimizer.type", OPTIMIZERS[kind], why)
    elif kind is not None:
        found.account("trainer.optimizer.type", "left out", why="adamw, the default, stands in")


def _generation(found: Converter) -> None:
    tokens, greedy = found.says("generation.max_new_tokens"), found.says("generation.do_sample") is False
    decoder = "output_features.0.decoder.max_new_tokens"
    if _whole(tokens) is not None and tokens != NOT_GIVEN_MAX_NEW_TOKENS:
        found.put("generation.max_new_tokens", "generation.max_new_tokens", tokens)
    else:
        found.account("generation.max_new_tokens", "left out", why="32 means `not given` to Ludwig; auto here")
    found.account(decoder, "left out", why="Ludwig overwrites it with generation.max_new_tokens")
    if "generation.do_sample" in found.given:
        target = "generation.temperature"
        found.account("generation.do_sample", "converted", target, "0 is greedy" if greedy else "above 0 is drawn")
    for name in ("temperature", "top_k", "top_p"):
        value, path = found.says(f"generation.{name}"), f"generation.{name}"
        if greedy or value is None or (name == "top_k" and value == 0):
            found.account(path, "left out", why="not used by greedy answers" if greedy else "the default")
        else:
            found.put(path, path, value)
    if not greedy and "generation.temperature" not in found.given:
        found.notes.append(
            "generation: answers are greedy here; Ludwig draws them at temperature 0.1 unless told not to"
        )
