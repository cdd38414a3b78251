"""Reference pages: complete, and linked as messages link them."""

from __future__ import annotations

import re

from lfine.schemas.codes import CODES
from lfine.schemas.reference import errors_page, task_file_page
from lfine.schemas.schema import schema_keys, task_schema

TASK_PAGE = task_file_page(task_schema())
ERRORS_PAGE = errors_page(CODES)


def section(page: str, heading: str) -> str:
    """Return the text from a heading to the next one."""
    _, _, rest = page.partition(f"# {heading}\n")
    return re.split(r"\n#", rest)[0]


def test_every_key_has_a_section_and_a_row() -> None:
    for key in schema_keys():
        assert f"# `{key.dotted}`\n" in TASK_PAGE
        assert TASK_PAGE.count(f"](#{'-'.join(key.path)})") == 1
        assert TASK_PAGE.count(f'<a id="{"-".join(key.path)}"></a>') == 1


def test_a_section_says_type_default_unit_and_example() -> None:
    text = section(TASK_PAGE, "`preprocessing.max_sequence_length`")
    assert "Longest prompt with completion" in text
    assert "- type: an integer of at least 8, a percentile from `p50` to `p100` or null\n" in text
    assert "- default: `p95`\n" in text
    assert "- unit: tokens\n" in text
    assert "- example: `max_sequence_length: 512`, `max_sequence_length: p99`" in text


def test_required_keys_and_keys_with_defaults_below() -> None:
    assert "- default: required" in section(TASK_PAGE, "`base_model`")
    assert "- default: by its keys" in section(TASK_PAGE, "`trainer`")
    assert "- default: `null`" in section(TASK_PAGE, "`quantization`")
    assert "- default: `[]`" in section(TASK_PAGE, "`evaluation.baselines`")


def test_every_code_has_a_section_with_four_parts() -> None:
    for number, code in CODES.items():
        text = section(ERRORS_PAGE, f"{number} {code.name}")
        for part in ("What it looks at", "Why it is bad", "Example", "Use instead"):
            assert f"**{part}.** " in text
        assert code.what in text
        assert code.instead in text


def test_anchors_are_those_that_messages_name() -> None:
    assert re.findall(r'<a id="(\w+)"></a>', ERRORS_PAGE) == [number.lower() for number in CODES]


def test_codes_are_grouped_by_their_hundred() -> None:
    assert re.findall(r"^## (\w+)", ERRORS_PAGE, re.MULTILINE) == ["Shape", "Sense", "Data", "Environment", "Run"]


def test_pages_are_the_same_each_time_and_end_with_one_newline() -> None:
    assert task_file_page(task_schema()) == TASK_PAGE
    for page in (TASK_PAGE, ERRORS_PAGE):
        assert page.endswith("\n")
        assert not page.endswith("\n\n")
