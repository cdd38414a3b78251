"""Text to token ids and back, with the tokenizers library alone.

    tokenizer = read_tokenizer(folder)
    tokenizer.encode("The capital of France") == [504, 3575, 282, 4649]
    tokenizer.bos_prefix == (); tokenizer.eos_ids == frozenset({2})

What transformers adds to tokenizer.json is read from the files beside it: begin and end of sequence, further end tokens
(generation_config.json), the chat template. A test compares both on several tokenizers. White space is never cleaned
up in decoding: transformers does so for a few models, and then the text is not the one that the model wrote.

*Not here:* what is encoded (lfine.finetune.catalogue.rendering).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from lfine.finetune.catalogue.weights import damaged

if TYPE_CHECKING:
    import tokenizers

NAMED_TOKENS = ("bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token")
WORD_STARTS = ("▁", "Ġ")
"""How SentencePiece and byte-level vocabularies write a space before a word."""
SENTINEL = "\n"
"""Stands before a text that goes on from another one, so that no space is put before it; never merged with words."""

Settings = Mapping[str, object]


@dataclass(frozen=True)
class TokenizerSettings:
    """What stands beside tokenizer.json."""

    named: Mapping[str, str]
    """`bos_token`, `eos_token`, … as far as the model has them: also what a chat template may name."""
    eos_ids: tuple[int, ...]
    """End tokens of generation_config.json and config.json."""
    chat_template: str | None


class Tokenizer:
    """One model's tokenizer; ids are lists of int, special tokens are never added unasked."""

    def __init__(self, text: str, settings: TokenizerSettings) -> None:
        self._text = text
        self._fast = build(text)
        self.settings = settings
        self.sha256 = hashlib.sha256(text.encode("utf-8")).hexdigest()
        """Of tokenizer.json: two models with the same tokenizer have the same."""

    @property
    def chat_template(self) -> str | None:
        return self.settings.chat_template

    def encode(self, text: str) -> list[int]:
        ids: list[int] = self._fast.encode(text, add_special_tokens=False).ids
        return ids

    def encode_batch(self, texts: Sequence[str]) -> list[list[int]]:
        """Encode many texts at once, on all cores."""
        return [found.ids for found in self._fast.encode_batch_fast(list(texts), add_special_tokens=False)]

    def encode_continuation(self, text: str) -> list[int]:
        """Encode a text that follows another one: without the space that SentencePiece puts before a text."""
        return self.encode_continuations([text])[0]

    def encode_continuations(self, texts: Sequence[str]) -> list[list[int]]:
        """Encode many texts, each of which follows another one."""
        if not self.adds_prefix_space:
            return self.encode_batch(texts)
        head = self.encode(SENTINEL)
        found = self.encode_batch([SENTINEL + text for text in texts])
        return [
            ids[len(head) :] if ids[: len(head)] == head else self.encode(text)
            for text, ids in zip(texts, found, strict=True)
        ]

    def encode_plain(self, text: str) -> list[int]:
        """Encode a text that follows another one, reading every special token in it as ordinary characters."""
        head: list[int] = self._plain.encode(SENTINEL, add_special_tokens=False).ids
        ids: list[int] = self._plain.encode(SENTINEL + text, add_special_tokens=False).ids
        sound = ids[: len(head)] == head
        ids = ids[len(head) :] if sound else self._plain.encode(text, add_special_tokens=False).ids
        if not self.added_ids.isdisjoint(ids):  # a vocabulary that writes the token even so: character by character
            ids = [token for letter in text for token in self.encode_continuation(letter)]
        return ids

    def decode(self, ids: Sequence[int], *, skip_special: bool = True) -> str:
        return str(self._fast.decode(list(ids), skip_special_tokens=skip_special))

    def decode_batch(self, rows: Sequence[Sequence[int]], *, skip_special: bool = True) -> list[str]:
        return [str(text) for text in self._fast.decode_batch([list(row) for row in rows], skip_special)]

    def token_id(self, token: str) -> int | None:
        found = self._fast.token_to_id(token)
        return None if found is None else int(found)

    def token_text(self, token_id: int) -> str:
        """Return one token as a person reads it, its leading space among it; part of a character shows as `�`."""
        piece = self._fast.id_to_token(token_id)
        if piece is None:
            return ""
        return piece.replace("▁", " ") if "▁" in piece else self.decode([token_id], skip_special=False)

    @cached_property
    def vocab_size(self) -> int:
        return int(self._fast.get_vocab_size(with_added_tokens=True))

    @cached_property
    def adds_prefix_space(self) -> bool:
        """Whether a text is encoded as if a space stood before it (SentencePiece's dummy prefix)."""
        first = self._fast.encode("a", add_special_tokens=False).tokens[:1]
        return bool(first) and first[0].startswith(WORD_STARTS)

    @cached_property
    def bos_prefix(self) -> tuple[int, ...]:
        """What the model's own tokenizer puts before a text: the BOS token, or nothing.

        As tokenizer.json says; `add_bos_token` of tokenizer_config.json is for older files without a post-processor,
        and transformers does not read it either.
        """
        bare = self.encode("a")
        whole = self._fast.encode("a", add_special_tokens=True).ids
        return next((tuple(whole[:at]) for at in range(len(whole)) if whole[at : at + len(bare)] == bare), ())

    @cached_property
    def eos_id(self) -> int | None:
        """The end-of-sequence token of the tokenizer, else the first that the configuration names."""
        named = self.token_id(self.settings.named.get("eos_token", ""))
        return named if named is not None else next(iter(self.settings.eos_ids), None)

    @cached_property
    def eos_ids(self) -> frozenset[int]:
        """Every token that ends a generated text."""
        return frozenset(self.settings.eos_ids) | ({self.eos_id} if self.eos_id is not None else set())

    @cached_property
    def special_tokens(self) -> frozenset[str]:
        """Tokens marked special in tokenizer.json, and the named ones."""
        marked = {token.content for token in self._fast.get_added_tokens_decoder().values() if token.special}
        return frozenset(marked | {token for token in self.settings.named.values() if self.token_id(token) is not None})

    @cached_property
    def added_tokens(self) -> frozenset[str]:
        """Tokens that are found in a text before anything else, special or not."""
        return frozenset(token.content for token in self._fast.get_added_tokens_decoder().values())

    @cached_property
    def dividing_tokens(self) -> frozenset[str]:
        """Added tokens that are found in the text as written and take nothing beside them with them."""
        added = self._fast.get_added_tokens_decoder().values()
        kept = (token for token in added if not (token.normalized or token.lstrip or token.rstrip or token.single_word))
        return frozenset(token.content for token in kept if token.content)

    @cached_property
    def added_ids(self) -> frozenset[int]:
        return frozenset(self._fast.get_added_tokens_decoder())

    @cached_property
    def _plain(self) -> tokenizers.Tokenizer:
        """The same tokenizer without added tokens; built (0.3 s) only where a value holds one."""
        parts = json.loads(self._text)
        return build(json.dumps({**parts, "added_tokens": [], "post_processor": None}))


