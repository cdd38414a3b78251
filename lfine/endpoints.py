"""`lfine evaluate --endpoint`: the held-out rows answered by a model somewhere else, and what that took.

    answer_remotely(Sheet(rows, generation, …), EndpointOptions("https://api.example.com/v1", "gpt-4.1-mini"), [7, 3])
      ─▶  Remote(predictions=[Prediction(7, …), Prediction(3, …)], use=EndpointUse(host="api.example.com", usd=0.02, …))

An answer that was paid for is kept under LFINE_CACHE (with --no-cache: beside the predictions, until these are safe),
so a second evaluation, or one after a crash, asks only what has no answer yet.

*Not here:* sending and trying again (lfine.finetune.generate.endpoint), scoring (lfine.evaluating).
"""

from __future__ import annotations

import asyncio
import math
import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

from lfine.compiling import model_folder, say
from lfine.evaluation.records import EndpointUse, FailedRow, Latency, Prediction
from lfine.extras import require_endpoint, require_tokenizer
from lfine.finetune.catalogue.asked import Words, shown
from lfine.finetune.catalogue.rendering import Renderer
from lfine.finetune.catalogue.sources import cache_folder
from lfine.finetune.compile.few_shot import few_shot_renderer, few_shot_rows, shown_rows
from lfine.finetune.compile.plan import GenerationPlan
from lfine.finetune.compile.prepare import Prepared, PreparedRows, prepare_model
from lfine.finetune.data.pairs import Example
from lfine.finetune.data.wording import counted, listed
from lfine.finetune.generate.endpoint import Asker, Done, Failed, Outcome, Pace
from lfine.finetune.generate.endpoint_address import Address, Key, address_of, read_key
from lfine.finetune.generate.endpoint_answers import Answer, AnswerFile
from lfine.finetune.generate.endpoint_failures import Barred
from lfine.finetune.generate.endpoint_requests import Api, Form, Prompt, Question, Request, read_extra, requests_of
from lfine.row_bars import row_bar
from lfine.schemas.errors import MachineError, TaskError
from lfine.schemas.problems import Problem
from lfine.schemas.records import digest
from lfine.schemas.task import Cost
from lfine.stops import Interrupted

PARTIAL = "answers.partial.jsonl"
OURS = "remote"
"""Added to a model's name that stands for one of lfine's own models."""


@dataclass(frozen=True)
class EndpointOptions:
    url: str
    model: str
    """As the endpoint calls it; for lorax an adapter, or `base`."""
    api: Literal["auto", "chat", "completions", "lorax"] = "auto"
    key_name: str | None = None
    """Environment variable that holds the API key; None: OPENAI_API_KEY, if it is set."""
    pace: Pace = field(default_factory=Pace)
    few_shot: int | None = None
    """Training rows shown in every prompt; None: what the task's prompt.examples says."""
    cache: bool = True
    request: Sequence[str] = ()
    """KEY=VALUE, laid over every request."""


@dataclass(frozen=True)
class Sheet:
    """What is asked, and where the answers go."""

    rows: PreparedRows
    generation: GenerationPlan
    labels: tuple[str, ...]
    """Of a category."""
    task_folder: Path
    """Where the task's relative paths begin."""
    folder: Path
    """Of this evaluation: where answers are kept for a restart with --no-cache."""
    command: str


@dataclass(frozen=True)
class Remote:
    predictions: list[Prediction]
    use: EndpointUse


def model_label(options: EndpointOptions, ours: Sequence[str]) -> str:
    """Return the name of the model in scores and of its folder; one of lfine's own names gets another."""
    name = re.sub(r"[^\w.-]+", "-", options.model).strip("-.") or "model"
    name = f"{name}-{OURS}" if name in ours else name
    return name if options.few_shot is None else f"{name}-{options.few_shot}-shot"


