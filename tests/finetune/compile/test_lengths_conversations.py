"""Conversations as rows: what is learned of them, and which turns go when they are too long."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import pytest

from lfine.finetune.catalogue.rendering import Renderer
from lfine.finetune.catalogue.tokens import Tokenizer
from lfine.finetune.compile.lengths import EncodedExample, encode, fit
from lfine.finetune.data.conversations import Turn
from lfine.finetune.data.pairs import Example
from lfine.schemas.errors import TaskError
from lfine.schemas.problems import Problem

SYSTEM = Turn("system", "Be kind.", None)
ROUNDS = [("the dog", "yes"), ("the lazy fox", "no no"), ("one two three", "four"), ("seven", "eight nine ten")]


def talk(*rounds: tuple[str, str]) -> tuple[Turn, ...]:
    return tuple(turn for q, a in rounds for turn in (Turn("user", q, None), Turn("assistant", a, None)))


WHOLE = (SYSTEM, *talk(*ROUNDS))


def renderer(tokenizer: Tokenizer, loss_on: Literal["all", "last"] = "all") -> Renderer:
    return Renderer(template=None, system=None, chat="auto", tokenizer=tokenizer, loss_on=loss_on)


def row(turns: Sequence[Turn], row_id: int = 5) -> Example:
    return Example(row_id, {}, "", turns=tuple(turns))


def learned_text(found: EncodedExample, tokenizer: Tokenizer) -> str:
    flags = found.learned or (True,) * len(found.completion_ids)
    ids = [token for token, yes in zip(found.completion_ids, flags, strict=True) if yes]
    return tokenizer.decode(ids, skip_special=False)


def length_of(turns: Sequence[Turn], ours: Renderer) -> int:
    return encode([row(turns)], ours)[0].length


def test_the_prompt_ends_where_the_first_learned_token_is(tiny_tokenizer: Tokenizer) -> None:
    (found,) = encode([row(WHOLE)], renderer(tiny_tokenizer))
    assert found.row_id == 5
    assert tiny_tokenizer.decode(found.prompt_ids, skip_special=False).endswith(
        "the dog<|im_end|>\n<|im_start|>assistant\n"
    )
    assert found.learned is not None
    assert found.learned[0]
    assert found.learned[-1]
    assert learned_text(found, tiny_tokenizer) == "".join(f"{answer}<|im_end|>" for _, answer in ROUNDS)
    assert found.learned_tokens == sum(found.learned) < len(found.completion_ids)
    assert found.longest_answer == len(tiny_tokenizer.encode("eight nine ten")) + 1


def test_one_learned_turn_is_a_row_like_any_other(tiny_tokenizer: Tokenizer) -> None:
    (found,) = encode([row(WHOLE)], renderer(tiny_tokenizer, "last"))
    assert found.learned is None
    assert learned_text(found, tiny_tokenizer) == "eight nine ten<|im_end|>"
    assert found.longest_answer == found.learned_tokens == len(found.completion_ids)


def test_a_conversation_without_a_learned_turn_has_no_tokens(tiny_tokenizer: Tokenizer) -> None:
    (found,) = encode([row(WHOLE[:2])], renderer(tiny_tokenizer))
    assert (found.learned_tokens, found.longest_answer, found.completion_ids) == (0, 0, ())


def shortened(ours: Renderer, limit: int, truncation: str) -> EncodedExample | None:
    encoded = encode([row(WHOLE)], ours)
    fitted = fit([row(WHOLE)], encoded, ours, limit=limit, truncation=truncation)
    assert (fitted.cut, fitted.left_out) == (((5,), ()) if fitted.encoded else ((), (5,)))
    return fitted.encoded[0] if fitted.encoded else None


@pytest.mark.parametrize("rounds", [1, 2, 3])
def test_the_latest_turns_go_first(tiny_tokenizer: Tokenizer, rounds: int) -> None:
    ours = renderer(tiny_tokenizer)
    kept = (SYSTEM, *talk(*ROUNDS[:rounds]))
    more = (SYSTEM, *talk(*ROUNDS[: rounds + 1]))
    expected = encode([row(kept)], ours)[0]
    for limit in (length_of(kept, ours), length_of(more, ours) - 1):
        assert shortened(ours, limit, "end") == expected


@pytest.mark.parametrize(("loss_on", "truncation"), [("all", "start"), ("last", "start"), ("last", "end")])
@pytest.mark.parametrize("rounds", [1, 2, 3])
def test_the_oldest_turns_after_the_system_text_go_first(
    tiny_tokenizer: Tokenizer, loss_on: Literal["all", "last"], truncation: str, rounds: int
) -> None:
    ours = renderer(tiny_tokenizer, loss_on)
    kept, more = ((SYSTEM, *talk(*ROUNDS[-each:])) for each in (rounds, rounds + 1))
    expected = encode([row(kept)], ours)[0]
    for limit in (length_of(kept, ours), length_of(more, ours) - 1):
        assert shortened(ours, limit, truncation) == expected


@pytest.mark.parametrize("truncation", ["end", "start"])
def test_one_exchange_that_is_too_long_is_left_out(tiny_tokenizer: Tokenizer, truncation: str) -> None:
    ours = renderer(tiny_tokenizer)
    one = (SYSTEM, *talk(ROUNDS[0] if truncation == "end" else ROUNDS[-1]))
    assert shortened(ours, length_of(one, ours) - 1, truncation) is None


def test_a_shorter_conversation_must_still_teach_something(tiny_tokenizer: Tokenizer) -> None:
    ours = renderer(tiny_tokenizer)
    silent = (Turn("user", "and", None), Turn("assistant", "never mind", False))
    for kept, learned in ((talk(ROUNDS[0]), ["yes<|im_end|>"]), ((), [])):
        turns = row((*talk(ROUNDS[1]), *kept, *silent))
        (whole,) = encode([turns], ours)
        fitted = fit([turns], [whole], ours, limit=whole.length - 1, truncation="start")
        assert [learned_text(each, tiny_tokenizer) for each in fitted.encoded] == learned
        assert bool(fitted.left_out) == (not learned)


@pytest.mark.parametrize("turns", [None, WHOLE])
def test_drop_leaves_out_whatever_is_too_long(tiny_tokenizer: Tokenizer, turns: tuple[Turn, ...] | None) -> None:
    if turns is None:
        ours = Renderer(template="{q}", system=None, chat="none", tokenizer=tiny_tokenizer)
        rows = [Example(0, {"q": "the dog and the fox"}, "yes"), Example(1, {"q": "dog"}, "yes")]
    else:
        ours, rows = renderer(tiny_tokenizer), [row(WHOLE, 0), row(WHOLE[:3], 1)]
    encoded = encode(rows, ours)
    fitted = fit(rows, encoded, ours, limit=encoded[0].length - 1, truncation="drop")
    assert (fitted.encoded, fitted.cut, fitted.left_out) == ((encoded[1],), (), (0,))
    assert fit(rows, encoded, ours, limit=encoded[0].length, truncation="drop").left_out == ()


def test_rows_that_the_template_refuses_are_named_together(tiny_tokenizer: Tokenizer) -> None:
    strict = Tokenizer(
        tiny_tokenizer._text,
        type(tiny_tokenizer.settings)(
            named=tiny_tokenizer.settings.named,
            eos_ids=tiny_tokenizer.settings.eos_ids,
            chat_template="{% if messages[0].content == '{}' %}{{ raise_exception('no braces') }}{% endif %}"
            + (tiny_tokenizer.chat_template or ""),
        ),
    )
    bad = (Turn("system", "{}", None), *WHOLE[1:])

    def place(code: str, path: str, message: str, cure: str) -> Problem:
        return Problem(code, message, cure, file="task.yaml", path=path)

    with pytest.raises(TaskError) as caught:
        encode([row(bad, 3), row(WHOLE, 4), row(bad, 8)], renderer(strict), place=place)
    (problem,) = caught.value.problems
    assert (problem.code, problem.path, problem.file) == ("LF342", "prompt.messages", "task.yaml")
    assert problem.message == "the model's chat template refuses the conversation: no braces: 2 rows: 3, 8"
    assert "loss_on: last" in problem.cure
    with pytest.raises(TaskError) as caught:
        encode([row(bad, 3)], renderer(strict, "last"))
    assert "loss_on" not in caught.value.problems[0].cure