def build(text: str) -> tokenizers.Tokenizer:
    """Build a tokenizer from tokenizer.json, without the cutting and padding that the file may ask for."""
    import tokenizers

    fast = tokenizers.Tokenizer.from_str(text)
    fast.no_truncation()
    fast.no_padding()
    return fast


def read_tokenizer(folder: Path) -> Tokenizer:
    """Read a model folder's tokenizer; raises MachineError LF407 where a file is missing or damaged."""
    path = folder / "tokenizer.json"
    try:
        return Tokenizer(path.read_text(encoding="utf-8"), read_settings(folder))
    except OSError as error:
        raise damaged(path, f"it cannot be read ({error.strerror or error})") from None
    except UnicodeDecodeError:
        raise damaged(path, "it is not UTF-8") from None
    except Exception as error:  # the tokenizers library raises nothing narrower
        if type(error) is not Exception:
            raise
        raise damaged(path, str(error)[:200]) from None


def read_settings(folder: Path) -> TokenizerSettings:
    """Read what stands beside tokenizer.json; every file but that one may be absent."""
    config = read_object(folder / "tokenizer_config.json")
    special = read_object(folder / "special_tokens_map.json")
    ends = [read_object(folder / name).get("eos_token_id") for name in ("generation_config.json", "config.json")]
    named = {name: token_text(config.get(name, special.get(name))) for name in NAMED_TOKENS}
    return TokenizerSettings(
        named={name: token for name, token in named.items() if token is not None},
        eos_ids=tuple(dict.fromkeys(whole_numbers(ends))),
        chat_template=read_chat_template(folder, config),
    )


def read_chat_template(folder: Path, config: Settings) -> str | None:
    """Return chat_template.jinja, else the one in tokenizer_config.json (of several the one called default)."""
    path = folder / "chat_template.jinja"
    if path.is_file():
        return path.read_text(encoding="utf-8")
    found = config.get("chat_template")
    if isinstance(found, list):
        named = {item["name"]: item["template"] for item in found if isinstance(item, dict) and "template" in item}
        found = named.get("default")
    return found if isinstance(found, str) else None


def read_object(path: Path) -> Settings:
    """Return a JSON object, {} for a missing file."""
    if not path.is_file():
        return {}
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        raise damaged(path, "it is not JSON") from None
    if not isinstance(found, dict):
        raise damaged(path, "it is not a JSON object")
    return found


def token_text(value: object) -> str | None:
    """Return a token that is written as text or as an object with its `content`."""
    if isinstance(value, dict):
        value = value.get("content")
    return value if isinstance(value, str) else None


def whole_numbers(values: Iterable[object]) -> list[int]:
    """Flatten numbers and lists of numbers."""
    flat: list[object] = []
    for value in values:
        flat += value if isinstance(value, list) else [value]
    return [value for value in flat if isinstance(value, int)]
