"""`lfine evaluate --endpoint`: the held-out rows answered by a model somewhere else, and what that took.

    answer_remotely(Sheet(rows, evaluation, …), EndpointOptions("https://api.example.com/v1", "gpt-4.1-mini"), [7, 3])
      ─▶  Remote(predictions=[Prediction(7, …), Prediction(3, …)], use=EndpointUse(host="api.example.com", usd=0.02, …))

An answer that was paid for is kept under LFINE_CACHE (with --no-cache: beside the predictions, until these are safe),
so a second evaluation, or one after a crash, asks only what has no answer yet.

*Not here:* sending and trying again (lfine.finetune.generate.endpoint), scoring (lfine.evaluating).
"""

from __future__ import annotations

import asyncio
import math
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from tqdm import tqdm

from lfine.compiling import model_folder, say
from lfine.evaluation.records import EndpointUse, FailedRow, Latency, Prediction
from lfine.extras import require_endpoint, require_tokenizer
from lfine.finetune.catalogue.asked import Words, shown
from lfine.finetune.catalogue.rendering import Renderer
from lfine.finetune.catalogue.sources import cache_folder
from lfine.finetune.compile.few_shot import few_shot_renderer, few_shot_rows, shown_rows
from lfine.finetune.compile.plan import EvaluationPlan
from lfine.finetune.compile.prepare import Prepared, PreparedRows, prepare_model
from lfine.finetune.data.pairs import Example
from lfine.finetune.data.wording import counted, listed
from lfine.finetune.generate.endpoint import Asker, Failed, Outcome, Pace
from lfine.finetune.generate.endpoint_address import Address, Key, address_of, read_key
from lfine.finetune.generate.endpoint_answers import Answer, AnswerFile
from lfine.finetune.generate.endpoint_failures import Barred
from lfine.finetune.generate.endpoint_requests import Api, Form, Prompt, Question, Request, read_extra, requests_of
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
    evaluation: EvaluationPlan
    task_folder: Path
    """Where the task's relative paths begin."""
    folder: Path
    """Of this evaluation."""
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

    Raises UsageError LF115, MachineError LF401, LF420–LF425, TaskError; Interrupted with the command that goes on.
    """
    require_endpoint()
    address, key, extra = address_of(options.url), read_key(options.key_name), read_extra(options.request)
    _warn_of_clear_text(address, key)
    form = _form(sheet, options, address, extra)
    examples = sheet.rows.examples_of(row_ids)
    shots = _shots(sheet.rows, options)
    prompts = _prompts(sheet, form.api, examples, shots)
    questions = [Question(row.row_id, prompt) for row, prompt in zip(examples, prompts, strict=True)]
    requests = requests_of(questions, form)
    path = _answers_path(form) if options.cache else sheet.folder / PARTIAL
    with AnswerFile(path) as file:
        kept = file.read([request.key for request in requests])
        missing = [request for request in requests if request.key not in kept]
        if kept:
            say(f"{counted(len(kept), 'request')} of {len(requests)} were answered before and are not sent again")
        asker = Asker(form, key, options.pace, file)
        if missing:
            file.open()
            _ask(asker, missing, sheet.command, before=len(requests) - len(missing))
    outcomes: dict[str, Outcome] = {**kept, **asker.outcomes}
    by_row = {row_id: outcomes[request.key] for request in requests for row_id in request.row_ids}
    found = [_prediction(*each, by_row[each[0].row_id]) for each in zip(examples, prompts, strict=True)]
    use = _use(form, outcomes, by_row, sheet.rows.task.cost, sent=asker.sent, kept=kept, shots=shots)
    _say_failed(use)
    return Remote(found, use)


def forget(folder: Path) -> None:
    """Remove the answers that --no-cache keeps for a restart."""
    (folder / PARTIAL).unlink(missing_ok=True)


def _warn_of_clear_text(address: Address, key: Key) -> None:
    if key.text and address.overheard:
        say(f"the key in {key.name} goes to {address.host} unencrypted: the URL of --endpoint begins with http://")


def _form(sheet: Sheet, options: EndpointOptions, address: Address, extra: Mapping[str, object]) -> Form:
    """Return how questions are put; by itself a chat is asked as such, and a prompt without chat as a text."""
    plan, task = sheet.evaluation.generation, sheet.rows.task
    if plan is None:
        raise ValueError("an evaluation plan without generation cannot answer")
    api: Api
    if options.api != "auto":
        api = options.api
    else:
        api = "completions" if task.prompt.chat == "none" and task.prompt.messages is None else "chat"
    return Form(api, address, options.model, plan, sheet.evaluation.labels, extra)


def _shots(rows: PreparedRows, options: EndpointOptions) -> tuple[int, ...]:
    """Return the ids of the rows shown in every prompt; with --few-shot those of the baseline few_shot."""
    if options.few_shot is None:
        return shown_rows(rows)
    if options.few_shot and rows.task.prompt.messages is not None:
        message = "--few-shot shows examples before a question, and the rows are whole conversations"
        raise TaskError(Problem("LF277", message, "leave it out"))
    return few_shot_rows(rows, options.few_shot, rows.task.evaluation.seed, key="evaluation.few_shot_examples")


def _prompts(sheet: Sheet, api: Api, examples: Sequence[Example], shots: Sequence[int]) -> list[Prompt]:
    """Return what is asked of each row: turns for a chat, else the text that a model on this machine would be given."""
    prompt, rows = sheet.rows.task.prompt, sheet.rows
    words = Words(prompt.template, prompt.system, tuple(rows.examples_of(shots)))
    if api == "chat":
        return [words.messages(example) for example in examples]
    if prompt.chat == "none" and prompt.messages is None:
        return [words.text(example) for example in examples]
    require_tokenizer()
    folder = model_folder(rows.task, sheet.task_folder, fetch=False, place=rows.place)
    renderer = few_shot_renderer(Prepared(rows, prepare_model(rows.task, folder, rows)), shots)
    return [_sendable(renderer.example_prompt(example), renderer) for example in examples]


def _sendable(text: str, renderer: Renderer) -> str:
    """Leave out the beginning-of-sequence token that a chat template writes where the server's tokenizer adds one."""
    prefix = renderer.tokenizer.bos_prefix if renderer.chat_used else ()
    return text.removeprefix(renderer.tokenizer.decode(prefix, skip_special=False)) if prefix else text


