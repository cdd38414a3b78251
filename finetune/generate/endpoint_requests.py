"""From a question to the JSON that an endpoint takes: OpenAI's chat and completions, and LoRAX's /generate.

    form = Form("chat", address, model="gpt-4.1-mini", plan=plan.evaluation.generation)
    requests_of([Question(7, (Message("user", "Classify: …"),))], form)
      == [Request(row_ids=(7,), body={"model": "gpt-4.1-mini", "messages": […], "max_tokens": 16, …}, key="9f86…")]

Equal bodies are one request. The key of a request is the hash of where it goes and what it says; no API key is in it.

*Not here:* the words of a question (lfine.finetune.catalogue.asked), sending (endpoint_clients.py), replies
(endpoint_replies.py).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from lfine.finetune.catalogue.chat import Message
from lfine.finetune.compile.plan import GenerationPlan
from lfine.finetune.generate.endpoint_address import Address
from lfine.schemas.errors import TaskError, UsageError
from lfine.schemas.problems import Problem

Api = Literal["chat", "completions", "lorax"]
PATHS: dict[Api, str] = {"chat": "/chat/completions", "completions": "/completions", "lorax": "/generate"}
MOST_STOPS = 4
"""Stop texts that OpenAI takes; answers are cut here at the others (lfine.finetune.generate.endpoint_replies)."""
WRAPPED = 16
"""Tokens that `{"label": "…"}` takes around a label, at the most."""
SECRETS = frozenset({"api_key", "api_token", "authorization"})
LETTERS_OF_A_TOKEN = 4
"""Of English text; only for limits of tokens per minute, and corrected by what the endpoint counts."""

Prompt = str | tuple[Message, ...]


@dataclass(frozen=True)
class Question:
    row_id: int
    prompt: Prompt
    """A text for completions and lorax; the turns of a chat."""


@dataclass(frozen=True)
class Request:
    """One call that is paid for once, for all the rows that ask the same."""

    row_ids: tuple[int, ...]
    body: Mapping[str, object]
    key: str
    """sha256 of address, path and body."""
    tokens: int
    """What it may use up at most, by estimate."""


@dataclass(frozen=True)
class Form:
    """How every question of one evaluation is put."""

    api: Api
    address: Address
    model: str
    plan: GenerationPlan
    labels: tuple[str, ...] = ()
    extra: Mapping[str, object] = field(default_factory=dict)
    """Of --request: laid over the body (for lorax over its parameters); None takes a key out."""

    @property
    def wrapped(self) -> bool:
        """Whether an answer comes as `{"label": …}`."""
        return self.plan.constrain == "labels"

    @property
    def max_new_tokens(self) -> int:
        return self.plan.max_new_tokens + (WRAPPED if self.wrapped else 0)


def requests_of(questions: Iterable[Question], form: Form) -> list[Request]:
    """Return the requests in the order in which they are first asked."""
    found: dict[str, tuple[Mapping[str, object], list[int]]] = {}
    for question in questions:
        body = body_of(question, form)
        found.setdefault(key_of(body, form), (body, []))[1].append(question.row_id)
    return [Request(tuple(ids), body, key, _estimate(body, form)) for key, (body, ids) in found.items()]


def key_of(body: Mapping[str, object], form: Form) -> str:
    """Return the hash that an answer is kept under."""
    asked = [form.address.url + PATHS[form.api], body]
    text = json.dumps(asked, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def _estimate(body: Mapping[str, object], form: Form) -> int:
    asked = body.get("messages") or body.get("prompt") or body.get("inputs") or ""
    return len(json.dumps(asked, ensure_ascii=False)) // LETTERS_OF_A_TOKEN + form.max_new_tokens


def body_of(question: Question, form: Form) -> dict[str, object]:
    """Return what is sent for one question."""
    if form.api == "lorax":
        return {"inputs": question.prompt, "parameters": _laid_over(_lorax(question, form), form.extra)}
    said = {"model": form.model} | _asked(question.prompt) | _sampling(question, form)
    if form.plan.stop:
        said["stop"] = list(form.plan.stop[:MOST_STOPS])
    schema = _schema(form)
    if schema is not None:
        named = {"name": "answer", "schema": schema, "strict": strict(schema)}
        said["response_format"] = {"type": "json_schema", "json_schema": named}
    return _laid_over(said, form.extra)


def _asked(prompt: Prompt) -> dict[str, object]:
    if isinstance(prompt, str):
        return {"prompt": prompt}
    return {"messages": [{"role": turn.role, "content": turn.content} for turn in prompt]}


def _sampling(question: Question, form: Form) -> dict[str, object]:
    """Return how an answer is drawn; what OpenAI does not know is sent only where the task says it."""
    plan = form.plan
    said: dict[str, object] = {"max_tokens": form.max_new_tokens, "temperature": plan.temperature}
    if plan.temperature > 0:
        said["seed"] = plan.seed + question.row_id  # each row has its own stream, as of a model on this machine
        named = {"top_p": plan.top_p, "top_k": plan.top_k, "min_p": plan.min_p}
        said |= {name: value for name, value in named.items() if value is not None}
    if plan.repetition_penalty != 1:
        said["repetition_penalty"] = plan.repetition_penalty
    return said


def _lorax(question: Question, form: Form) -> dict[str, object]:
    """Return LoRAX's parameters; TaskError LF130 for what it would pass over in silence."""
    plan = form.plan
    if plan.min_p is not None:
        message = "generation.min_p is given, and LoRAX has no such parameter"
        raise TaskError(Problem("LF130", message, "leave it out, or --api completions", path="generation.min_p"))
    said = _sampling(question, form)
    said["max_new_tokens"] = said.pop("max_tokens")
    said["do_sample"] = plan.temperature > 0
    if not said["do_sample"]:
        del said["temperature"]
    if form.model != "base":
        said["adapter_id"] = form.model
    if plan.stop:
        said["stop"] = list(plan.stop[:MOST_STOPS])
    schema = _schema(form)
    if schema is not None:
        said["response_format"] = {"type": "json_object", "schema": schema}
    return said | {"details": True, "return_full_text": False}


