"""Low-rank adapters (LoRA, Hu et al. 2021) in peft's own form: added, saved, loaded, merged.

    model = add_adapter(base, AdapterPlan(r=8, alpha=16, target_modules=("q_proj", "v_proj"), …), seed=42, rows=rows)
    save_adapter(model, run / "adapter")          # adapter_config.json, adapter_model.safetensors
    model = load_adapter(base, run / "adapter")

*Not here:* first values (lfine.finetune.models.first_values), training (lfine.finetune.train), which modules are
targets (lfine.finetune.catalogue.families).
"""

from __future__ import annotations

import copy
import errno
import json
import math
import shutil
import tempfile
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Literal, cast

import peft
import torch
from peft.tuners.lora import LoraLayer
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from lfine.finetune.catalogue.weights import read_header
from lfine.finetune.compile.lengths import EncodedExample
from lfine.finetune.compile.plan import AdapterPlan
from lfine.finetune.models.adapter_names import unfitting
from lfine.finetune.models.converting import first_line
from lfine.finetune.models.first_values import ADAPTER, INITIAL, OF_THE_WEIGHT, layers_of, set_first_values
from lfine.schemas.errors import MachineError, RunError, TaskError
from lfine.schemas.problems import Problem
from lfine.schemas.records import sync

NAMES = (ADAPTER, INITIAL)
CONFIG, WEIGHTS = "adapter_config.json", "adapter_model.safetensors"
SETS = ("target_modules", "exclude_modules")
"""Keys of the configuration that peft holds as sets, in no order."""
BASE_COPY = ".base_layer.weight"
"""End of the name under which peft saves an adapted embedding of the base model beside the adapter."""


def add_adapter(
    model: nn.Module, adapter: AdapterPlan, *, seed: int, rows: Sequence[EncodedExample] = ()
) -> peft.PeftModel:
    """Put the plan's adapter into `model`: weights in fp32, first values by `seed`, the start's or those of `rows`.

    Raises TaskError LF104 where names of the task fit no layer, RunError LF503 for a start that is another adapter.
    """
    try:
        with undisturbed():
            adapted = peft.get_peft_model(model, lora_config(adapter))
            if adapter.init in OF_THE_WEIGHT:
                add_initial(adapted)
    except ValueError as error:
        message = f"adapter.target_modules does not fit the base model: {first_line(error)}"
        cure = "name linear layers of the model, or write all-linear"
        raise TaskError(Problem("LF104", message, cure, path="adapter.target_modules")) from error
    problems = unfitting(adapted, adapter)
    if problems:
        raise TaskError(*problems)
    with undisturbed():
        if adapter.start is None:
            set_first_values(adapted, adapter.init, seed=seed, rows=rows)
        else:
            take_weights(adapted, Path(adapter.start.folder))
    return adapted


def lora_config(adapter: AdapterPlan) -> peft.LoraConfig:
    """Return peft's configuration; the first values are set by ours, so a saved adapter says nothing of them."""
    targets = adapter.target_modules
    return peft.LoraConfig(
        task_type="CAUSAL_LM",
        r=adapter.r,
        lora_alpha=adapter.alpha,
        lora_dropout=adapter.dropout,
        target_modules=targets if isinstance(targets, str) else list(targets),
        use_rslora=adapter.use_rslora,
        use_dora=adapter.use_dora,
        bias=cast("Literal['none', 'all', 'lora_only']", adapter.bias),
        rank_pattern=dict(adapter.rank_pattern),
        alpha_pattern=dict(adapter.alpha_pattern),
        modules_to_save=list(adapter.modules_to_save) or None,
    )


def add_initial(adapted: peft.PeftModel) -> None:
    """Put the frozen adapter beside the one that is trained: same shape, no dropout, always in effect."""
    config = copy.deepcopy(adapted.peft_config[ADAPTER])
    config.lora_dropout, config.bias, config.modules_to_save = 0.0, "none", None
    adapted.add_adapter(INITIAL, config)
    for _, layer in layers_of(adapted):
        layer.set_adapter([ADAPTER, INITIAL])
    for name, weight in adapted.named_parameters():
        if f".{INITIAL}." in name:
            weight.requires_grad_(requires_grad=False)


