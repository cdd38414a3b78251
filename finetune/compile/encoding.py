"""Rows to tokens, once: what has been encoded before is read from the cache, by content and not by name or date.

    key = rows_key(examples, renderer)
    rows = encoded_rows(examples, renderer, cache, key=key)      # EncodedRows over a mapped file
    cut = cut_rows(long, renderer, cache, key=key, limit=224, truncation="end")

The key is a sha256 over what decides the tokens: the rows' columns that the prompt uses and their answers in order, the
renderer's record (template, system text, few-shot examples, chat template, tokenizer) and this format's number. Row
numbers, file names, other columns, comments and every other key of the task file are not in it.

*Not here:* the files (lfine.finetune.compile.encoding_cache), what is cut (.lengths), one renderer (…catalogue).
"""

from __future__ import annotations

import hashlib
import json
from array import array
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from lfine.finetune.catalogue.dialogues import Dialogues, for_each
from lfine.finetune.catalogue.rendering import Renderer
from lfine.finetune.compile.encoded import EncodedRows
from lfine.finetune.compile.encoding_cache import PLACE, EncodingCache, TokenWriter
from lfine.finetune.compile.lengths import CutRows, shortened
from lfine.finetune.data.overlap import reading
from lfine.finetune.data.pairs import Example, row_ids_of
from lfine.finetune.data.places import Place, unplaced

if TYPE_CHECKING:
    from lfine.finetune.data.conversations import Turn

Found = TypeVar("Found")

FORMAT = 1
"""Raised whenever the same rows and renderer would give other tokens or another file."""
CHUNK = 2048
"""Rows rendered and tokenized at once: enough to keep all cores busy, some MB of text."""


def encoded_rows(
    examples: Sequence[Example], renderer: Renderer, cache: EncodingCache, *, key: str, place: Place = unplaced
) -> EncodedRows:
    """Return the rows as tokens, nothing cut, from the cache where they are there; `key` is their rows_key.

    Raises TaskError LF342 with the rows whose conversations the chat template refuses or does not cut into turns.
    """
    table = cache.table(key, "rows", partial(_encode, examples, renderer, place))
    return EncodedRows(table, row_ids_of(examples))


def asked_prompts(
    examples: Sequence[Example], renderer: Renderer, cache: EncodingCache, *, place: Place = unplaced
) -> list[tuple[int, ...]]:
    """Return the prompts of rows to answer; of a conversation all before its last answer. Raises as encoded_rows."""

    def fill(writer: TokenWriter) -> None:
        for prompt in renderer.example_prompt_ids(examples, place=place):
            writer.add(prompt, ())

    table = cache.table(rows_key(examples, renderer), "asked", fill)
    return [row.prompt_ids for row in EncodedRows(table, row_ids_of(examples))]


def cut_rows(
    examples: Sequence[Example], renderer: Renderer, cache: EncodingCache, *, key: str, limit: int, truncation: str
) -> CutRows:
    """Return those of the rows that fit `limit` tokens once they are cut, from the cache where they are there.

    `key` is that of all rows among which these, the ones that are too long, were found.
    """

    def fill(writer: TokenWriter) -> None:
        for start in range(0, len(examples), CHUNK):
            part = examples[start : start + CHUNK]
            for at, row in enumerate(shortened(part, renderer, limit=limit, truncation=truncation), start):
                if row is not None:
                    writer.add(row.prompt_ids, row.completion_ids, row.learned, at)

    table = cache.table(key, f"cut-{limit}-{truncation}", fill)
    numbers = table.column(PLACE).to_pylist()
    ids = row_ids_of(examples)
    return CutRows(EncodedRows(table, array("q", (ids[at] for at in numbers))), array("q", numbers))


def rows_key(examples: Iterable[Example], renderer: Renderer) -> str:
    """Return the name of the entry that holds these rows, encoded so."""
    import tokenizers

    tokenizer, dialogues = renderer.tokenizer, renderer.dialogues
    said = {
        "format": FORMAT,
        "tokenizers": tokenizers.__version__,
        "renderer": renderer.record(),
        "named": dict(tokenizer.settings.named),  # a chat template may write them
        "loss_on": None if dialogues is None else dialogues.loss_on,
    }
    digest = hashlib.sha256(json.dumps(said, sort_keys=True).encode("ascii"))
    for example in examples:
        learned = None if example.turns is None else [turn.learned for turn in example.turns]
        digest.update(repr((reading(example), learned)).encode("utf-8"))  # no two rows have one repr
    return digest.hexdigest()[:32]


def _encode(examples: Sequence[Example], renderer: Renderer, place: Place, writer: TokenWriter) -> None:
    if renderer.dialogues is not None:
        _encode_conversations(examples, renderer.dialogues, place, writer)
        return

    def encode(start: int) -> list[tuple[list[int], list[int]]]:
        part = [*examples[start : start + CHUNK]]
        prompts = renderer.prompt_ids_batch([example.values for example in part])
        answers = list(dict.fromkeys(example.answer for example in part))  # of labels there are few
        completions = dict(zip(answers, renderer.completion_ids_batch(answers), strict=True))
        return [(prompt, completions[example.answer]) for prompt, example in zip(prompts, part, strict=True)]

    for pairs in _two_at_once(encode, range(0, len(examples), CHUNK)):
        for prompt, completion in pairs:
            writer.add(prompt, completion)


def _two_at_once(do: Callable[[int], Found], starts: Sequence[int]) -> Iterator[Found]:
    """Yield the results in their order; while one chunk is tokenized, without Python's lock, the next is rendered."""
    with ThreadPoolExecutor(2) as threads:
        waiting: deque[Future[Found]] = deque()
        for start in starts:
            waiting.append(threads.submit(do, start))
            if len(waiting) > 2:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def _encode_conversations(examples: Iterable[Example], dialogues: Dialogues, place: Place, writer: TokenWriter) -> None:
    def add(turns: Sequence[Turn]) -> None:
        found = dialogues.encode(turns)
        writer.add(found.prompt_ids, found.completion_ids, None if all(found.learned) else found.learned)

    for_each(((example.row_id, example.turns or ()) for example in examples), add, dialogues.loss_on, place)