def _laid_over(said: dict[str, object], extra: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in {**said, **extra}.items() if value is not None}


def _schema(form: Form) -> dict[str, Any] | None:
    """Return the JSON Schema that answers are bound to."""
    if form.plan.constrain == "labels":
        label = {"type": "string", "enum": list(form.labels)}
        return {
            "type": "object",
            "properties": {"label": label},
            "required": ["label"],
            "additionalProperties": False,
        }
    if form.plan.constrain == "json_schema":
        schema: dict[str, Any] = json.loads(form.plan.json_schema or "{}")
        return schema
    return None


def strict(schema: object) -> bool:
    """Say whether OpenAI takes a schema as strict: each object closed, and every one of its properties required."""
    if isinstance(schema, list):
        return all(strict(each) for each in schema)
    if not isinstance(schema, dict):
        return True
    if schema.get("type") == "object" or "properties" in schema:
        named = set(schema.get("properties") or {})
        if schema.get("additionalProperties") is not False or set(schema.get("required") or ()) != named:
            return False
    return all(strict(each) for each in schema.values())


def read_extra(given: Sequence[str]) -> dict[str, object]:
    """Return what `--request KEY=VALUE` says, values as JSON where they are; UsageError LF115."""
    found: dict[str, object] = {}
    for text in given:
        name, sign, value = text.partition("=")
        if not name or not sign:
            message = f"--request takes KEY=VALUE, got {name!r}"
            raise UsageError(Problem("LF115", message, "--request reasoning_effort=low"))
        if name.lower() in SECRETS:
            message = f"--request {name}=… would write a key into files"
            raise UsageError(Problem("LF115", message, "keys come from the environment: --api-key-env NAME"))
        try:
            found[name] = json.loads(value)
        except ValueError:
            found[name] = value
    return found