def _answers_path(form: Form) -> Path:
    """Return where the answers of one model of one endpoint are kept."""
    return cache_folder() / "endpoint" / f"{digest([form.address.url, form.api, form.model])}.jsonl"


def _ask(asker: Asker, requests: Sequence[Request], command: str, *, before: int) -> None:
    bar = tqdm(
        total=sum(len(request.row_ids) for request in requests),
        desc="answer",
        unit="row",
        file=sys.stderr,
        mininterval=0.3 if sys.stderr.isatty() else 15,
    )
    again = f"then again, and only what is missing is asked: {command}"
    try:
        with bar:
            asyncio.run(asker.ask(requests, lambda request, _: bar.update(len(request.row_ids))))
    except KeyboardInterrupt:
        raise Interrupted("the answers so far are kept", command) from None
    except Barred as barred:
        raise MachineError(_barred(barred, asker, again, before=before, of=before + len(requests))) from None
    if before == 0 and not any(_settled(outcome) for outcome in asker.outcomes.values()):
        reasons = [outcome.reason for outcome in asker.outcomes.values() if isinstance(outcome, Failed)]
        message = f"none of {counted(len(requests), 'request')} was answered, the last with {reasons[-1]}"
        raise MachineError(Problem("LF424", message, f"look at --endpoint and --model; {again}"))


def _settled(outcome: Outcome) -> bool:
    return isinstance(outcome, Answer) or outcome.filtered


def _barred(barred: Barred, asker: Asker, again: str, *, before: int, of: int) -> Problem:
    answered = before + sum(isinstance(outcome, Answer) for outcome in asker.outcomes.values())
    cure = barred.cure
    if barred.code == "LF420" and asker.key.text:
        cure = f"set the right key in {asker.key.name}, or name another variable: --api-key-env NAME"
    host = asker.form.address.host
    message = f"{host} answers no more: {barred.reason}; {answered} of {counted(of, 'request')} have answers, all kept"
    return Problem(barred.code, message, f"{cure}; {again}")


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