def take_weights(adapted: peft.PeftModel, folder: Path) -> None:
    """Copy a saved adapter's weights into the new one; RunError LF503 unless names and shapes are the same."""
    try:
        stored = load_file(folder / WEIGHTS)
    except (OSError, SafetensorError) as error:
        raise unreadable(folder, first_line(error)) from error
    expected = {name: value.shape for name, value in own_weights(adapted).items()}
    found = {name: value.shape for name, value in stored.items()}
    if found != expected:
        odd = min(set(found.items()) ^ set(expected.items()))
        raise unreadable(folder, f"training cannot go on from it: {odd[0]} {list(odd[1])} is on one side only")
    peft.set_peft_model_state_dict(adapted, stored)


@contextmanager
def undisturbed() -> Iterator[None]:
    """Keep the global random state; silence peft about names that transformers will drop and about tied layers.

    An adapter that trains a tied layer whole has a copy of its own, and loads as it was saved.
    """
    with torch.random.fork_rng(), warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        warnings.filterwarnings("ignore", message=".*tie_word_embeddings.*")
        yield


def trainable_parameters(model: nn.Module) -> list[nn.Parameter]:
    """Return what an optimizer is given, in the model's order."""
    return [parameter for parameter in model.parameters() if parameter.requires_grad]


def save_adapter(model: nn.Module, folder: Path, weights: dict[str, Tensor] | None = None) -> None:
    """Save an adapter, or a whole model without one, at `folder`: whole or not at all; raises MachineError LF405.

    `weights` are the model's where it holds a share of them only.
    """
    part: Path | None = None
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        part = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
        write(model, part, weights)
        for path in (*part.iterdir(), part):
            sync(path)
        put(part, folder)
        sync(folder.parent)
    except (OSError, SafetensorError) as error:
        raise MachineError(unwritable(folder, error)) from error
    finally:
        if part is not None:
            shutil.rmtree(part, ignore_errors=True)


def write(model: nn.Module, folder: Path, weights: dict[str, Tensor] | None = None) -> None:
    """Call the library's own writer, and leave out the page of headings that peft puts beside the weights."""
    if isinstance(model, peft.PeftModel):
        if INITIAL in model.peft_config:
            write_difference(model, folder)
        else:
            model.save_pretrained(folder, save_embedding_layers=False)
        (folder / "README.md").unlink(missing_ok=True)
        put_in_order(folder / CONFIG)
    else:
        save = getattr(model, "save_pretrained")  # noqa: B009 -- every model of transformers has it, nn.Module has not
        save(folder, state_dict=weights)
    folder.chmod(0o755)  # mkdtemp and safetensors write for their owner's eyes only
    for path in folder.iterdir():
        path.chmod(0o644)


def put_in_order(config: Path) -> None:
    """Sort what peft keeps as a set: two processes write the same adapter with the same bytes."""
    record = json.loads(config.read_text(encoding="utf-8"))
    for key in SETS:
        if isinstance(record.get(key), list):
            record[key] = sorted(record[key])
    config.write_text(json.dumps(record, indent=2, sort_keys=True), encoding="utf-8")


def write_difference(model: peft.PeftModel, folder: Path) -> None:
    """Write what training added to the first values as an ordinary adapter of twice the rank, for the base as it is.

    B A - B0 A0 = [B | -B0] [A ; A0]; twice the rank and alpha are the same scale, with rslora but for a root of 2.
    """
    both = [peft.get_peft_model_state_dict(model, adapter_name=name, save_embedding_layers=False) for name in NAMES]
    trained, first = both
    config = copy.deepcopy(model.peft_config[ADAPTER])
    config.r, config.lora_alpha, config.inference_mode = 2 * config.r, 2 * config.lora_alpha, True
    config.rank_pattern = {name: 2 * rank for name, rank in config.rank_pattern.items()}
    config.alpha_pattern = {name: 2 * alpha for name, alpha in config.alpha_pattern.items()}
    for name, value in first.items():
        if ".lora_A." in name:
            trained[name] = torch.cat([trained[name], value])  # (2r, in)
        else:
            joined = torch.cat([trained[name], value], 1)  # (out, 2r)
            trained[name] = joined / math.sqrt(2) if config.use_rslora else joined
    tensors = {name: value.contiguous() for name, value in trained.items()}
    save_file(tensors, folder / WEIGHTS, metadata={"format": "pt"})
    config.save_pretrained(str(folder))


