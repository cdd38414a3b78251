"""Whole conversations as tokens, against transformers' own rendering and its mask of the assistant's words."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import AutoTokenizer

from lfine.finetune.catalogue.dialogues import DialogueError, Dialogues, EncodedDialogue, learned_turns
from lfine.finetune.catalogue.rendering import Renderer
from lfine.finetune.catalogue.tokens import read_tokenizer
from lfine.finetune.data.conversations import Turn
from lfine.finetune.data.pairs import Example

FolderMaker = Callable[..., Path]
LossOn = Literal["all", "last"]

CHATML = (
    "{% for m in messages %}{{ '<|im_start|>' + m['role'] + '\n' }}"
    "{% if m['role'] == 'assistant' %}{% generation %}{{ m['content'] + '<|im_end|>' }}{% endgeneration %}{{ '\n' }}"
    "{% else %}{{ m['content'] + '<|im_end|>\n' }}{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
GEMMA = (
    "{{ bos_token }}{% if messages[0]['role'] == 'system' %}{{ raise_exception('no system') }}{% endif %}"
    "{% for m in messages %}{{ '<start_of_turn>' + ('model' if m.role == 'assistant' else m.role) + '\n' }}"
    "{% if m.role == 'assistant' %}{% generation %}{{ m.content | trim + '<end_of_turn>' }}{% endgeneration %}"
    "{% else %}{{ m.content | trim + '<end_of_turn>' }}{% endif %}{{ '\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<start_of_turn>model\n' }}{% endif %}"
)
LLAMA2 = (
    "{% for m in messages %}{% if m.role == 'user' %}{{ bos_token + '[INST] ' + m.content + ' [/INST]' }}"
    "{% elif m.role == 'assistant' %}{% generation %}{{ ' ' + m.content + ' ' + eos_token }}{% endgeneration %}"
    "{% endif %}{% endfor %}"
)
ALTERNATING = (
    "{% for m in messages %}{% if (m.role == 'user') != (loop.index0 % 2 == 0) %}"
    "{{ raise_exception('roles must alternate') }}{% endif %}{% endfor %}" + CHATML
)
STRIPPING = (  # an empty block of thoughts before the last answer only, as Qwen3 writes it
    "{% for m in messages %}{{ '<|im_start|>' + m.role + '\n' }}"
    "{% if m.role == 'assistant' and loop.last %}{{ '(no thought)\n\n' }}{% endif %}{{ m.content + '<|im_end|>\n' }}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
ENDLESS = "{% for m in messages %}{{ m.role + ': ' + m.content + '\n' }}{% endfor %}{{ 'assistant: ' }}"

TALK = (
    Turn("user", "What is the capital of France?", None),
    Turn("assistant", "The capital is Paris.", None),
    Turn("user", "one two", None),
    Turn("assistant", "three four five", None),
)
SYSTEM = Turn("system", "You are a helpful assistant.", None)


def renderer(folder: Path, *, system: str | None = None, loss_on: LossOn = "all") -> Renderer:
    return Renderer(
        template=None, system=system, chat="auto", tokenizer=read_tokenizer(folder), shots=(), loss_on=loss_on
    )


def dialogues(folder: Path, *, system: str | None = None, loss_on: LossOn = "all") -> Dialogues:
    found = renderer(folder, system=system, loss_on=loss_on).dialogues
    assert found is not None
    return found


def reference(folder: Path, turns: Sequence[Turn]) -> tuple[list[int], list[bool]]:
    """Encode the whole conversation at once; learned is what the template itself calls generated."""
    found = AutoTokenizer.from_pretrained(folder).apply_chat_template(
        [{"role": turn.role, "content": turn.content} for turn in turns],
        return_dict=True,
        return_assistant_tokens_mask=True,
    )
    return list(found["input_ids"]), [bool(each) for each in found["assistant_masks"]]


def flat(found: EncodedDialogue) -> tuple[list[int], list[bool]]:
    return [*found.prompt_ids, *found.completion_ids], [False] * len(found.prompt_ids) + list(found.learned)


@pytest.mark.parametrize("kind", ["byte_level", "metaspace"])
@pytest.mark.parametrize("template", [CHATML, GEMMA, LLAMA2])
def test_tokens_and_learned_ones_are_those_of_the_whole_conversation(
    tokenizer_folder: FolderMaker, template: str, kind: str
) -> None:
    folder = tokenizer_folder(kind, chat_template=template)
    ids, learned = flat(dialogues(folder).encode(TALK))
    whole, mask = reference(folder, TALK)
    if (template, kind) == (LLAMA2, "metaspace"):  # cut at the words, it writes a space of its own: the text is equal
        tokenizer = read_tokenizer(folder)
        assert tokenizer.decode(ids, skip_special=False) == tokenizer.decode(whole, skip_special=False)
        return
    end = len(mask) - mask[::-1].index(True)  # what follows the last learned token teaches nothing
    assert ids == whole[:end]
    assert learned == mask[:end]


WORDS = st.lists(st.sampled_from(("one", " two", "\n", "é", "🙂", "  ", "<|im_end|>", "</s>", "{{ 1 }}")), max_size=6)
TEXT = WORDS.map("".join)


@settings(max_examples=60, derandomize=True, deadline=None, database=None)
@given(st.lists(st.tuples(TEXT, TEXT), min_size=1, max_size=3), st.sampled_from(("all", "last")))
def test_whatever_is_said_the_text_is_that_of_the_template(
    chatml: Path, said: list[tuple[str, str]], loss_on: LossOn
) -> None:
    turns = [turn for q, a in said for turn in (Turn("user", q, None), Turn("assistant", a, None))]
    ours = renderer(chatml, loss_on=loss_on)
    assert ours.dialogues is not None
    found = ours.dialogues.encode(turns)
    text = "".join(f"<|im_start|>user\n{q}<|im_end|>\n<|im_start|>assistant\n{a.strip()}<|im_end|>\n" for q, a in said)
    ids, learned = flat(found)
    assert ours.tokenizer.decode(ids, skip_special=False) == text.removesuffix("\n")
    # words of the data never become control tokens, and each learned turn ends with one
    assert ids.count(ours.end_id) == 2 * len(said)
    ends = [at for at, token in enumerate(ids) if token == ours.end_id and learned[at]]
    assert len(ends) == (len(said) if loss_on == "all" else 1)
    taught = ours.tokenizer.decode([t for t, yes in zip(ids, learned, strict=True) if yes], skip_special=False)
    answers = [a.strip() + "<|im_end|>" for _, a in said]
    assert taught == "".join(answers if loss_on == "all" else answers[-1:])


@pytest.fixture(scope="module")
def chatml(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from tests.finetune.catalogue.conftest import save_folder

    return save_folder(tmp_path_factory.mktemp("chatml"), "byte_level", chat_template=CHATML)


@pytest.mark.parametrize(
    ("weights", "loss_on", "learned"),
    [
        ((None, None), "all", [1, 3]),
        ((None, None), "last", [3]),
        ((False, None), "all", [3]),
        ((None, False), "all", [1]),
        ((None, False), "last", []),
        ((True, None), "last", [1, 3]),
        ((False, False), "all", []),
    ],
)
def test_a_turns_weight_decides_before_loss_on(
    weights: tuple[bool | None, bool | None], loss_on: LossOn, learned: list[int]
) -> None:
    turns = [TALK[0], Turn("assistant", "a", weights[0]), TALK[2], Turn("assistant", "b", weights[1])]
    assert learned_turns(turns, loss_on) == learned


def test_the_prompt_of_training_is_that_of_generation(chatml: Path) -> None:
    for turns in (TALK, TALK[:2], (SYSTEM, *TALK)):
        found = dialogues(chatml, loss_on="last")
        assert list(found.encode(turns).prompt_ids) == found.prompt_ids(turns)
    assert found.prompt_text(TALK).endswith("<|im_start|>user\none two<|im_end|>\n<|im_start|>assistant\n")
    assert found.prompt_ids((*TALK, Turn("user", "more", None))) == found.prompt_ids(TALK)
    assert found.prompt_text(TALK[:1]).endswith("France?<|im_end|>\n<|im_start|>assistant\n")


def test_nothing_after_the_last_learned_turn_is_computed(chatml: Path) -> None:
    more = (*TALK, Turn("user", "and one more", None))
    assert dialogues(chatml).encode(more) == dialogues(chatml).encode(TALK)
    assert dialogues(chatml).encode(TALK[:1]) == EncodedDialogue((), (), ())


def test_a_single_turn_is_what_the_template_of_a_row_gives(chatml: Path) -> None:
    single = Renderer(template="{q}", system=None, chat="auto", tokenizer=read_tokenizer(chatml))
    found = dialogues(chatml).encode((Turn("user", "one two", None), Turn("assistant", " Paris\n", None)))
    assert list(found.prompt_ids) == single.prompt_ids({"q": "one two"})
    assert list(found.completion_ids) == single.completion_ids("Paris")
    assert all(found.learned)


def test_the_tasks_system_text_is_for_conversations_without_one(chatml: Path) -> None:
    found = dialogues(chatml, system="Be kind.")
    assert found.prompt_text(TALK).startswith("<|im_start|>system\nBe kind.<|im_end|>\n<|im_start|>user\n")
    assert found.prompt_text((SYSTEM, *TALK)).startswith("<|im_start|>system\nYou are a helpful assistant.<|im_end|>")


@pytest.mark.parametrize("given_by", ["task", "row"])
def test_a_template_without_system_gets_it_before_the_users_words(tokenizer_folder: FolderMaker, given_by: str) -> None:
    folder = tokenizer_folder(chat_template=GEMMA)
    found = dialogues(folder, system="Be kind." if given_by == "task" else None)
    turns = TALK if given_by == "task" else (Turn("system", "Be kind.", None), *TALK)
    text = read_tokenizer(folder).decode(flat(found.encode(turns))[0], skip_special=False)
    assert text.startswith("<s><start_of_turn>user\nBe kind.\n\nWhat is the capital")
    assert text.count("Be kind.") == 1


def test_a_template_that_rewrites_earlier_turns_is_refused_unless_the_last_is_learned(
    tokenizer_folder: FolderMaker,
) -> None:
    folder = tokenizer_folder(chat_template=STRIPPING)
    with pytest.raises(DialogueError, match="writes earlier turns of the assistant otherwise once others follow"):
        dialogues(folder).encode(TALK)
    last = dialogues(folder, loss_on="last")
    text = read_tokenizer(folder).decode(last.encode(TALK).prompt_ids, skip_special=False)
    assert text.endswith("assistant\nThe capital is Paris.<|im_end|>\n<|im_start|>user\none two<|im_end|>\n"
                         "<|im_start|>assistant\n(no thought)\n\n")  # fmt: skip
    assert last.encode(TALK[:2]) == dialogues(folder).encode(TALK[:2])


def test_what_a_template_refuses_is_said_in_its_words(tokenizer_folder: FolderMaker) -> None:
    found = dialogues(tokenizer_folder(chat_template=ALTERNATING))
    assert found.encode(TALK).completion_ids
    with pytest.raises(DialogueError, match="refuses the conversation: roles must alternate"):
        found.encode((*TALK[:2], *TALK[1:]))


def test_a_template_without_end_tokens_is_refused(tokenizer_folder: FolderMaker) -> None:
    with pytest.raises(DialogueError, match="marks no end"):
        dialogues(tokenizer_folder(chat_template=ENDLESS)).encode(TALK)


def test_conversations_need_a_chat_template(tokenizer_folder: FolderMaker) -> None:
    with pytest.raises(ValueError, match="need a chat template"):
        renderer(tokenizer_folder())


def test_the_end_of_each_turn_is_told(chatml: Path) -> None:
    found, tokenizer = dialogues(chatml), read_tokenizer(chatml)
    ends = found.stations((SYSTEM, *TALK))
    assert [role for role, _ in ends] == ["system", "user", "assistant", "user", "assistant"]
    ids, _ = flat(found.encode((SYSTEM, *TALK)))
    assert [list(end[: len(ids)]) for _, end in ends] == [ids[: len(end)] for _, end in ends]
    (forged,) = found.stations((Turn("user", "a <|im_end|> b", None),))
    assert tokenizer.decode(forged[1], skip_special=False) == "<|im_start|>user\na <|im_end|> b<|im_end|>\n"
    assert forged[1].count(tokenizer.token_id("<|im_end|>") or -1) == 1


def test_rows_of_both_kinds_are_asked_through_one_door(chatml: Path) -> None:
    both = [
        Example(0, {}, "three four five", turns=TALK),
        Example(1, {}, "The capital is Paris.", turns=TALK[:2]),
    ]
    ours = renderer(chatml)
    assert ours.dialogues is not None
    assert ours.example_prompt_ids(both) == [ours.dialogues.prompt_ids(TALK), ours.dialogues.prompt_ids(TALK[:2])]
    assert ours.example_prompt(both[0]) == ours.dialogues.prompt_text(TALK)
    plain = Renderer(template="{q}", system=None, chat="auto", tokenizer=ours.tokenizer)
    row = Example(2, {"q": "one"}, "two")
    assert plain.example_prompt_ids([row]) == [plain.prompt_ids({"q": "one"})]
    assert plain.example_prompt(row) == plain.prompt_text({"q": "one"})


@pytest.mark.model
def test_smollm2_conversation(smollm2_folder: Path) -> None:
    ids, _ = flat(dialogues(smollm2_folder).encode(TALK))
    messages = [{"role": turn.role, "content": turn.content} for turn in TALK]
    whole = AutoTokenizer.from_pretrained(smollm2_folder).apply_chat_template(messages)["input_ids"]
    assert ids == whole[: len(ids)]
    assert len(whole) - len(ids) == 1  # the line break after the last turn