def answer_remotely(sheet: Sheet, options: EndpointOptions, row_ids: Sequence[int]) -> Remote:
    """Return one prediction for each row, in the order given; a row that failed for good has none and says why.

    Raises as Correspondent does, and MachineError LF424 where nothing at all was answered.
    """
    examples = sheet.rows.examples_of(row_ids)
    with Correspondent(sheet, options) as remote:
        found = remote.answers(examples, bar=True)
        remote.check_answered()
        return Remote(found, remote.use())


class Correspondent:
    """A remote model that can be asked again and again, at one pace and within its limits.

    Raises UsageError LF115, MachineError LF401, LF420–LF425, TaskError; Interrupted with the command that goes on.
    """

    def __init__(self, sheet: Sheet, options: EndpointOptions) -> None:
        require_endpoint()
        address, key, extra = address_of(options.url), read_key(options.key_name), read_extra(options.request)
        _warn_of_clear_text(address, key)
        self.form = _form(sheet, options, address, extra)
        self._shots = _shots(sheet.rows, options)
        self._put = _putting(sheet, self.form.api, self._shots)
        self._sheet = sheet
        self._file = AnswerFile(_answers_path(self.form) if options.cache else sheet.folder / PARTIAL)
        self._asker = Asker(self.form, key, options.pace, self._file)
        self._kept: dict[str, Answer] = {}
        self._by_row: dict[int, Outcome] = {}

    def __enter__(self) -> Self:
        self._file.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.__exit__(kind, error, trace)

    def prompt(self, example: Example) -> Prompt:
        """Return what is asked of a row: turns for a chat, else a text."""
        return self._put(example)

    def answers(
        self, examples: Sequence[Example], *, each: Callable[[Prediction], object] | None = None, bar: bool = False
    ) -> list[Prediction]:
        """Return the answers in the order of the rows; `each` gets every one when it has come."""
        rows = {row.row_id: (row, self.prompt(row)) for row in examples}
        requests = requests_of([Question(row.row_id, prompt) for row, prompt in rows.values()], self.form)
        told = {key: one for key, one in self._asker.outcomes.items() if isinstance(one, Answer)}
        kept = self._file.read([request.key for request in requests if request.key not in told])
        if kept:
            say(f"{counted(len(kept), 'request')} of {len(requests)} were answered before and are not sent again")
        self._kept |= kept
        known = told | kept
        missing = [request for request in requests if request.key not in known]
        made: dict[int, Prediction] = {}

        def heard(request: Request, outcome: Outcome) -> None:
            for row_id in request.row_ids:
                self._by_row[row_id] = outcome
                made[row_id] = _prediction(*rows[row_id], outcome)
                if each is not None:
                    each(made[row_id])

        for request in requests:
            if request.key in known:
                heard(request, known[request.key])
        if missing:
            self._file.open()
            self._ask(missing, heard, bar=bar)
        return [made[row_id] for row_id in rows]

    def _ask(self, requests: Sequence[Request], heard: Done, *, bar: bool) -> None:
        """Ask; MachineError for an endpoint that answers no more, Interrupted when a person stops it."""
        rows = sum(len(request.row_ids) for request in requests)
        command, shown = self._sheet.command, row_bar("answer", rows) if bar else None
        before = len(self._kept) + len(self._asker.outcomes)

        def done(request: Request, outcome: Outcome) -> None:
            heard(request, outcome)
            if shown is not None:
                shown.update(len(request.row_ids))

        try:
            with nullcontext() if shown is None else shown:
                asyncio.run(self._asker.ask(requests, done))
        except KeyboardInterrupt:
            raise Interrupted("the answers so far are kept", command) from None
        except Barred as barred:
            raise MachineError(self._barred(barred, of=before + len(requests))) from None

    def check_answered(self) -> None:
        """Raise MachineError LF424 where many were asked, and none was answered."""
        outcomes = self._asker.outcomes.values()
        if self._kept or not outcomes or any(_settled(outcome) for outcome in outcomes):
            return
        reasons = [outcome.reason for outcome in outcomes if isinstance(outcome, Failed)]
        message = f"none of {counted(len(outcomes), 'request')} was answered, the last with {reasons[-1]}"
        raise MachineError(Problem("LF424", message, f"look at --endpoint and --model; {self._again}"))

    @property
    def _again(self) -> str:
        return f"then again, and only what is missing is asked: {self._sheet.command}"

    def _barred(self, barred: Barred, *, of: int) -> Problem:
        asker = self._asker
        answered = len(self._kept) + sum(isinstance(outcome, Answer) for outcome in asker.outcomes.values())
        cure = barred.cure
        if barred.code == "LF420" and asker.key.text:
            cure = f"set the right key in {asker.key.name}, or name another variable: --api-key-env NAME"
        host = asker.form.address.host
        kept = f"{answered} of {counted(of, 'request')} have answers, all kept"
        said = "answers no more" if answered else "does not answer"
        return Problem(barred.code, f"{host} {said}: {barred.reason}; {kept}", f"{cure}; {self._again}")

    def use(self) -> EndpointUse:
        """Return what all answers took, and say which rows have none."""
        outcomes: dict[str, Outcome] = {**self._kept, **self._asker.outcomes}
        cost, kept, sent = self._sheet.rows.task.cost, self._kept, self._asker.sent
        use = _use(self.form, outcomes, self._by_row, cost, sent=sent, kept=kept, shots=self._shots)
        _say_failed(use)
        return use


