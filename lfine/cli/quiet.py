"""Keep the libraries below from talking over lfine's own output: their bars and their advice to developers.

    quiet_libraries()

Errors of theirs still come through, as exceptions.

*Not here:* lfine's own progress (lfine.finetune.train.journal).
"""

from __future__ import annotations

import logging
import warnings


def quiet_libraries() -> None:
    """Silence progress bars, warnings meant for developers and logging below errors; imports transformers."""
    from transformers.utils import logging as transformers_logging

    transformers_logging.disable_progress_bar()
    transformers_logging.set_verbosity_error()
    for name in ("bitsandbytes", "peft", "huggingface_hub", "accelerate"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    for module in ("transformers", "peft", "bitsandbytes", "torch"):
        warnings.filterwarnings("ignore", module=rf"{module}(\..*)?", category=Warning)
