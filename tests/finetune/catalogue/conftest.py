"""Tokenizers of three kinds as folders, with any chat template: byte-level, SentencePiece-like, byte-level with BOS.

    folder = tokenizer_folder("metaspace", chat_template=MISTRAL)

*Not here:* models; nothing of this room needs weights.
"""

from __future__ import annotations

import string
from collections.abc import Callable
from pathlib import Path

import pytest
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers
from transformers import PreTrainedTokenizerFast

SENTENCES = (
    "What is the capital of France? The capital of France is Paris.",
    "You are a helpful assistant. Label: the card was lost or stolen.",
    "one two three four five six seven eight nine ten",
)
SPECIAL = ("<unk>", "<s>", "</s>", "<|im_start|>", "<|im_end|>", "<start_of_turn>", "<end_of_turn>", "<|eot_id|>")
FolderMaker = Callable[..., Path]


def trained(kind: str) -> Tokenizer:
    raw = Tokenizer(models.BPE(unk_token="<unk>", fuse_unk=True))  # noqa: S106 -- no password, a token of a vocabulary
    if kind == "metaspace":
        raw.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="first", split=True)  # no merge across words
        raw.decoder = decoders.Metaspace(prepend_scheme="first")
        alphabet = sorted({*"".join(SENTENCES), "\n", "▁", *"<|>[]/_{}()", *string.ascii_letters})
    else:
        raw.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
        raw.decoder = decoders.ByteLevel()
        alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    raw.train_from_iterator(
        SENTENCES,
        trainers.BpeTrainer(
            vocab_size=420, special_tokens=list(SPECIAL), initial_alphabet=alphabet, show_progress=False
        ),
    )
    if kind == "metaspace":
        raw.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="first", split=False)
    if kind != "byte_level":
        raw.post_processor = processors.TemplateProcessing(
            single="<s> $A", pair="<s> $A $B", special_tokens=[("<s>", raw.token_to_id("<s>"))]
        )
    return raw


def save_folder(folder: Path, kind: str, *, chat_template: str | None = None, eos: str | None = "</s>") -> Path:
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=trained(kind),
        unk_token="<unk>",  # noqa: S106 -- a token of a vocabulary
        bos_token="<s>",  # noqa: S106
        eos_token=eos,
    )
    tokenizer.chat_template = chat_template
    tokenizer.save_pretrained(folder)
    return folder


@pytest.fixture
def tokenizer_folder(tmp_path: Path) -> FolderMaker:
    """Return a maker of folders: kind byte_level, byte_level_bos or metaspace."""

    def make(kind: str = "byte_level", *, chat_template: str | None = None, eos: str | None = "</s>") -> Path:
        return save_folder(tmp_path / kind, kind, chat_template=chat_template, eos=eos)

    return make
