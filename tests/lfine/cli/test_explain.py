"""`lfine explain`: the section of a problem, wherever lfine is installed."""

from __future__ import annotations

import re
import shlex

import pytest

from lfine.schemas.codes import CODES
from lfine.schemas.problems import Problem
from tests.lfine.projects import lfine, refused


def test_a_code_to_the_letter() -> None:
    ended = lfine("explain", "LF306")
    assert (ended.code, ended.err) == (0, "")
    code = CODES["LF306"]
    assert ended.out == (
        "LF306 small-held-out\n"
        f"   what it looks at: {code.what}\n"
        f"   why it is bad: {code.why}\n"
        f"   example: {code.example}\n"
        f"   use instead: {code.instead}\n"
        "   found in: the rows of the data; warns\n"
    )


@pytest.mark.parametrize("code", CODES)
def test_what_a_message_names_is_a_command_that_explains_it(code: str) -> None:
    more = Problem(code, "m", "c").text().splitlines()[-1]
    found = re.fullmatch(r"   more: (lfine explain \w+)", more)
    assert found is not None, more
    ended = lfine(*shlex.split(found[1])[1:])
    assert (ended.code, ended.out.splitlines()[0]) == (0, f"{code} {CODES[code].name}")


def test_several_in_the_order_given_by_name_too_and_in_any_letters() -> None:
    ended = lfine("explain", "lf501", "Unknown-Key")
    assert [line for line in ended.out.splitlines() if line.startswith("LF")] == ["LF501 no-run", "LF103 unknown-key"]


def test_as_json() -> None:
    (found,) = lfine("explain", "LF103", "--format", "json").json()["codes"]
    assert found == {"code": "LF103", **CODES["LF103"]._asdict()}


def test_what_is_no_code_is_refused_with_a_suggestion() -> None:
    ended = refused("explain", "LF103", "unknwon-key", "LF999")
    assert (ended.code, [problem["code"] for problem in ended.problems()]) == (2, ["LF115", "LF115"])
    assert [problem["cure"] for problem in ended.problems()] == [
        "did you mean `unknown-key`?",
        "give a code as messages show it, for instance LF102",
    ]
