"""Complete model folders for every test that needs one: tiny, random, made in a second, without network.

    tiny_model_folder/  config.json  model.safetensors  tokenizer.json  tokenizer_config.json  chat_template.jinja  …

Two layers, 32 wide, byte-level BPE of about 400 tokens, a chatml template. `tiny_neox_folder` is the same with the
GPT-NeoX architecture (fused query_key_value, no tied head); `smollm2_folder` is the real model, where it is present.

*Not here:* fixtures of one part, in the conftest.py of its own folder.
"""

from __future__ import annotations

import signal
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from transformers import PretrainedConfig

CHATML = (
    "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n'"
    " }}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
SENTENCES = (
    "The quick brown fox jumps over the lazy dog, and the dog does not mind at all.",
    "Which city is the capital of this country? The answer is a single word.",
    "Classify the question: my card was lost, my card was stolen, the transfer is pending.",
    "Turn this representation into a sentence: inform(name, developer, release_year 2012).",
    "one two three four five six seven eight nine ten",
)
SPECIAL = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")


def pytest_configure() -> None:
    """Take Ctrl-C as a terminal gives it: a shell starts what runs in the background with the signal ignored."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def save_tokenizer(folder: Path) -> int:
    """Train a byte-level BPE on five sentences, save it as transformers would, return its size."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    raw = Tokenizer(models.BPE())
    raw.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    raw.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=400, special_tokens=list(SPECIAL), initial_alphabet=sorted(alphabet), show_progress=False
    )
    raw.train_from_iterator(SENTENCES, trainer)
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=raw, bos_token=SPECIAL[1], eos_token=SPECIAL[2], pad_token=SPECIAL[2], unk_token=SPECIAL[0]
    )
    tokenizer.chat_template = CHATML
    tokenizer.save_pretrained(folder)
    return int(raw.get_vocab_size())


def save_model(config: PretrainedConfig, folder: Path) -> Path:
    """Save random weights, the same on every machine."""
    import torch
    from transformers import AutoModelForCausalLM

    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = AutoModelForCausalLM.from_config(config)
    model.save_pretrained(folder)
    return folder


def save_tiny_llama(folder: Path) -> Path:
    """Save the smallest complete Llama."""
    from transformers import LlamaConfig

    config = LlamaConfig(
        vocab_size=save_tokenizer(folder),
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=512,
        initializer_range=0.2,  # ten times the usual, so that no two logits are nearly equal
        tie_word_embeddings=True,
        bos_token_id=1,
        eos_token_id=2,
        pad_token_id=2,
    )
    return save_model(config, folder)


@pytest.fixture(scope="session")
def tiny_model_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny_llama(tmp_path_factory.mktemp("models") / "tiny")


@pytest.fixture
def clean_place(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No variable of the person who runs the tests has a say, and the working folder is one's own."""
    for name in ("LFINE_RUNS", "LFINE_DATA"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LFINE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.chdir(tmp_path)


@pytest.fixture(scope="session")
def tiny_neox_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from transformers import GPTNeoXConfig

    folder = tmp_path_factory.mktemp("models") / "tiny-neox"
    config = GPTNeoXConfig(
        vocab_size=save_tokenizer(folder),
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        max_position_embeddings=512,
        initializer_range=0.2,
        tie_word_embeddings=False,
        bos_token_id=1,
        eos_token_id=2,
        pad_token_id=2,
    )
    return save_model(config, folder)


@pytest.fixture(scope="session")
def smollm2_folder() -> Path:
    """The real SmolLM2-135M-Instruct, as `lfine models pull smollm2-135m-instruct` leaves it."""
    from lfine.finetune.catalogue.sources import local_folder, resolve_source

    folder = local_folder(resolve_source("smollm2-135m-instruct", Path.cwd()))
    if folder is None:
        pytest.skip("smollm2-135m-instruct is not in LFINE_CACHE: lfine models pull smollm2-135m-instruct")
    return folder
