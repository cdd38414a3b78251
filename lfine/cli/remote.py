"""The options of a remote model, and the lines that say what its answers took.

    --endpoint https://api.example.com/v1 --model gpt-4.1-mini --concurrency 32 --requests-per-minute 500

*Not here:* asking it (lfine.endpoints).
"""

from __future__ import annotations

import argparse
import math
from typing import TYPE_CHECKING

from lfine.cli.options import positive
from lfine.schemas.errors import UsageError
from lfine.schemas.problems import Problem

if TYPE_CHECKING:
    from lfine.endpoints import EndpointOptions
    from lfine.evaluation.records import EndpointUse

APIS = ("auto", "chat", "completions", "lorax")
MOST_AT_ONCE = 1000
OF_ENDPOINT = (
    "model",
    "api",
    "api_key_env",
    "requests_per_minute",
    "tokens_per_minute",
    "few_shot",
    "request",
    "no_cache",
)
"""Options that mean nothing without --endpoint, and have no default to tell whether they were given."""


def add_endpoint(parser: argparse.ArgumentParser) -> None:
    remote = parser.add_argument_group("remote models")
    remote.add_argument(
        "--endpoint", metavar="URL", help="ask a model behind this URL (often ending in /v1); needs no torch"
    )
    remote.add_argument(
        "--model", metavar="NAME", help="the model, as the endpoint calls it; lorax: an adapter, or base"
    )
    remote.add_argument(
        "--api",
        choices=APIS,
        default="auto",
        help="OpenAI's chat or completions, or LoRAX's /generate (default: chat; completions for prompt.chat: none)",
    )
    remote.add_argument(
        "--api-key-env", metavar="NAME", help="environment variable of the key (default: OPENAI_API_KEY)"
    )
    remote.add_argument("--few-shot", type=positive, metavar="N", help="show N training rows in every prompt")
    remote.add_argument("--concurrency", type=_at_once, default=16, metavar="N", help="requests under way at once (16)")
    remote.add_argument(
        "--requests-per-minute", type=positive, metavar="N", help="send no more than N requests a minute"
    )
    remote.add_argument(
        "--tokens-per-minute", type=positive, metavar="N", help="use no more than about N tokens a minute"
    )
    remote.add_argument("--timeout", type=_seconds, default=120.0, metavar="SECONDS", help="for one whole answer (120)")
    remote.add_argument(
        "--retries", type=_count, default=6, metavar="N", help="tries after the first when an answer is none (6)"
    )
    remote.add_argument(
        "--patience",
        type=_seconds,
        default=600.0,
        metavar="SECONDS",
        help="stop when a busy endpoint (429) has answered nothing for so long (600)",
    )
    remote.add_argument(
        "--request",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="send this with every request too; KEY=null leaves a key out; may be repeated",
    )
    remote.add_argument("--no-cache", action="store_true", help="ask again what was answered in earlier evaluations")


def endpoint_of(arguments: argparse.Namespace) -> EndpointOptions | None:
    """Return the remote model that is meant, None without --endpoint; UsageError LF115 for a half of it."""
    if arguments.endpoint is None:
        given = [
            f"--{name.replace('_', '-')}" for name in OF_ENDPOINT if getattr(arguments, name) not in (None, False, [])
        ]
        given = [name for name in given if (name, arguments.api) != ("--api", "auto")]
        if given:
            raise UsageError(
                Problem("LF115", f"{given[0]} is for remote models, and --endpoint is not given", GIVE_BOTH)
            )
        return None
    if not arguments.model:
        raise UsageError(Problem("LF115", "--endpoint needs the name of a model", GIVE_BOTH))
    from lfine.endpoints import EndpointOptions
    from lfine.finetune.generate.endpoint import Pace

    pace = Pace(
        concurrency=arguments.concurrency,
        requests_per_minute=arguments.requests_per_minute,
        tokens_per_minute=arguments.tokens_per_minute,
        timeout=arguments.timeout,
        retries=arguments.retries,
        patience=arguments.patience,
    )
    return EndpointOptions(
        url=arguments.endpoint,
        model=arguments.model,
        api=arguments.api,
        key_name=arguments.api_key_env,
        pace=pace,
        few_shot=arguments.few_shot,
        cache=not arguments.no_cache,
        request=arguments.request,
    )


GIVE_BOTH = "--endpoint URL --model NAME"


def use_lines(use: EndpointUse) -> list[str]:
    """Return what the answers took, for people."""
    sent = (
        f"{use.host}: {use.answers} answers, {use.kept_answers} of them kept from before, {use.requests} requests sent"
    )
    lines = [sent]
    if use.prompt_tokens is not None and use.completion_tokens is not None:
        kept = f" ({use.cached_tokens:,} cached there)" if use.cached_tokens else ""
        lines.append(f"tokens: {use.prompt_tokens:,} of prompts{kept}, {use.completion_tokens:,} of answers")
    if use.usd is not None and use.spent_usd is not None:
        lines.append(f"cost: ${use.usd:.4f}, of which this command ${use.spent_usd:.4f}")
    if use.latency is not None:
        at = use.latency
        lines.append(f"seconds for an answer: {at.p50:.2f} (median), {at.p95:.2f} (95%), {at.p99:.2f} (99%)")
    return lines


def _seconds(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not (math.isfinite(number) and number > 0):
        raise argparse.ArgumentTypeError(f"must be a number of seconds above 0, got {text!r}")
    return number


def _count(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"must be a whole number, got {text!r}")
    return int(text)


def _at_once(text: str) -> int:
    number = positive(text)
    if number > MOST_AT_ONCE:
        raise argparse.ArgumentTypeError(f"must be at most {MOST_AT_ONCE}, got {text!r}")
    return number
