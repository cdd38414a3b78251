"""The one renderer of training, evaluation, prediction and serving: a row becomes prompt tokens and completion tokens.

    renderer = Renderer(template="Label: {text}", system=None, chat="auto", tokenizer=tokenizer)
    renderer.prompt_text({"text": "my card is lost"})   with a chat template, the whole of it:
    "<|im_start|>user\nLabel: my card is lost<|im_end|>\n<|im_start|>assistant\n"
    renderer.completion_text("lost_or_stolen_card") == "lost_or_stolen_card<|im_end|>"

Without a chat template (or with chat="none"): BOS where the tokenizer adds one, the rendered template, a space unless
the template ends in white space, the answer, the end-of-sequence token. Prompt and completion are tokenized apart and
concatenated, so what is trained on is what is generated from; the space belongs to the completion (" answer"), as
byte-level vocabularies write words, and SentencePiece's own leading space is not put before it a second time.

Few-shot examples (`shots`) stand before the question: earlier turns of user and assistant with a chat template, without
one the same text as a row and its answer, a blank line after each, and no end token between them.

*Not here:* the template language (lfine.schemas.template), what a chat template says (.prompt_format), whole
conversations (.dialogues), which rows are shown as examples (lfine.finetune.compile.few_shot).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from lfine.finetune.catalogue.chat import FIXED_DATE, ChatTemplate, ChatTemplateError
from lfine.finetune.catalogue.dialogues import Dialogues, for_each
from lfine.finetune.catalogue.guarding import Guard
from lfine.finetune.catalogue.prompt_format import QUESTION, ChatFormat, lead_of, plain, probe, turns, unusable
from lfine.finetune.catalogue.shared_heads import encode_sharing
from lfine.finetune.catalogue.tokens import Tokenizer
from lfine.finetune.data.pairs import Example
from lfine.finetune.data.places import Place, unplaced
from lfine.schemas.errors import MachineError
from lfine.schemas.problems import Problem
from lfine.schemas.template import parse_template, render

RULES = 1
"""Raised whenever the same template would give other tokens: adapters of older rules are then noticed."""

Values = Mapping[str, str]


@dataclass(frozen=True)
class Station:
    """The end of one part of a prompt."""

    role: str
    """system, user or assistant, template for its own first words; without a chat template example or prompt."""
    shown: bool
    """Part of a few-shot example."""
    ids: tuple[int, ...]
    """The prompt's tokens up to here."""


