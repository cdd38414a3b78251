"""Checks of `adapter` and `quantization`.

    adapter: null with quantization: {bits: 4}             →  LF205, quantized weights cannot be trained
    r: 64 with alpha: 8                                    →  LF246, a scale of 0.125
    target_modules: [q_proj] with rank_pattern: {v_proj: 4}  →  LF245, nothing is adapted there

*Not here:* which layers a model has (lfine.finetune.compile.headers).
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator

from lfine.schemas.document import dotted
from lfine.schemas.sense.checks import Check, Found
from lfine.schemas.sense.view import View

FOUR_BIT = ("bnb_4bit_quant_type", "bnb_4bit_use_double_quant", "bnb_4bit_compute_dtype")
LEAST_SCALE, MOST_SCALE = 0.2, 8.0
"""Published recipes lie between: QLoRA's 16/64 = 0.25, and 2r to 4r over r; beyond them is rarely meant."""
MOST_DROPOUT = 0.5


def quantization_without_adapter(view: View) -> Iterator[Found]:
    if view.number("quantization.bits") and view.nulled("adapter"):
        message = "quantized weights cannot be trained, and adapter is null"
        yield Found("quantization", message, "remove `adapter: null`, or write `quantization: null`")


def four_bit_key_ignored(view: View) -> Iterator[Found]:
    bits = view.number("quantization.bits")
    if bits == 4:
        return
    for name in FOUR_BIT:
        if view.given(f"quantization.{name}"):
            message = f"quantization.{name} is not looked at where bits is {'null' if bits is None else f'{bits:g}'}"
            yield Found(f"quantization.{name}", message, f"remove `{name}`, or write `bits: 4`")


def odd_rank_of_halves(view: View) -> Iterator[Found]:
    if view.text("adapter.init_lora_weights") != "orthogonal":
        return
    ranks = {"adapter.r": view.value("adapter.r")}
    for name, rank in view.mapping("adapter.rank_pattern").items():
        ranks[dotted(("adapter", "rank_pattern", name))] = rank
    for path, rank in ranks.items():
        if isinstance(rank, int) and rank % 2:
            message = f"init_lora_weights is orthogonal, which takes two halves of each rank, and a rank is {rank}"
            yield Found(path, message, f"write an even rank, for instance {rank + 1}")


def dora_of_singular_vectors(view: View) -> Iterator[Found]:
    init = view.text("adapter.init_lora_weights")
    if init in ("pissa", "olora") and view.value("adapter.use_dora") is True:
        message = f"init_lora_weights is {init}, and use_dora is true: the adapter would not fit the base model"
        yield Found("adapter.use_dora", message, "keep one of them")


def whole_modules_saved(view: View) -> Iterator[Found]:
    modules = view.texts("adapter.modules_to_save")
    if modules:
        message = f"adapter.modules_to_save trains and saves {', '.join(modules)} whole"
        cure = "leave it out where the adapter is to be served beside others; `target_modules` can adapt these layers"
        yield Found("adapter.modules_to_save", message, cure)


def trained_biases(view: View) -> Iterator[Found]:
    bias = view.text("adapter.bias")
    if bias in ("all", "lora_only"):
        message = f"adapter.bias is {bias}: biases of the base model are trained and saved too"
        yield Found("adapter.bias", message, "leave it out where the adapter is to be served beside others")


def pattern_without_module(view: View) -> Iterator[Found]:
    targets = view.texts("adapter.target_modules")
    for key in ("rank_pattern", "alpha_pattern"):
        for name in view.mapping(f"adapter.{key}") if targets else ():
            if not _adapted(name, targets):
                message = f"adapter.{key} names {name!r}, which is in none of the target_modules"
                cure = f"add it to `target_modules`, or use one of {', '.join(f'`{target}`' for target in targets)}"
                yield Found(dotted(("adapter", key, name)), message, cure)


def _adapted(name: str, targets: list[str]) -> bool:
    """Tell whether a layer's name may be that of an adapted one; a regular expression is not judged."""
    plain = name.strip("^$").removeprefix(r".*\.").replace(r"\.", ".")
    if re.fullmatch(r"[\w.]+", plain) is None:
        return True
    return any(f".{plain}".endswith(f".{target}") or f".{target}".endswith(f".{plain}") for target in targets)


def unusual_scale(view: View) -> Iterator[Found]:
    rank, alpha = view.number("adapter.r"), view.number("adapter.alpha")
    if rank is None or alpha is None or rank < 1:
        return
    stabilized = view.value("adapter.use_rslora") is True
    scale = alpha / (math.sqrt(rank) if stabilized else rank)
    if not LEAST_SCALE <= scale <= MOST_SCALE:
        form = "alpha/sqrt(r)" if stabilized else "alpha/r"
        message = f"the update is scaled by {form} = {scale:.3g}, and from {LEAST_SCALE} to {MOST_SCALE:g} is usual"
        yield Found("adapter.alpha", message, f"write `alpha: {2 * rank:g}`, or leave it out: twice the rank")


def high_dropout(view: View) -> Iterator[Found]:
    dropout = view.number("adapter.dropout")
    if dropout is not None and dropout > MOST_DROPOUT:
        message = f"adapter.dropout is {dropout:g}: most of the adapter's inputs are dropped"
        yield Found("adapter.dropout", message, "write for instance `dropout: 0.05`")


def init_ignored(view: View) -> Iterator[Found]:
    if view.given("adapter.from") and view.text("adapter.init_lora_weights") != "default":
        message = "adapter.init_lora_weights is not looked at where adapter.from gives the weights"
        yield Found("adapter.init_lora_weights", message, "remove `init_lora_weights`, or `from`")


def module_twice(view: View) -> Iterator[Found]:
    whole = view.texts("adapter.modules_to_save")
    for name in view.texts("adapter.target_modules"):
        if name in whole:
            message = f"{name!r} is in adapter.target_modules and in adapter.modules_to_save"
            yield Found("adapter.modules_to_save", message, "keep it in one of them")


CHECKS = (
    Check("LF205", quantization_without_adapter),
    Check("LF243", whole_modules_saved, severity="warning"),
    Check("LF244", trained_biases, severity="warning"),
    Check("LF245", pattern_without_module),
    Check("LF246", unusual_scale, severity="warning"),
    Check("LF247", high_dropout, severity="warning"),
    Check("LF248", init_ignored),
    Check("LF249", module_twice),
    Check("LF282", four_bit_key_ignored),
    Check("LF292", odd_rank_of_halves),
    Check("LF292", dora_of_singular_vectors),
)
