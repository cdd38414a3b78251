"""A GGUF file becomes a model folder that every tool loads: config, tokenizer, bf16 safetensors.

    convert_gguf(Path("SmolLM2-135M-Instruct.Q4_1.gguf"), Path("…/models/smollm2-135m-instruct-b179c9523d0e"), …)
    config.json  generation_config.json  model.safetensors  tokenizer.json  chat_template.jinja  lfine.json

transformers reads the blocks of a GGUF file into fp32 (135M weights: 26 s on one core, most of it reading), bf16 keeps
more digits of them than their 4 or 8 bits had.

*Not here:* fetching the file (lfine.finetune.models.pulling), and quantizing for training: that is done anew from bf16.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import torch
import transformers
from tokenizers import Tokenizer, pre_tokenizers

from lfine.finetune.catalogue.sources import CONVERSION, conversion_of
from lfine.finetune.models.gguf_header import header_text
from lfine.schemas.errors import MachineError
from lfine.schemas.problems import Problem

Progress = Callable[[str], None]
DROPPED_TOKENIZER_KEYS = ("is_local", "local_files_only", "name_or_path")


def convert_gguf(gguf: Path, folder: Path, *, source: str, digest: str) -> Path:
    """Write the model folder of a GGUF file at `folder`, whole or not at all; raises MachineError LF405 or LF407."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    partial = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        context = save_weights(gguf, partial)
        save_tokenizer(gguf, partial, context)
        write_record(partial, source=source, digest=digest)
        settle(partial, folder)
    except (ValueError, KeyError, NotImplementedError, ImportError) as error:
        message = f"the GGUF file {str(gguf)!r} cannot be converted: {first_line(error)}"
        raise MachineError(Problem("LF407", message, "name the model's hub id or a folder with safetensors")) from error
    except OSError as error:
        message = f"the converted model could not be written to {str(folder.parent)!r}: {first_line(error)}"
        raise MachineError(Problem("LF405", message, "make room, or name another folder in LFINE_CACHE")) from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return folder


def first_line(error: BaseException) -> str:
    """Return what an error of a library says, short enough for one message."""
    return (str(error).strip() or type(error).__name__).splitlines()[0][:300]


def save_weights(gguf: Path, folder: Path) -> int:
    """Save the dequantized weights in bf16 and the configuration; return the model's context length."""
    dense = transformers.GgufConfig(dequantize=True) if hasattr(transformers, "GgufConfig") else None
    loaded = transformers.AutoModelForCausalLM.from_pretrained(
        gguf.parent, gguf_file=gguf.name, quantization_config=dense, dtype=torch.float32, local_files_only=True
    )
    config = loaded.config
    if hasattr(config, "quantization_config"):
        del config.quantization_config
    if hasattr(config, "_model_name_or_path"):  # the file's own title, which no folder is called
        del config._model_name_or_path
    # A fresh model of the same class knows nothing of GGUF, so what it saves is an ordinary checkpoint.
    with torch.device("meta"):
        fresh = transformers.AutoModelForCausalLM.from_config(config, dtype=torch.bfloat16)
    weights = {name: weight.to(torch.bfloat16) for name, weight in loaded.state_dict().items()}
    fresh.load_state_dict(weights, strict=True, assign=True)
    fresh.tie_weights()
    fresh.generation_config = loaded.generation_config
    fresh.save_pretrained(folder)
    return int(getattr(config, "max_position_embeddings", 0) or 0)


def save_tokenizer(gguf: Path, folder: Path, context: int) -> None:
    """Save tokenizer.json and the chat template, with the digits split as the vocabulary was learned."""
    tokenizer = transformers.AutoTokenizer.from_pretrained(gguf.parent, gguf_file=gguf.name, local_files_only=True)
    mend_pre_tokenizer(tokenizer.backend_tokenizer, header_text(gguf, "tokenizer.ggml.pre"))
    if context:
        tokenizer.model_max_length = context
    tokenizer.save_pretrained(folder)
    path = folder / "tokenizer_config.json"
    written = json.loads(path.read_text(encoding="utf-8"))
    kept = {key: value for key, value in written.items() if key not in DROPPED_TOKENIZER_KEYS}
    kept["tokenizer_class"] = "PreTrainedTokenizerFast"  # the name that older versions know as well
    path.write_text(json.dumps(kept, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def mend_pre_tokenizer(tokenizer: Tokenizer, name: str | None) -> None:
    r"""Give SmolLM its own rule: each digit stands alone before GPT-2's rule is applied.

    transformers knows the rules of other families but gives SmolLM files GPT-2's alone, which cuts white space before
    a digit otherwise than in training ("\n\n1" as two line breaks, not as the one token that the model knows). The rule
    is the one that llama.cpp applies to files of this name.
    """
    if name == "smollm":
        tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
            [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
        )


def write_record(folder: Path, *, source: str, digest: str) -> None:
    """Write lfine.json: what was converted, with what."""
    packages = ("torch", "transformers", "tokenizers", "gguf")
    record = {
        "source": source,
        "sha256": digest,
        "conversion": CONVERSION,
        "dtype": "bfloat16",
        "versions": {name: version(name) for name in packages},
    }
    (folder / "lfine.json").write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")


def settle(partial: Path, folder: Path) -> None:
    """Rename a finished folder to its name; of two processes that did the same work, the first one's stays."""
    if folder.exists() and conversion_of(folder) != CONVERSION:
        aside = Path(tempfile.mkdtemp(prefix=f".{folder.name}-old-", dir=folder.parent))
        folder.rename(aside / "model")
        shutil.rmtree(aside, ignore_errors=True)
    partial.chmod(0o755)  # mkdtemp and safetensors write for their owner's eyes only
    for path in partial.iterdir():
        path.chmod(0o644)
    try:
        partial.rename(folder)
    except OSError:
        if conversion_of(folder) != CONVERSION:
            raise