class Renderer:
    """One prompt format for one model; holds nothing that changes."""

    def __init__(
        self,
        *,
        template: str | None,
        system: str | None,
        chat: Literal["auto", "none"],
        tokenizer: Tokenizer,
        shots: Sequence[Example] = (),
        loss_on: Literal["all", "last"] = "all",
    ) -> None:
        """`template` is None for rows that are whole conversations; then a chat template must be there."""
        self.template = template
        self.system = system
        self.tokenizer = tokenizer
        self.shots = tuple(shots)
        self._parts = parse_template(template or "")
        source = tokenizer.chat_template if chat == "auto" else None
        self._chat = compiled(source, tokenizer) if source is not None else None
        self._guard = Guard(control_tokens(tokenizer, source or ""))
        self._format = self._probe()
        self.end_token, self.end_id = end_token(tokenizer, self._format.end_token)
        self._shown = tuple((render(self._parts, shot.values), shot.answer) for shot in self.shots)
        self._forged_shots = any(self._guard.found_in((*shot.values.values(), shot.answer)) for shot in self.shots)
        self._check_shots()
        self.dialogues = self._dialogues(loss_on) if template is None else None
        """The encoder of whole conversations; None where a template makes the prompt."""

    def _probe(self) -> ChatFormat:
        if self._chat is not None:
            return probe(self._chat, control_tokens(self.tokenizer, self._chat.source), system=self.system)
        lead = lead_of(self.template)
        return ChatFormat(system_in_user=False, head="", lead=lead, end_token=None, tail="", notes=())

    def _dialogues(self, loss_on: Literal["all", "last"]) -> Dialogues:
        if self._chat is None:
            raise ValueError("conversations need a chat template")
        return Dialogues(
            self._chat, self._format, self._guard, tokenizer=self.tokenizer, system=self.system, loss_on=loss_on
        )

    def _check_shots(self) -> None:
        """Refuse a chat template that leaves out earlier turns; MachineError LF407."""
        text = self._text(QUESTION, self._shown) if self._shown else ""
        if any(part.strip() not in text for shown in self._shown for part in shown):
            raise unusable("it leaves out or rewrites earlier turns, and the few-shot examples are such turns")

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
        return self._text(render(self._parts, values), self._shown)

    def _text(self, question: str, shown: Sequence[tuple[str, str]]) -> str:
        if self._chat is None:
            return plain(question, self._format.lead, shots=shown)
        asked = turns(question, self.system, system_in_user=self._format.system_in_user, shots=shown)
        try:
            return self._chat.render(asked, add_generation_prompt=True) + self._format.head
        except ChatTemplateError as error:
            raise unusable(str(error)) from None

    def prompt_ids(self, values: Values) -> list[int]:
        return self.prompt_ids_batch([values])[0]

    def prompt_ids_batch(self, rows: Sequence[Values]) -> list[list[int]]:
        """Return the prompt tokens of many rows, tokenized on all cores."""
        prefix = [] if self.chat_used else list(self.tokenizer.bos_prefix)
        forging = [self._forged_shots or self._guard.found_in(values.values()) for values in rows]
        texts = [self.prompt_text(values) for values, forged in zip(rows, forging, strict=True) if not forged]
        ordinary = iter(encode_sharing(texts, self.tokenizer))
        return [
            prefix + (self._guarded_ids(values) if forged else next(ordinary))
            for values, forged in zip(rows, forging, strict=True)
        ]

    def _guarded_ids(self, values: Values) -> list[int]:
        """Encode a prompt in which values of the data hold control tokens, these as ordinary text."""
        return self._guard.encode(self._text(*self._marked(values)), self.tokenizer, continues=False)

    def _marked(self, values: Values) -> tuple[str, list[tuple[str, str]]]:
        """Return the question and the examples, control tokens in the words of the data marked."""
        mark = self._guard.mark_values
        shown = [(render(self._parts, mark(shot.values)), self._guard.mark(shot.answer)) for shot in self.shots]
        return render(self._parts, mark(values)), shown

    def stations(self, example: Example) -> list[Station]:
        """Return where each part of a prompt ends, for showing it; a part that cannot stand alone joins the next."""
        if self.dialogues is not None:
            return [Station(role, shown=False, ids=ids) for role, ids in self.dialogues.stations(example.turns or ())]
        question, shown = self._marked(example.values)
        if self._chat is None:
            ends = [("example", self._text("", shown[: at + 1])) for at in range(len(shown))]
            ends.append(("prompt", self._text(question, shown)))
        else:
            system_in_user = self._format.system_in_user
            ends = self._chat.prefixes(turns(question, self.system, system_in_user=system_in_user, shots=shown))
        prefix = () if self.chat_used else self.tokenizer.bos_prefix
        return [  # the last part is the question; whoever speaks before it does so in an example
            Station(
                role,
                role in ("user", "assistant", "example") and at < len(ends) - 1,
                (*prefix, *self._guard.encode(text, self.tokenizer, continues=False)),
            )
            for at, (role, text) in enumerate(ends)
        ]

    def example_prompt(self, example: Example) -> str:
        """Return the text before the answer of a row of either kind: values of a template, or a conversation."""
        if self.dialogues is not None:
            return self.dialogues.prompt_text(example.turns or ())
        return self.prompt_text(example.values)

    def example_prompt_ids(self, examples: Sequence[Example], *, place: Place = unplaced) -> list[list[int]]:
        """Return the prompt tokens of rows of either kind; of a conversation all before its last assistant's turn.

        Raises TaskError LF342 with the rows whose conversations the chat template refuses.
        """
        if self.dialogues is not None:
            rows = ((example.row_id, example.turns or ()) for example in examples)
            return for_each(rows, self.dialogues.prompt_ids, self.dialogues.loss_on, place)
        return self.prompt_ids_batch([example.values for example in examples])

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
        return self._guard.encode(self._guard.mark(text), self.tokenizer, continues=True)

    def forged(self, texts: Sequence[str]) -> int:
        """Return how many control tokens stand in texts of the data; they are encoded as ordinary text."""
        return self._guard.count(texts)

    def answer(self, ids: Sequence[int]) -> str:
        """Return the text of generated tokens up to the first end token, white space around it stripped."""
        stops = self.stop_ids
        end = next((at for at, token in enumerate(ids) if token in stops), len(ids))
        return self.tokenizer.decode(ids[:end]).strip()

    def record(self) -> dict[str, object]:
        """Return everything that decides the tokens of a prompt, to be saved beside an adapter."""
        dated = self._chat is not None and self._chat.names_date
        shots = [{"values": dict(shot.values), "answer": shot.answer} for shot in self.shots]
        return {
            "rules": RULES,
            "template": self.template,
            "system": self.system,
            "chat_template": self._chat.source if self._chat else None,
            "date": f"{FIXED_DATE:%Y-%m-%d}" if dated else None,
            "tokenizer_sha256": self.tokenizer.sha256,
            "bos": " ".join(map(str, self.tokenizer.bos_prefix)),
            "end_token": self.end_token,
        } | ({"examples": shots} if shots else {})

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
