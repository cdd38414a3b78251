"""A JSON Schema as a rule for the next token, by the llguidance library (extra `structured`).

    grammar = JsonGrammar('{"type": "object", "required": ["a"], …}', folder / "tokenizer.json", end_id=2, lead=" ")
    grammar.begin().allowed()          # the tokens that begin an object, with the leading space or without

Every finished answer satisfies the schema; one that max_new_tokens ends half way is no JSON (finish_reason length).
Why this library: docs/decisions/0006.

*Not here:* which schema (the plan), choosing among tokens (local.py).
"""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lfine.schemas.errors import MachineError, TaskError
from lfine.schemas.problems import Problem

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

PATH = "generation.constrain"


def require_library() -> None:
    """Raise MachineError LF401 unless the library of the extra is installed."""
    if importlib.util.find_spec("llguidance") is None:
        message = "generation.constrain json_schema needs llguidance, which this installation lacks"
        raise MachineError(Problem("LF401", message, "pip install 'lfine[structured]'", path=PATH))


class JsonGrammar:
    """The answers that a schema allows, in the tokens of one model."""

    def __init__(self, schema: str, tokenizer_file: Path, *, end_id: int, lead: str) -> None:
        """`lead` is what training puts before an answer; it is allowed, not demanded. TaskError LF104, LF401."""
        require_library()
        import llguidance

        self._tokenizer = llguidance.LLTokenizer(tokenizer_file.read_text(encoding="utf-8"), eos_token=end_id)
        space = f"{json.dumps(lead)}? " if lead else ""
        self._grammar = f"start: {space}answer\nanswer: %json {json.dumps(json.loads(schema))}"
        wrong = llguidance.LLMatcher.validate_grammar(self._grammar, self._tokenizer)
        if wrong:
            message = f"output_feature.schema cannot be made a rule for answers: {_reason(wrong)}"
            raise TaskError(Problem("LF104", message, "simplify the schema, or remove generation.constrain", path=PATH))
        self._end_id = end_id

    def begin(self) -> JsonWalk:
        import llguidance

        return JsonWalk(llguidance.LLMatcher(self._tokenizer, self._grammar), self._tokenizer.vocab_size, self._end_id)


class JsonWalk:
    """How far one answer has come in the grammar."""

    def __init__(self, matcher: Any, vocabulary: int, end_id: int) -> None:
        import llguidance.numpy as bitmasks

        self._matcher = matcher
        self._mask: NDArray[np.int32] = bitmasks.allocate_token_bitmask(1, vocabulary)
        self._end_id = end_id

    def allowed(self) -> Sequence[int]:
        """Return the tokens that the schema allows here; the end token once the answer is whole."""
        import llguidance.numpy as bitmasks
        import numpy as np

        if self._matcher.is_stopped():
            return [self._end_id]
        bitmasks.fill_next_token_bitmask(self._matcher, self._mask, 0)
        bits = np.unpackbits(self._mask[0].view(np.uint8), bitorder="little")
        found: list[int] = np.flatnonzero(bits).tolist()
        return found or [self._end_id]

    def advance(self, token: int) -> None:
        """Take one of them."""
        self._matcher.consume_token(token)

    def only_way(self) -> tuple[int, ...] | None:
        """Return the end token where the answer is whole and nothing may follow."""
        return (self._end_id,) if self._matcher.is_stopped() else None


def _reason(message: str) -> str:
    """Return the sentence of the library's message, without the place in a grammar that nobody wrote."""
    line = next((line for line in message.splitlines() if line.strip()), message)
    return line.partition("): ")[2] or line
