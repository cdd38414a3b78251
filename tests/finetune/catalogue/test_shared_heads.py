"""Prompts tokenized from their common head on have the tokens of the whole, with several kinds of tokenizer."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lfine.finetune.catalogue.shared_heads import encode_sharing, shared_head
from lfine.finetune.catalogue.tokens import Tokenizer, TokenizerSettings, read_tokenizer

DIVIDING = frozenset({"<|im_start|>", "<|im_end|>"})


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (["ab<|im_end|>cd", "ab<|im_end|>ce"], 2),
        (["<|im_end|>a<|im_start|>b", "<|im_end|>a<|im_start|>c"], 11),
        (["a<|im_start|>", "a<|im_start|>"], 1),
        (["a<|im_start|x", "a<|im_start|>y"], 0),
        (["<|im_start|>x", "<|im_start|>y"], 0),
        (["ab", "ac"], 0),
    ],
)
def test_the_head_ends_before_the_last_token_that_all_share(texts: Sequence[str], expected: int) -> None:
    assert shared_head(texts, DIVIDING) == expected


def test_without_dividing_tokens_there_is_no_head() -> None:
    assert shared_head(["same", "same"], frozenset()) == 0


PIECES = st.sampled_from(["<|im_start|>", "<|im_end|>", "\n", " ", "the dog", "é", "user\n", "<|im_", "  x"])


@settings(max_examples=150, derandomize=True, deadline=None, database=None)
@given(st.lists(PIECES, max_size=6).map("".join), st.lists(st.lists(PIECES, max_size=4).map("".join), max_size=4))
def test_tokens_are_those_of_the_whole_texts(tiny_model_folder: Path, head: str, rests: list[str]) -> None:
    tokenizer = read_tokenizer(tiny_model_folder)
    texts = [head + rest for rest in rests]
    assert encode_sharing(texts, tokenizer) == tokenizer.encode_batch(texts)


def metaspace(**of_end: bool) -> Tokenizer:
    """Return a tokenizer that writes spaces as SentencePiece does, with an end token that may take blanks with it."""
    from tokenizers import AddedToken, models, pre_tokenizers
    from tokenizers import Tokenizer as Fast

    letters = {letter: number for number, letter in enumerate("▁abcdefgh <|>xy\n")}
    fast = Fast(models.BPE(vocab=letters, merges=[], unk_token="a"))  # noqa: S106 (a token of text)
    fast.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="first")
    fast.add_special_tokens([AddedToken("<|x|>", normalized=False, **of_end)])
    return Tokenizer(fast.to_str(), TokenizerSettings({}, (), None))


@pytest.mark.parametrize("strips", ["lstrip", "rstrip", "single_word"])
def test_tokens_that_take_something_with_them_do_not_divide(strips: str) -> None:
    assert metaspace().dividing_tokens == {"<|x|>"}
    tokenizer = metaspace(**{strips: True})
    assert tokenizer.dividing_tokens == frozenset()
    texts = ["ab <|x|> cd", "ab <|x|> ef"]
    assert encode_sharing(texts, tokenizer) == tokenizer.encode_batch(texts)


def test_a_space_that_stands_only_at_the_beginning() -> None:
    texts = ["ab <|x|> cd", "ab <|x|>ef", "ab <|x|> <|x|>"]
    tokenizer = metaspace()
    assert encode_sharing(texts, tokenizer) == tokenizer.encode_batch(texts)


class Overlapping(Tokenizer):
    """A tokenizer with another token across the cut: whole texts have it, and their rests have not."""

    def encode(self, text: str) -> list[int]:
        return [7] if text.startswith("ab<|x|>") else [6]

    def encode_batch(self, texts: Sequence[str]) -> list[list[int]]:
        return [self.encode(text) for text in texts]


def test_a_difference_is_noticed() -> None:
    tokenizer = Overlapping((plain := metaspace())._text, plain.settings)
    assert encode_sharing(["ab<|x|>c", "ab<|x|>d"], tokenizer) == [[7], [7]]
