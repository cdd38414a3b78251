"""Every metric is compared with an independent reference in a property of 500 cases; which test does is declared there.

*Not here:* the comparisons; that a declared metric is truly asked in 500 cases (asking.parity).
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lfine.evaluation.metrics import registry
from tests.evaluation.metrics.asking import asked, parity, per_row

ROOT = Path(__file__).parents[3]


def declared() -> Iterator[str]:
    """Yield the metrics that the tests of this folder compare with a reference."""
    for path in sorted(Path(__file__).parent.rglob("test_*.py")):
        module = importlib.import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))
        for name, test in vars(module).items():
            if name.startswith("test_"):
                yield from getattr(test, "parity", ())


def test_every_metric_has_a_parity_test() -> None:
    assert sorted(set(registry.names()) - set(declared())) == []


@given(st.booleans())
def _idle(_: bool) -> None:
    """Asks nothing."""


@given(st.booleans())
def _twice(sign: bool) -> None:
    """Asks, and there are two cases only."""
    per_row(registry.find("exact_match"), asked([("a", "a" if sign else "b")]))


@pytest.mark.parametrize(("test", "said"), [(_idle, "'exact_match': 0"), (_twice, "'exact_match': 2")])
def test_a_parity_test_that_does_not_ask_500_times_fails(test: object, said: str) -> None:
    with pytest.raises(AssertionError, match=said):
        parity("exact_match")(test)()  # type: ignore[arg-type]