def forget(folder: Path) -> None:
    """Remove the answers that --no-cache keeps for a restart."""
    (folder / PARTIAL).unlink(missing_ok=True)


def _warn_of_clear_text(address: Address, key: Key) -> None:
    if key.text and address.overheard:
        say(f"the key in {key.name} goes to {address.host} unencrypted: the URL of --endpoint begins with http://")


def _form(sheet: Sheet, options: EndpointOptions, address: Address, extra: Mapping[str, object]) -> Form:
    """Return how questions are put; by itself a chat is asked as such, and a prompt without chat as a text."""
    task = sheet.rows.task
    api: Api
    if options.api != "auto":
        api = options.api
    else:
        api = "completions" if task.prompt.chat == "none" and task.prompt.messages is None else "chat"
    return Form(api, address, options.model, sheet.generation, sheet.labels, extra)


def _shots(rows: PreparedRows, options: EndpointOptions) -> tuple[int, ...]:
    """Return the ids of the rows shown in every prompt; with --few-shot those of the baseline few_shot."""
    if options.few_shot is None:
        return shown_rows(rows)
    if options.few_shot and rows.task.prompt.messages is not None:
        message = "--few-shot shows examples before a question, and the rows are whole conversations"
        raise TaskError(Problem("LF277", message, "leave it out"))
    return few_shot_rows(rows, options.few_shot, rows.task.evaluation.seed, key="evaluation.few_shot_examples")


def _putting(sheet: Sheet, api: Api, shots: Sequence[int]) -> Callable[[Example], Prompt]:
    """Return what makes a prompt of a row: turns for a chat, else the text that a model here would be given."""
    prompt, rows = sheet.rows.task.prompt, sheet.rows
    words = Words(prompt.template, prompt.system, tuple(rows.examples_of(shots)))
    if api == "chat":
        return words.messages
    if prompt.chat == "none" and prompt.messages is None:
        return words.text
    require_tokenizer()
    folder = model_folder(rows.task, sheet.task_folder, fetch=False, place=rows.place)
    renderer = few_shot_renderer(Prepared(rows, prepare_model(rows.task, folder, rows)), shots)
    return lambda example: _sendable(renderer.example_prompt(example), renderer)


def _sendable(text: str, renderer: Renderer) -> str:
    """Leave out the beginning-of-sequence token that a chat template writes where the server's tokenizer adds one."""
    prefix = renderer.tokenizer.bos_prefix if renderer.chat_used else ()
    return text.removeprefix(renderer.tokenizer.decode(prefix, skip_special=False)) if prefix else text


