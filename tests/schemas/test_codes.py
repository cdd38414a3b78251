"""The table of codes: in order, in full, in the house's words."""

from __future__ import annotations

import re

import pytest

from lfine.schemas.codes import CODES


def test_codes_stand_in_order() -> None:
    assert list(CODES) == sorted(CODES)
    assert all(re.fullmatch(r"LF[1-5]\d\d", number) for number in CODES)


def test_names_are_kebab_case_and_unique() -> None:
    names = [code.name for code in CODES.values()]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name) for name in names)


@pytest.mark.parametrize("number", CODES)
def test_each_code_is_described(number: str) -> None:
    code = CODES[number]
    assert code.what.endswith(".")
    assert code.why.endswith(".")
    assert code.example
    assert code.instead
