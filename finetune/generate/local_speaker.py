"""The model that answers: loaded once, with its adapter on or off.

    speaker = Speaker(training, base_folder)
    with speaker.speaking(run / "adapter") as model: ...     # the tuned model
    with speaker.speaking(None) as model: ...                # the same weights, the adapter switched off
    with speaker.speaking(run / "adapter", merge=True) as model: ...     # the adapter in the weights, for as long

*Not here:* asking it (local_answers.py), loading (lfine.finetune.models).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import cast

from peft import PeftModel
from torch import nn
from transformers import PreTrainedModel

from lfine.finetune.compile.machine import this_machine
from lfine.finetune.compile.plan import TrainingPlan
from lfine.finetune.models.adapters import load_adapter, merged
from lfine.finetune.models.keeping import Loader
from lfine.finetune.models.loading import load_base


class Speaker:
    """The model of one evaluation: loaded at the first question, kept for the baselines that it answers too."""

    def __init__(self, training: TrainingPlan, base: Path, load: Loader | None = None) -> None:
        """`base` is the folder of the base model; `load` takes the place of load_base, to keep it for another task."""
        self._training = training
        self._base = base
        self._loader = load
        self._model: nn.Module | None = None
        self._adapter: Path | None = None

    @contextmanager
    def speaking(self, adapter: Path | None, *, merge: bool = False) -> Iterator[PreTrainedModel]:
        """Yield the model with an adapter (or the weights of a full fine-tuning), None: the base model.

        Weights that are here are used again: an adapter is put on the base, or switched off for as long as the context.
        With `merge` it is added to the weights meanwhile (see merges in lfine.finetune.compile.generating); afterwards
        they are what they were, bit for bit.
        """
        model = self._model
        if adapter is None and self._adapter is not None and isinstance(model, PeftModel) and _comes_off(model):
            with model.disable_adapter():
                yield cast("PreTrainedModel", model)
            return
        if model is None or adapter != self._adapter:
            model = self._load(adapter)
        with merged(model) if merge and isinstance(model, PeftModel) else nullcontext():
            yield cast("PreTrainedModel", model)

    def _load(self, adapter: Path | None) -> nn.Module:
        full = adapter is not None and self._training.adapter is None
        model = self._model if self._adapter is None and not full else None
        self._model = None  # two models at once may be more than the memory holds
        if model is None:
            model = self._from_disk(adapter if full and adapter is not None else self._base)
        if adapter is not None and not full:
            model = load_adapter(model, adapter)
        self._model, self._adapter = model.eval(), adapter
        return self._model

    def _from_disk(self, folder: Path) -> nn.Module:
        plan = self._training
        device = this_machine().device if plan.machine.device != "cpu" else "cpu"
        load = self._loader or load_base
        loaded: nn.Module = load(
            folder,
            dtype=plan.model.dtype,
            device=device,
            quantization=plan.model.quantization,
            trust_remote_code=plan.model.trust_remote_code,
        )
        return loaded


def _comes_off(model: PeftModel) -> bool:
    """Say whether switching the adapter off gives the base model back: not where biases of the base were trained."""
    return all(getattr(config, "bias", "none") == "none" for config in model.peft_config.values())
