"""The normalisation that decides which answers are the same. *Not here:* accuracy itself."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lfine.evaluation.text import normalise


@pytest.mark.parametrize(
    ("written", "normal"),
    [
        (" yes ", "yes"),
        ("Auto\n\tClaims.", "auto claims"),
        ("yes .", "yes"),
        ("yes..", "yes."),
        ("3.5", "3.5"),
        (".", "."),
        ("", ""),
        ("Straße", "strasse"),
        ("cafe\u0301", "caf\u00e9"),
        ("a\u00a0b", "a b"),
        ("no!", "no!"),
    ],
)
def test_normal_forms(written: str, normal: str) -> None:
    assert normalise(written) == normal


@given(st.text(max_size=30))
def test_outer_white_space_and_case_never_matter(text: str) -> None:
    assert normalise(f"\n {text}\t") == normalise(text)
    assert normalise(text.casefold()) == normalise(text)
