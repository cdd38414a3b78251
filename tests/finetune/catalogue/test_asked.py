"""What a remote model is asked, beside the one renderer with the tiny model's tokenizer."""

from __future__ import annotations

from pathlib import Path

import pytest

from lfine.finetune.catalogue.asked import Words, shown
from lfine.finetune.catalogue.chat import Message
from lfine.finetune.catalogue.rendering import Renderer
from lfine.finetune.catalogue.tokens import Tokenizer, read_tokenizer
from lfine.finetune.data.conversations import Turn
from lfine.finetune.data.pairs import Example

ROW = Example(7, {"text": "my card is lost"}, "card")
SHOTS = (Example(1, {"text": "a fee of one"}, "fee"), Example(2, {"text": "it is pending"}, "transfer"))


@pytest.fixture(scope="module")
def tokenizer(tiny_model_folder: Path) -> Tokenizer:
    return read_tokenizer(tiny_model_folder)


def chatml(messages: tuple[Message, ...]) -> str:
    turns = "".join(f"<|im_start|>{turn.role}\n{turn.content}<|im_end|>\n" for turn in messages)
    return f"{turns}<|im_start|>assistant\n"


@pytest.mark.parametrize("shots", [(), SHOTS])
@pytest.mark.parametrize("system", [None, "Be brief."])
def test_the_turns_are_those_that_the_renderer_writes(
    tokenizer: Tokenizer, shots: tuple[Example, ...], system: str | None
) -> None:
    template = "Label: {text}"
    renderer = Renderer(template=template, system=system, chat="auto", tokenizer=tokenizer, shots=shots)
    assert chatml(Words(template, system, shots).messages(ROW)) == renderer.prompt_text(ROW.values)


@pytest.mark.parametrize("shots", [(), SHOTS])
@pytest.mark.parametrize("template", ["Label: {text}", "Text: {text}\nLabel:\n"])
def test_the_text_is_the_renderers_without_chat(
    tokenizer: Tokenizer, shots: tuple[Example, ...], template: str
) -> None:
    renderer = Renderer(template=template, system=None, chat="none", tokenizer=tokenizer, shots=shots)
    assert Words(template, None, shots).text(ROW) == renderer.prompt_text(ROW.values)


TOLD = (Turn("user", "hi", None), Turn("assistant", " hello\n", None), Turn("user", "bye", None))


@pytest.mark.parametrize("first", [(), (Turn("system", "Be kind.", None),)])
def test_a_conversation_up_to_the_last_answer(tokenizer: Tokenizer, first: tuple[Turn, ...]) -> None:
    told = (*first, *TOLD, Turn("assistant", "so long", None))
    found = Words(None, "Be brief.").messages(Example(7, {}, "so long", told))
    assert [turn.role for turn in found] == ["system", "user", "assistant", "user"]
    assert found[0].content == ("Be kind." if first else "Be brief.")
    assert [turn.content for turn in found[1:]] == ["hi", "hello", "bye"]
    renderer = Renderer(template=None, system="Be brief.", chat="auto", tokenizer=tokenizer)
    assert chatml(found) == renderer.example_prompt(Example(7, {}, "so long", told))


def test_a_conversation_without_an_answer_is_asked_whole() -> None:
    told = (Turn("user", "hi", None),)
    assert Words(None, None).messages(Example(7, {}, "", told)) == (Message("user", "hi"),)


def test_turns_for_people() -> None:
    assert shown((Message("user", "hi"),)) == "hi"
    turns = (Message("system", "Be brief."), Message("user", "hi"))
    assert shown(turns) == "[system]\nBe brief.\n\n[user]\nhi"