def _answers_path(form: Form) -> Path:
    """Return where the answers of one model of one endpoint are kept."""
    return cache_folder() / "endpoint" / f"{digest([form.address.url, form.api, form.model])}.jsonl"


def _settled(outcome: Outcome) -> bool:
    return isinstance(outcome, Answer) or outcome.filtered


def _prediction(row: Example, prompt: Prompt, outcome: Outcome) -> Prediction:
    asked = prompt if isinstance(prompt, str) else shown(prompt)
    if isinstance(outcome, Failed):
        reason = "content_filter" if outcome.filtered else "failed"
        return Prediction(row.row_id, row.answer, None, prompt=asked, finish_reason=reason)
    return Prediction(
        row_id=row.row_id,
        gold=row.answer,
        prediction=outcome.text,
        prompt=asked,
        finish_reason=outcome.finish_reason,
        prompt_tokens=outcome.prompt_tokens,
        completion_tokens=outcome.completion_tokens,
    )


def _use(
    form: Form,
    outcomes: Mapping[str, Outcome],
    by_row: Mapping[int, Outcome],
    cost: Cost,
    *,
    sent: int,
    kept: Mapping[str, Answer],
    shots: Sequence[int],
) -> EndpointUse:
    answers = [outcome for outcome in outcomes.values() if isinstance(outcome, Answer)]
    new = [answer for answer in answers if answer.key not in kept]
    failed = [(row, each) for row, each in by_row.items() if isinstance(each, Failed)]
    return EndpointUse(
        host=form.address.host,
        model=form.model,
        api=form.api,
        few_shot_rows=tuple(shots),
        requests=sent,
        answers=len(answers),
        kept_answers=len(kept),
        prompt_tokens=_sum([answer.prompt_tokens for answer in answers]),
        cached_tokens=sum(answer.cached_tokens or 0 for answer in answers),
        completion_tokens=_sum([answer.completion_tokens for answer in answers]),
        usd=_usd(answers, cost),
        spent_usd=_usd(new, cost),
        latency=_latency([answer.seconds for answer in answers]),
        failed=tuple(FailedRow(row, each.reason) for row, each in failed if not each.filtered),
        filtered=tuple(row for row, each in failed if each.filtered),
    )


def _sum(counts: Sequence[int | None]) -> int | None:
    """Return the sum; None where the endpoint left one out."""
    known = [count for count in counts if count is not None]
    return sum(known) if len(known) == len(counts) else None


def _usd(answers: Sequence[Answer], cost: Cost) -> float | None:
    """Return what these answers cost by the task's prices; kept prompt tokens at the full price."""
    asked = _sum([answer.prompt_tokens for answer in answers])
    made = _sum([answer.completion_tokens for answer in answers])
    prices = cost.input_usd_per_million_tokens, cost.output_usd_per_million_tokens
    if asked is None or made is None or prices[0] is None or prices[1] is None:
        return None
    return (asked * prices[0] + made * prices[1]) / 1e6


def _latency(seconds: Sequence[float]) -> Latency | None:
    if not seconds:
        return None
    ordered = sorted(seconds)
    p50, p90, p95, p99 = (ordered[math.ceil(len(ordered) * share) - 1] for share in (0.5, 0.9, 0.95, 0.99))
    return Latency(p50, p90, p95, p99, longest=ordered[-1])


def _say_failed(use: EndpointUse) -> None:
    if use.failed:
        reasons = list(dict.fromkeys(each.reason for each in use.failed))
        rows = listed([each.row_id for each in use.failed])
        say(f"{counted(len(use.failed), 'row')} failed for good and count as wrong, row ids {rows}: {reasons[0]}")
        say("the same command asks them again, and nothing else")
    if use.filtered:
        say(f"refused by a content filter: {counted(len(use.filtered), 'row')}, row ids {listed(use.filtered)}")
