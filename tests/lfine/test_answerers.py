"""Who answers new rows: a local model is made ready once for all that it is asked, and is put back at the end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace

import pytest
from torch import Tensor, nn

from lfine import answerers
from lfine.answerers import Opened, answerer_of
from lfine.evaluation.records import Prediction
from lfine.finetune.compile.compiling import plan_generation
from lfine.finetune.data.pairs import Example
from lfine.finetune.models import laid_out
from lfine.predicting import PredictOptions
from tests.lfine.projects import Project


@pytest.fixture
def laid(monkeypatch: pytest.MonkeyPatch) -> Counter[nn.Linear]:
    """How often each weight was laid out, on any processor."""
    found: Counter[nn.Linear] = Counter()

    def product(module: nn.Linear, tokens: int) -> Callable[[Tensor], Tensor]:
        assert tokens > 0
        found[module] += 1
        return lambda states: nn.functional.linear(states, module.weight, module.bias)

    monkeypatch.setattr(laid_out, "_takes", lambda _: True)
    monkeypatch.setattr(laid_out, "_product", product)
    return found


def asked(opened: Opened, *texts: str) -> list[str | None]:
    found: list[Prediction] = []
    rows = [Example(row, {"question": text}, "") for row, text in enumerate(texts)]
    opened.who.answers(rows, found.append)
    return [each.prediction for each in sorted(found, key=lambda each: each.row_id)]


def are_laid(laid: Counter[nn.Linear]) -> set[bool]:
    return {"forward" in vars(module) for module in laid}


@pytest.mark.parametrize("base", [False, True])
def test_weights_are_laid_out_once_for_three_windows(finished: Project, laid: Counter[nn.Linear], base: bool) -> None:
    options = PredictOptions(runs_dir=str(finished.runs), base=base)
    with answerer_of(finished.task, options) as opened:
        assert not laid, "nothing is loaded before the first question"
        first = asked(opened, "why was a fee taken", "my card was lost")
        assert set(laid.values()) == {1}
        assert are_laid(laid) == {True}
        assert asked(opened, "my card was lost") == first[1:]
        assert asked(opened, "why was a fee taken") == first[:1]
        assert set(laid.values()) == {1}
        assert are_laid(laid) == {True}, "between two windows and after the last"
    assert are_laid(laid) == {False}


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_weights_are_put_back_after_an_error(
    finished: Project, laid: Counter[nn.Linear], error: type[BaseException]
) -> None:
    def stop(_: Prediction) -> None:
        raise error

    def answer() -> None:
        with answerer_of(finished.task, PredictOptions(runs_dir=str(finished.runs))) as opened:
            asked(opened, "why was a fee taken")
            assert are_laid(laid) == {True}
            opened.who.answers([Example(0, {"question": "my card was lost"}, "")], stop)

    with pytest.raises(error):
        answer()
    assert laid
    assert are_laid(laid) == {False}


def test_the_padded_layout_is_not_made_ready(
    finished: Project, laid: Counter[nn.Linear], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was never laid out for: the second copy of the weights would be for nothing."""
    plan = plan_generation
    monkeypatch.setattr(answerers, "plan_generation", lambda *of: replace(plan(*of), layout="padded"))
    with answerer_of(finished.task, PredictOptions(runs_dir=str(finished.runs))) as opened:
        assert len(asked(opened, "why was a fee taken")) == 1
    assert not laid
