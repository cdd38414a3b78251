"""The one renderer of training, evaluation, prediction and serving: a row becomes prompt tokens and completion tokens.

    renderer = Renderer(template="Label: {text}", system=None, chat="auto", tokenizer=tokenizer)
    renderer.prompt_text({"text": "my card is lost"})   with a chat template, the whole of it:
    "<|im_start|>user\nLabel: my card is lost<|im_end|>\n<|im_start|>assistant\n"
    renderer.completion_text("lost_or_stolen_card") == "lost_or_stolen_card<|im_end|>"

Without a chat template (or with chat="none"): BOS where the tokenizer adds one, the rendered template, a space unless
the template ends in white space, the answer, the end-of-sequence token. Prompt and completion are tokenized apart and
concatenated, so what is trained on is what is generated from; the space belongs to the completion (" answer"), as
byte-level vocabularies write words, and SentencePiece's own leading space is not put before it a second time.

*Not here:* the template language (lfine.schemas.template), what a chat template says (.prompt_format).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Literal

from lfine.finetune.catalogue.chat import FIXED_DATE, ChatTemplate, ChatTemplateError
from lfine.finetune.catalogue.guarding import Guard
from lfine.finetune.catalogue.prompt_format import ChatFormat, probe, turns, unusable
from lfine.finetune.catalogue.tokens import Tokenizer
from lfine.schemas.errors import MachineError
from lfine.schemas.problems import Problem
from lfine.schemas.template import parse_template, render

RULES = 1
"""Raised whenever the same template would give other tokens: adapters of older rules are then noticed."""

Values = Mapping[str, str]


class Renderer:
    """One prompt format for one model; holds nothing that changes."""

    def __init__(
        self, *, template: str, system: str | None, chat: Literal["auto", "none"], tokenizer: Tokenizer
    ) -> None:
        self.template = template
        self.system = system
        self.tokenizer = tokenizer
        self._parts = parse_template(template)
        source = tokenizer.chat_template if chat == "auto" else None
        self._chat = compiled(source, tokenizer) if source is not None else None
        self._guard = Guard(control_tokens(tokenizer, source or ""))
        self._format = self._probe()
        self.end_token, self.end_id = end_token(tokenizer, self._format.end_token)

    def _probe(self) -> ChatFormat:
        if self._chat is not None:
            return probe(self._chat, control_tokens(self.tokenizer, self._chat.source), system=self.system)
        space = "" if self.template[-1:].isspace() else " "
        return ChatFormat(system_in_user=False, head="", lead=space, end_token=None, notes=())

    @property
    def chat_used(self) -> bool:
        """Whether prompts are written by the model's chat template."""
        return self._chat is not None

    @property
    def notes(self) -> tuple[str, ...]:
        """What a user should know about this model's chat template."""
        return self._format.notes

    @property
    def stop_ids(self) -> frozenset[int]:
        """Tokens that end generation: the learned end token and every end token of the model."""
        return self.tokenizer.eos_ids | {self.end_id}

    def prompt_text(self, values: Values) -> str:
        """Return the text before the answer, special tokens of the chat template written out."""
        question = render(self._parts, values)
        if self._chat is None:
            return question
        asked = turns(question, self.system, system_in_user=self._format.system_in_user)
        try:
            return self._chat.render(asked, add_generation_prompt=True) + self._format.head
        except ChatTemplateError as error:
            raise unusable(str(error)) from None

    def prompt_ids(self, values: Values) -> list[int]:
        return self.prompt_ids_batch([values])[0]

    def prompt_ids_batch(self, rows: Sequence[Values]) -> list[list[int]]:
        """Return the prompt tokens of many rows, tokenized on all cores."""
        prefix = [] if self.chat_used else list(self.tokenizer.bos_prefix)
        forging = [self._guard.found_in(values.values()) for values in rows]
        texts = [self.prompt_text(values) for values, forged in zip(rows, forging, strict=True) if not forged]
        ordinary = iter(self.tokenizer.encode_batch(texts))
        return [
            prefix + (self._guarded_ids(values) if forged else next(ordinary))
            for values, forged in zip(rows, forging, strict=True)
        ]

    def _guarded_ids(self, values: Values) -> list[int]:
        """Encode a prompt whose values hold control tokens, these as ordinary text."""
        pieces = self._guard.pieces(self.prompt_text(self._guard.mark_values(values)))
        ids: list[int] = []
        for at, (text, marked) in enumerate(pieces):
            if marked:
                ids += self.tokenizer.encode_plain(text)
            else:
                ids += self.tokenizer.encode_continuation(text) if at else self.tokenizer.encode(text)
        return ids

    def completion_text(self, answer: str) -> str:
        """Return what is learned for an answer: leading space where the format has one, the end token always."""
        return self._format.lead + answer + self.end_token

    def completion_ids(self, answer: str) -> list[int]:
        return self.completion_ids_batch([answer])[0]

    def completion_ids_batch(self, answers: Sequence[str]) -> list[list[int]]:
        """Return the learned tokens of many answers; a control token inside an answer is ordinary text."""
        lead = self._format.lead
        forging = [self._guard.found_in([answer]) for answer in answers]
        texts = [lead + answer for answer, forged in zip(answers, forging, strict=True) if not forged]
        ordinary = iter(self.tokenizer.encode_continuations(texts))
        return [
            (self._guarded_answer(lead + answer) if forged else next(ordinary)) + [self.end_id]
            for answer, forged in zip(answers, forging, strict=True)
        ]

    def _guarded_answer(self, text: str) -> list[int]:
        encode = {True: self.tokenizer.encode_plain, False: self.tokenizer.encode_continuation}
        return [token for part, marked in self._guard.pieces(self._guard.mark(text)) for token in encode[marked](part)]

    def forged(self, texts: Sequence[str]) -> int:
        """Return how many control tokens stand in texts of the data; they are encoded as ordinary text."""
        return self._guard.count(texts)

    def answer(self, ids: Sequence[int]) -> str:
        """Return the text of generated tokens up to the first end token, white space around it stripped."""
        stops = self.stop_ids
        end = next((at for at, token in enumerate(ids) if token in stops), len(ids))
        return self.tokenizer.decode(ids[:end]).strip()

    def record(self) -> dict[str, str | int | None]:
        """Return everything that decides the tokens of a prompt, to be saved beside an adapter."""
        dated = self._chat is not None and self._chat.names_date
        return {
            "rules": RULES,
            "template": self.template,
            "system": self.system,
            "chat_template": self._chat.source if self._chat else None,
            "date": f"{FIXED_DATE:%Y-%m-%d}" if dated else None,
            "tokenizer_sha256": self.tokenizer.sha256,
            "bos": " ".join(map(str, self.tokenizer.bos_prefix)),
            "end_token": self.end_token,
        }

    @cached_property
    def hash(self) -> str:
        """The sha256 of the record: equal where every prompt and completion is."""
        text = json.dumps(self.record(), sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(text.encode("utf-8")).hexdigest()


def compiled(source: str, tokenizer: Tokenizer) -> ChatTemplate:
    try:
        return ChatTemplate(source, tokenizer.settings.named)
    except ChatTemplateError as error:
        raise unusable(str(error)) from None


def control_tokens(tokenizer: Tokenizer, chat_template: str) -> frozenset[str]:
    """Return the tokens that mean something to the model: special ones, and others that the chat template writes."""
    written = {token for token in tokenizer.added_tokens if token.strip() and token in chat_template}
    return tokenizer.special_tokens | written


def end_token(tokenizer: Tokenizer, of_chat: str | None) -> tuple[str, int]:
    """Return the token that ends an answer, as text and id; raises MachineError LF407 for a model without one."""
    if of_chat is not None:
        found = tokenizer.token_id(of_chat)
        if found is not None:
            return of_chat, found
    if tokenizer.eos_id is None:
        message = "the model names no end-of-sequence token, so an answer could never end"
        raise MachineError(Problem("LF407", message, "add eos_token to the model's tokenizer_config.json"))
    return tokenizer.decode([tokenizer.eos_id], skip_special=False), tokenizer.eos_id
