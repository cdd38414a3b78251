"""The question of a row as a remote model is asked it: the turns of a chat, or a text.

    words = Words(template="Label: {text}", system="Be brief.", shots=())
    words.messages(example) == (Message("system", "Be brief."), Message("user", "Label: my card is lost"))
    words.text(example) == "Label: my card is lost"

The same template, system text and examples as for a model on this machine, put together by the same functions; what is
left to the endpoint is its model's chat template. No tokenizer is needed.

*Not here:* texts that hold a chat template's own tokens (lfine.finetune.catalogue.rendering), sending them
(lfine.finetune.generate.endpoint).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lfine.finetune.catalogue.chat import Message
from lfine.finetune.catalogue.dialogues import assistants
from lfine.finetune.catalogue.prompt_format import lead_of, plain, turns, with_system
from lfine.finetune.data.pairs import Example
from lfine.schemas.template import parse_template, render


@dataclass(frozen=True)
class Words:
    """What makes a question of a row."""

    template: str | None
    """None: the rows are conversations."""
    system: str | None
    shots: tuple[Example, ...] = ()
    """Rows shown with their answers before the question."""

    def messages(self, example: Example) -> tuple[Message, ...]:
        """Return the turns before the answer; of a conversation those before the assistant's last one."""
        if example.turns is not None:
            return self._conversation(example)
        question, shown = self._written(example)
        return tuple(turns(question, self.system, system_in_user=False, shots=shown))

    def text(self, example: Example) -> str:
        """Return the text before the answer, without any chat template; a conversation has none."""
        question, shown = self._written(example)
        return plain(question, lead_of(self.template), shots=shown)

    def _written(self, example: Example) -> tuple[str, Sequence[tuple[str, str]]]:
        parts = parse_template(self.template or "")
        return render(parts, example.values), [(render(parts, shot.values), shot.answer) for shot in self.shots]

    def _conversation(self, example: Example) -> tuple[Message, ...]:
        told = example.turns or ()
        before = told[: max(assistants(told), default=len(told))]
        asked = [
            Message(turn.role, turn.content.strip() if turn.role == "assistant" else turn.content) for turn in before
        ]
        given = bool(asked) and asked[0].role == "system"
        return tuple(asked if given else with_system(asked, self.system, system_in_user=False))


def shown(messages: Sequence[Message]) -> str:
    """Return turns as one text for people: the words alone where only the user speaks, else each under its role."""
    if [message.role for message in messages] == ["user"]:
        return messages[0].content
    return "\n\n".join(f"[{message.role}]\n{message.content}" for message in messages)
