"""What a probe finds out about a chat template."""

from __future__ import annotations

import pytest

from lfine.finetune.catalogue.chat import ChatTemplate, Message
from lfine.finetune.catalogue.prompt_format import ChatFormat, first_token, probe, takes_system, turns
from lfine.schemas.errors import MachineError

CONTROL = frozenset({"<|im_start|>", "<|im_end|>", "</s>", "\n"})
ROLES = "{% for m in messages %}<|im_start|>{{ m.role }}:{{ m.content }}<|im_end|>{% endfor %}"


def found(source: str, *, system: str | None = None) -> ChatFormat:
    return probe(ChatTemplate(source, {"eos_token": "</s>"}), CONTROL, system=system)


@pytest.mark.parametrize(
    ("text", "token"),
    [("<|im_end|>\n</s>", "<|im_end|>"), (" \n</s>", "</s>"), ("\n", None), ("", None), ("end</s><|im_end|>", "</s>")],
)
def test_first_token_after_the_answer(text: str, token: str | None) -> None:
    assert first_token(text, CONTROL) == token


def test_of_two_tokens_at_one_place_the_longer_one() -> None:
    assert first_token("<end><of>", ["<end>", "<end><of>"]) == "<end><of>"


def test_turns() -> None:
    assert turns("q", None, system_in_user=True) == [Message("user", "q")]
    assert turns("q", "s", system_in_user=False) == [Message("system", "s"), Message("user", "q")]
    assert turns("q", "s", system_in_user=True) == [Message("user", "s\n\nq")]


def test_a_generation_prompt_that_the_template_lacks_goes_into_the_prompt() -> None:
    assert found(ROLES).head == "<|im_start|>assistant:"
    assert found(ROLES).end_token == "<|im_end|>"  # noqa: S105 -- a token of a vocabulary


def test_white_space_before_the_answer_goes_into_the_completion() -> None:
    source = "{% for m in messages %}{{ ' ' + m.content }}{% endfor %}"
    assert (found(source).head, found(source).lead, found(source).end_token) == ("", " ", None)


def test_a_template_that_tells_another_story_with_an_answer() -> None:
    """The prompt is no beginning of the whole: nothing stands between, and the end token is still found."""
    source = "{{ messages | length }}{% for m in messages %}{{ m.content }}</s>{% endfor %}"
    assert (found(source).head, found(source).lead, found(source).end_token) == ("", "", "</s>")


def test_system_text() -> None:
    assert takes_system(ChatTemplate(ROLES, {}), "Be brief.")
    ignored = "{% for m in messages if m.role != 'system' %}{{ m.content }}{% endfor %}"
    assert not takes_system(ChatTemplate(ignored, {}), "Be brief.")
    assert found(ignored, system="Be brief.").system_in_user
    assert not found(ROLES, system="Be brief.").system_in_user
    assert not found(ignored).notes


def test_a_template_that_shows_only_the_question() -> None:
    with pytest.raises(MachineError, match="leaves out the question or the answer"):
        found("{{ messages[0].content }}")
