"""What the tests of remote models share: a plan, a form, questions, and an Asker whose waits are short.

with Server(lambda call: "error") as server:
    ended = asked(form_of(server), questions(5), tmp_path)        # Ended(outcomes, sent, barred)
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from benchmarks.endpoint_server import Server
from lfine.finetune.catalogue.chat import Message
from lfine.finetune.compile.plan import GenerationPlan
from lfine.finetune.generate.endpoint import Asker, Failed, Outcome, Pace
from lfine.finetune.generate.endpoint_address import Address, Key, address_of
from lfine.finetune.generate.endpoint_answers import Answer, AnswerFile
from lfine.finetune.generate.endpoint_failures import Barred
from lfine.finetune.generate.endpoint_requests import Api, Form, Question, requests_of

KEY = "sk-a-very-secret-key"
PLAN = GenerationPlan(
    max_new_tokens=12,
    temperature=0.0,
    top_p=None,
    top_k=None,
    min_p=None,
    repetition_penalty=1.0,
    stop=(),
    seed=42,
    constrain=None,
    json_schema=None,
    batch_size=1,
)
ADDRESS = Address("https://api.example.com/v1", "api.example.com")
QUICK = Pace(timeout=20, retries=3, patience=20, first_wait=0.005, longest_wait=0.02)


@dataclass(frozen=True)
class Ended:
    """What became of the questions of one Asker."""

    outcomes: dict[str, Outcome]
    sent: int
    barred: Barred | None

    @property
    def answers(self) -> list[Answer]:
        return [each for each in self.outcomes.values() if isinstance(each, Answer)]

    @property
    def failed(self) -> list[Failed]:
        return [each for each in self.outcomes.values() if isinstance(each, Failed)]


def form(api: Api = "chat", address: Address = ADDRESS, model: str = "gpt", **plan: Any) -> Form:
    return Form(api, address, model, replace(PLAN, **plan))


def form_of(server: Server, api: Api = "chat", **plan: Any) -> Form:
    return form(api, address_of(server.url), **plan)


def question(row_id: int, words: str, api: Api = "chat") -> Question:
    return Question(row_id, (Message("user", words),) if api == "chat" else words)


def questions(count: int, api: Api = "chat") -> list[Question]:
    return [question(row, f"question {row}", api) for row in range(count)]


def asked(how: Form, what: Sequence[Question], folder: Path, pace: Pace = QUICK, key: str = KEY) -> Ended:
    """Ask every question and keep the answers in `folder`."""
    with AnswerFile(folder / "answers.jsonl") as file:
        asker = Asker(how, Key(key, "OPENAI_API_KEY"), pace, file)
        barred = None
        try:
            asyncio.run(asker.ask(requests_of(what, how), lambda *_: None))
        except Barred as caught:
            barred = caught
    return Ended(asker.outcomes, asker.sent, barred)
