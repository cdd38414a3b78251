"""Low-rank adapters (LoRA, Hu et al. 2021) in peft's own form: added, saved, loaded, merged.

    model = add_adapter(base, r=8, alpha=16, dropout=0.05, target_modules=("q_proj", "v_proj"), use_rslora=False, …)
    save_adapter(model, run / "adapter")          # adapter_config.json, adapter_model.safetensors
    model = load_adapter(base, run / "adapter")

*Not here:* training (lfine.finetune.train), which modules are targets (lfine.finetune.catalogue.families).
"""

from __future__ import annotations

import errno
import math
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import peft
import torch
from peft.tuners.lora import LoraLayer
from safetensors import SafetensorError
from torch import Tensor, nn

from lfine.finetune.catalogue.weights import read_header
from lfine.finetune.models.converting import first_line
from lfine.schemas.errors import MachineError, RunError, TaskError
from lfine.schemas.problems import Problem

CONFIG, WEIGHTS = "adapter_config.json", "adapter_model.safetensors"


def add_adapter(
    model: nn.Module,
    *,
    r: int,
    alpha: int,
    dropout: float,
    target_modules: tuple[str, ...] | str,
    use_rslora: bool,
    seed: int,
) -> peft.PeftModel:
    """Put a new adapter into `model`; its weights are fp32 and depend on `seed` alone, not on the device."""
    config = peft.LoraConfig(
        task_type="CAUSAL_LM",
        r=r,
        lora_alpha=alpha,
        lora_dropout=dropout,
        target_modules=target_modules if isinstance(target_modules, str) else list(target_modules),
        use_rslora=use_rslora,
        bias="none",
    )
    try:
        with undisturbed():
            adapted = peft.get_peft_model(model, config)
    except ValueError as error:
        message = f"adapter.target_modules does not fit the base model: {first_line(error)}"
        cure = "name linear layers of the model, or write all-linear"
        raise TaskError(Problem("LF104", message, cure, path="adapter.target_modules")) from error
    draw_weights(adapted, seed)
    return adapted


@contextmanager
def undisturbed() -> Iterator[None]:
    """Keep the global random state, and peft's warnings about names that transformers will drop one day."""
    with torch.random.fork_rng(), warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        yield


def draw_weights(model: nn.Module, seed: int) -> None:
    """Draw every A anew as peft does (Kaiming uniform, bound 1/sqrt(in)), on the CPU; B stays zero."""
    generator = torch.Generator().manual_seed(seed)
    layers = {name: layer for name, layer in model.named_modules() if isinstance(layer, LoraLayer)}
    for name in sorted(layers):
        for half in layers[name].lora_A.values():
            drawn = torch.empty(half.weight.shape, dtype=torch.float32)
            nn.init.kaiming_uniform_(drawn, a=math.sqrt(5), generator=generator)
            with torch.no_grad():
                half.weight.copy_(drawn)


def trainable_parameters(model: nn.Module) -> list[nn.Parameter]:
    """Return what an optimizer is given, in the model's order."""
    return [parameter for parameter in model.parameters() if parameter.requires_grad]


def save_adapter(model: nn.Module, folder: Path) -> None:
    """Save an adapter, or a whole model without one, at `folder`: whole or not at all; raises MachineError LF405."""
    part: Path | None = None
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        part = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
        write(model, part)
        put(part, folder)
    except (OSError, SafetensorError) as error:
        raise MachineError(unwritable(folder, error)) from error
    finally:
        if part is not None:
            shutil.rmtree(part, ignore_errors=True)


def write(model: nn.Module, folder: Path) -> None:
    """Call the library's own writer, and leave out the page of headings that peft puts beside the weights."""
    if isinstance(model, peft.PeftModel):
        model.save_pretrained(folder, save_embedding_layers=False)
        (folder / "README.md").unlink(missing_ok=True)
    else:
        save = getattr(model, "save_pretrained")  # noqa: B009 -- every model of transformers has it, nn.Module has not
        save(folder)
    folder.chmod(0o755)  # mkdtemp and safetensors write for their owner's eyes only
    for path in folder.iterdir():
        path.chmod(0o644)


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
        stored = {tensor.name: tensor.shape for tensor in read_header(folder / WEIGHTS)}
        with undisturbed():
            adapted = peft.PeftModel.from_pretrained(model, str(folder))
    except MachineError as error:
        raise unreadable(folder, error.problems[0].message) from error
    except (OSError, ValueError, KeyError, TypeError, RuntimeError, SafetensorError) as error:
        raise unreadable(folder, first_line(error)) from error
    expected = {name: tuple(value.shape) for name, value in peft.get_peft_model_state_dict(adapted).items()}
    if stored != expected:
        odd = min(set(stored.items()) ^ set(expected.items()))
        raise unreadable(folder, f"its weights are not those of this base model ({odd[0]} {list(odd[1])})")
    return adapted.eval()


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
