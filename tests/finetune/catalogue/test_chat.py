"""Our chat templates against transformers' apply_chat_template."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from transformers import AutoTokenizer

from lfine.finetune.catalogue.chat import ChatTemplate, ChatTemplateError, Message
from lfine.finetune.catalogue.tokens import read_tokenizer

FolderMaker = Callable[..., Path]

# Written for these tests in the manner of well-known models.
CHATML = """{%- for m in messages %}
    {{- '<|im_start|>' + m.role + '\n' + m['content'] + '<|im_end|>\n' }}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|im_start|>assistant\n' }}
{%- endif %}"""
LLAMA = """{{ bos_token }}{% for m in messages %}
    {% if m.role == 'system' %}
[system] {{ m.content | trim }}<|eot_id|>
    {% else %}
[{{ m.role }}]

{{ m.content | trim }}<|eot_id|>
{% endif %}
{% endfor %}
{% if add_generation_prompt %}
[assistant]

{% endif %}"""
GEMMA = """{{ bos_token }}{% if messages[0]['role'] == 'system' %}{{ raise_exception('no system role') }}{% endif %}
{%- for m in messages %}
{%- set role = 'model' if m.role == 'assistant' else m.role %}
{{- '<start_of_turn>' + role + '\n' + m.content | trim + '<end_of_turn>\n' }}
{%- endfor %}
{%- if add_generation_prompt %}{{ '<start_of_turn>model\n' }}{% endif %}"""
MISTRAL = """{{ bos_token }}{% set state = namespace(seen=false) %}{% for m in messages %}
{%- if m['role'] == 'user' %}{% set state.seen = true %}{{ '[INST] ' + m['content'] + ' [/INST]' }}
{%- elif m['role'] == 'assistant' %}
{%- if not state.seen %}{{ raise_exception('a user must speak first') }}{% endif %}
{{- ' ' + m['content'] + eos_token }}
{%- else %}{{ raise_exception('only user and assistant roles, not ' + m['role']) }}{% endif %}
{%- endfor %}"""
FEATURES = """{%- for m in messages %}{% if loop.index > 3 %}{% break %}{% endif -%}
{{ m | tojson }} {{ {'é': [1, 2], '<': none} | tojson(indent=2) }}
{% generation %}{{ m.content }}{% endgeneration %}{% if tools %}tools{% endif %}{{ pad_token }}
{%- endfor %}"""

USER = (Message("user", "  What is 2 < 3?\nFürth & “Paris”  "),)
EXCHANGE = (*USER, Message("assistant", " It is true. "))
WITH_SYSTEM = (Message("system", "Be brief."), *EXCHANGE)


def both(folder: Path, messages: Sequence[Message], *, prompt: bool) -> tuple[str, str]:
    """Return the text by us and by transformers."""
    tokenizer = read_tokenizer(folder)
    assert tokenizer.chat_template is not None
    ours = ChatTemplate(tokenizer.chat_template, tokenizer.settings.named)
    theirs = AutoTokenizer.from_pretrained(folder).apply_chat_template(
        [{"role": message.role, "content": message.content} for message in messages],
        add_generation_prompt=prompt,
        tokenize=False,
    )
    return ours.render(messages, add_generation_prompt=prompt), theirs


@pytest.mark.parametrize("prompt", [True, False])
@pytest.mark.parametrize(
    ("template", "messages"),
    [
        (CHATML, USER),
        (CHATML, WITH_SYSTEM),
        (LLAMA, EXCHANGE),
        (LLAMA, WITH_SYSTEM),
        (GEMMA, EXCHANGE),
        (MISTRAL, USER),
        (MISTRAL, EXCHANGE),
        (FEATURES, WITH_SYSTEM),
    ],
)
def test_text_is_that_of_transformers(
    tokenizer_folder: FolderMaker, template: str, messages: Sequence[Message], prompt: bool
) -> None:
    ours, theirs = both(tokenizer_folder(chat_template=template), messages, prompt=prompt)
    assert ours == theirs
    assert "Paris" in ours


@pytest.mark.model
@pytest.mark.parametrize("messages", [USER, EXCHANGE, WITH_SYSTEM])
@pytest.mark.parametrize("prompt", [True, False])
def test_text_of_smollm2(smollm2_folder: Path, messages: Sequence[Message], prompt: bool) -> None:
    ours, theirs = both(smollm2_folder, messages, prompt=prompt)
    assert ours == theirs


@pytest.mark.parametrize(
    "template",
    [
        "{{ raise_exception('no such role') }}",
        "{{ messages[0].content + 1 }}",
        "{{ messages[9]['content'].strip() }}",
        "{{ messages.append(1) }}",
        "{{ ''.__class__.__mro__ }}",
        "{% set box = namespace() %}{% set box.__class__ = 1 %}",
        "{{ range(10 ** 9) | list }}",
    ],
)
def test_what_a_template_must_not_do(template: str) -> None:
    with pytest.raises(ChatTemplateError):
        ChatTemplate(template, {}).render(USER, add_generation_prompt=True)


def test_refusal_is_told_in_the_templates_words() -> None:
    with pytest.raises(ChatTemplateError, match="no system role"):
        ChatTemplate(GEMMA, {}).render(WITH_SYSTEM, add_generation_prompt=True)


def test_syntax_error() -> None:
    with pytest.raises(ChatTemplateError, match="it is no template"):
        ChatTemplate("{% for %}", {})


def test_the_date_stands_still() -> None:
    template = ChatTemplate("{{ strftime_now('%d %B %Y') }}", {})
    assert template.names_date
    assert template.render(USER, add_generation_prompt=True) == "01 January 2025"
    assert not ChatTemplate(CHATML, {}).names_date


def test_the_end_of_each_message_is_told() -> None:
    own = "{{ 'Hello. ' }}{% for m in messages %}{{ m.role + ': ' + m.content + '\n' }}{% endfor %}"
    found = ChatTemplate(own, {}).prefixes([Message("user", "a"), Message("assistant", "b")])
    assert found == [
        ("template", "Hello. "),
        ("user", "Hello. user: a\n"),
        ("assistant", "Hello. user: a\nassistant: b\n"),
    ]


def test_a_message_that_cannot_stand_alone_joins_the_next() -> None:
    strict = "{% if messages | length < 2 %}{{ raise_exception('too short') }}{% endif %}"
    strict += "{% for m in messages %}{{ m.content }}{% endfor %}"
    messages = [Message("system", "a"), Message("user", "b"), Message("assistant", "c")]
    assert ChatTemplate(strict, {}).prefixes(messages) == [("user", "ab"), ("assistant", "abc")]
    assert ChatTemplate(strict, {}).prefixes([]) == []