def put(part: Path, folder: Path) -> None:
    """Rename a finished folder to its name, an older one of that name out of the way first."""
    if folder.exists():
        aside = Path(tempfile.mkdtemp(prefix=f".{folder.name}-old-", dir=folder.parent))
        folder.rename(aside / folder.name)
        part.rename(folder)
        shutil.rmtree(aside, ignore_errors=True)
    else:
        part.rename(folder)


def unwritable(folder: Path, error: Exception) -> Problem:
    full = getattr(error, "errno", None) == errno.ENOSPC or "No space left" in str(error)
    reason = "the disk is full" if full else first_line(error)
    return Problem("LF405", f"{str(folder)!r} could not be written: {reason}", "make room, then train with --resume")


def load_adapter(model: nn.Module, folder: Path) -> peft.PeftModel:
    """Put a saved adapter onto its base model, frozen; raises RunError LF503 with what was found."""
    for name in (CONFIG, WEIGHTS):
        if not (folder / name).is_file():
            raise unreadable(folder, f"it has no {name}")
    try:
        header = read_header(folder / WEIGHTS)
        stored = {each.name: each.shape for each in header if not each.name.endswith(BASE_COPY)}
        with undisturbed():
            adapted = peft.PeftModel.from_pretrained(model, str(folder))
    except MachineError as error:
        raise unreadable(folder, error.problems[0].message) from error
    except (OSError, ValueError, KeyError, TypeError, RuntimeError, SafetensorError) as error:
        raise unreadable(folder, first_line(error)) from error
    expected = {name: tuple(value.shape) for name, value in own_weights(adapted).items()}
    if stored != expected:
        odd = min(set(stored.items()) ^ set(expected.items()))
        raise unreadable(folder, f"its weights are not those of this base model ({odd[0]} {list(odd[1])})")
    return adapted.eval()


def own_weights(adapted: peft.PeftModel) -> dict[str, Tensor]:
    """Return what an adapter has by itself, without the base's own embedding or head where these are adapted."""
    found: dict[str, Tensor] = peft.get_peft_model_state_dict(adapted, save_embedding_layers=False)
    return found


def unreadable(folder: Path, reason: str) -> RunError:
    message = f"the adapter {str(folder)!r} cannot be loaded onto the base model: {reason}"
    return RunError(Problem("LF503", message, "name another adapter or run, or train again"))


def mergeable(model: nn.Module) -> bool:
    """Say whether the adapter can be added to the weights: not where these are stored in 4 or 8 bits."""
    layers = [layer for layer in model.modules() if isinstance(layer, LoraLayer)]
    return bool(layers) and all(layer.get_base_layer().weight.is_floating_point() for layer in layers)


@contextmanager
def merged(model: peft.PeftModel) -> Iterator[nn.Module]:
    """Yield the base model with the adapter added to its weights; afterwards they are the old ones, bit for bit.

    peft can subtract an adapter again, but not exactly in bf16: the old weights are kept meanwhile (of the target
    modules only). Raises ValueError where `mergeable` says no.
    """
    if not mergeable(model):
        raise ValueError("an adapter cannot be merged into quantized weights")
    layers = [layer for layer in model.modules() if isinstance(layer, LoraLayer)]
    kept: list[Tensor] = [layer.get_base_layer().weight.detach().clone() for layer in layers]
    model.merge_adapter()
    try:
        yield model.get_base_model()
    finally:
        model.unmerge_adapter()
        with torch.no_grad():
            for layer, weight in zip(layers, kept, strict=True):
                layer.get_base_layer().weight.copy_(weight)
