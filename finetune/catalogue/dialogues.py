"""Whole conversations as tokens: what the assistant's turns teach, and the rest, cut exactly where the template cuts.

    dialogues.encode((Turn("user", "hi", None), Turn("assistant", "hello", None), Turn("user", "bye", None), …))

    <|im_start|>user\nhi<|im_end|>\n<|im_start|>assistant\nhello<|im_end|>\n<|im_start|>user\nbye<|im_end|>\n…
    └──────────────────── prompt ─────────────────────────┘└── learned ─┘└──── completion, not learned ────┘

A turn begins where the template's own generation prompt for the turns before it ends, so what is learned is what would
be generated there; it ends with the template's end token. The pieces together are the template's own rendering of the
conversation up to its last learned turn, compared for every row: a template that writes earlier turns otherwise once
others follow (thoughts that it strips) is refused. White space around the assistant's words is left out, as of answers.

*Not here:* reading conversations (lfine.finetune.data.conversations), one question and one answer (.rendering).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeVar

from lfine.finetune.catalogue.chat import ChatTemplate, ChatTemplateError, Message
from lfine.finetune.catalogue.guarding import Guard
from lfine.finetune.catalogue.prompt_format import ChatFormat, takes_system, with_system
from lfine.finetune.catalogue.tokens import Tokenizer
from lfine.finetune.data.places import Place
from lfine.finetune.data.wording import counted, listed
from lfine.schemas.errors import TaskError

if TYPE_CHECKING:
    from lfine.finetune.data.conversations import Turn

Result = TypeVar("Result")

PROBE = "Be brief."
"""A system text that tells whether a template writes one."""


class DialogueError(Exception):
    """A conversation that the template refuses, or cannot be cut into turns; the text is a reason in lower case."""


def for_each(
    rows: Iterable[tuple[int, Sequence[Turn]]], do: Callable[[Sequence[Turn]], Result], loss_on: str, place: Place
) -> list[Result]:
    """Return what `do` makes of each conversation; TaskError LF342 with the row ids of each reason why it cannot."""
    found: list[Result] = []
    refused: dict[str, list[int]] = {}
    for row_id, turns in rows:
        try:
            found.append(do(turns))
        except DialogueError as error:
            refused.setdefault(str(error), []).append(row_id)
    if refused:
        last = "" if loss_on == "last" else ", or learn the last turn only: `prompt: {loss_on: last}`"
        cure = f"mend or remove these rows, use another base model{last}"
        messages = [f"{reason}: {counted(len(ids), 'row')}: {listed(ids)}" for reason, ids in refused.items()]
        raise TaskError(*(place("LF342", "prompt.messages", message, cure) for message in messages))
    return found


@dataclass(frozen=True)
class EncodedDialogue:
    """One conversation up to its last learned turn."""

    prompt_ids: tuple[int, ...]
    """Before the first learned token."""
    completion_ids: tuple[int, ...]
    """From there on; empty where no turn is learned."""
    learned: tuple[bool, ...]
    """Of completion_ids."""


class Dialogues:
    """One model's chat template, for conversations."""

    def __init__(
        self,
        chat: ChatTemplate,
        form: ChatFormat,
        guard: Guard,
        *,
        tokenizer: Tokenizer,
        system: str | None,
        loss_on: Literal["all", "last"],
    ) -> None:
        self.loss_on = loss_on
        self._chat = chat
        self._form = form
        self._guard = guard
        self._tokenizer = tokenizer
        self._system = system
        self._system_in_user = not takes_system(chat, PROBE)

    def encode(self, turns: Sequence[Turn]) -> EncodedDialogue:
        """Return the tokens; raises DialogueError."""
        pieces = self._pieces(turns, learned_turns(turns, self.loss_on))
        ids: list[int] = []
        learned: list[bool] = []
        for text, taught in pieces:
            end = self._end_id() if taught else []
            found = self._guard.encode(text, self._tokenizer, continues=bool(ids)) + end
            ids += found
            learned += [taught] * len(found)
        first = learned.index(True) if pieces else 0
        return EncodedDialogue(tuple(ids[:first]), tuple(ids[first:]), tuple(learned[first:]))

    def prompt_text(self, turns: Sequence[Turn]) -> str:
        """Return the text before the last turn of the assistant, before a new one where the conversation has none."""
        return self._plain(self._asked(turns))

    def prompt_ids(self, turns: Sequence[Turn]) -> list[int]:
        """Return the tokens of that text."""
        return self._guard.encode(self._asked(turns), self._tokenizer, continues=False)

    def stations(self, turns: Sequence[Turn]) -> list[tuple[str, tuple[int, ...]]]:
        """Return role and tokens up to the turn's end, turn by turn; a system text in the user's turn is part of it."""
        return [
            (role, tuple(self._guard.encode(text, self._tokenizer, continues=False)))
            for role, text in self._chat.prefixes(self._messages(turns))
        ]

    def _asked(self, turns: Sequence[Turn]) -> str:
        last = max(assistants(turns), default=len(turns))
        return self._render(self._messages(turns[:last]), add_generation_prompt=True) + self._form.head

    def _messages(self, turns: Sequence[Turn]) -> list[Message]:
        """Return the turns as the template takes them, control tokens within them marked."""
        given = bool(turns) and turns[0].role == "system"
        system = turns[0].content if given else self._system
        marked = [
            Message(turn.role, self._guard.mark(turn.content.strip() if turn.role == "assistant" else turn.content))
            for turn in (turns[1:] if given else turns)
        ]
        text = None if system is None else self._guard.mark(system) if given else system
        return with_system(marked, text, system_in_user=self._system_in_user)

    def _pieces(self, turns: Sequence[Turn], learned: Sequence[int]) -> list[tuple[str, bool]]:
        """Return the conversation up to its last learned turn in pieces, the learned ones without their end token."""
        if not learned:
            return []
        form = self._form
        if form.end_token is None or form.tail.strip():
            raise DialogueError("the model's chat template marks no end of the assistant's turns")
        whole = self._render(self._messages(turns[: learned[-1] + 1]), add_generation_prompt=False)
        pieces: list[tuple[str, bool]] = []
        at = 0
        for number in learned:
            before = self._render(self._messages(turns[:number]), add_generation_prompt=True) + form.head
            words = form.lead + self._guard.mark(turns[number].content.strip()) + form.tail
            if not whole.startswith(before + words + form.end_token):
                raise DialogueError(_rewritten(number, last=number == learned[-1]))
            pieces += [(whole[at : len(before)], False), (words, True)]
            at = len(before + words + form.end_token)
        return pieces

    def _end_id(self) -> list[int]:
        found = self._tokenizer.token_id(self._form.end_token or "")
        if found is None:
            raise DialogueError("the end token of the model's chat template is no token of its vocabulary")
        return [found]

    def _render(self, messages: Sequence[Message], *, add_generation_prompt: bool) -> str:
        try:
            return self._chat.render(messages, add_generation_prompt=add_generation_prompt)
        except ChatTemplateError as error:
            raise DialogueError(f"the model's chat template refuses the conversation: {error}") from None

    def _plain(self, text: str) -> str:
        return "".join(part for part, _ in self._guard.pieces(text))


def assistants(turns: Sequence[Turn]) -> list[int]:
    """Return the places of the assistant's turns."""
    return [at for at, turn in enumerate(turns) if turn.role == "assistant"]


def learned_turns(turns: Sequence[Turn], loss_on: Literal["all", "last"]) -> list[int]:
    """Return the places of the turns to learn: a turn's own weight decides, else `loss_on`."""
    places = assistants(turns)
    chosen = places if loss_on == "all" else places[-1:]
    weights = {at: turns[at].learned for at in places}
    return [at for at in places if (at in chosen if weights[at] is None else weights[at])]


def _rewritten(number: int, *, last: bool) -> str:
    if last:
        return f"the model's chat template does not write turn {number} (counted from 0) as it stands"
    return "the model's chat template writes earlier turns of the assistant otherwise once others follow"
