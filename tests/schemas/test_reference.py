"""Reference pages: complete, and linked as messages link them."""

from __future__ import annotations

import re

from lfine.schemas.codes import CODES
from lfine.schemas.reference import checks_page, errors_page, task_file_page
from lfine.schemas.schema import EACH, schema_keys, task_schema
from lfine.schemas.sense import CHECKS

TASK_PAGE = task_file_page(task_schema())
ERRORS_PAGE = errors_page(CHECKS)
CHECKS_PAGE = checks_page(CHECKS)


def section(page: str, heading: str) -> str:
    """Return the text from a heading to the next one."""
    _, _, rest = page.partition(f"# {heading}\n")
    return re.split(r"\n#", rest)[0]


def test_every_key_has_a_section_and_a_row() -> None:
    for key in schema_keys():
        assert f"# `{key.dotted}`\n" in TASK_PAGE
        anchor = "-".join(key.path).replace(EACH, "each")
        assert TASK_PAGE.count(f"](#{anchor})") == 1
        assert TASK_PAGE.count(f'<a id="{anchor}"></a>') == 1


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


def test_every_code_has_its_anchor() -> None:
    assert re.findall(r'<a id="(\w+)"></a>', ERRORS_PAGE) == [number.lower() for number in CODES]


def test_codes_are_grouped_by_their_hundred() -> None:
    assert re.findall(r"^## (\w+)", ERRORS_PAGE, re.MULTILINE) == ["Shape", "Sense", "Data", "Environment", "Run"]


def test_pages_are_the_same_each_time_and_end_with_one_newline() -> None:
    assert task_file_page(task_schema()) == TASK_PAGE
    for page in (TASK_PAGE, ERRORS_PAGE, CHECKS_PAGE):
        assert page.endswith("\n")
        assert not page.endswith("\n\n")


def test_every_check_has_one_line_that_links_to_its_section() -> None:
    for code in {check.code for check in CHECKS}:
        (line,) = [line for line in CHECKS_PAGE.splitlines() if f"(errors.md#{code.lower()})" in line]
        assert CODES[code].name in line
        assert CODES[code].what in line


def test_the_line_says_severity_and_what_must_be_read() -> None:
    lines = CHECKS_PAGE.splitlines()
    assert "| [LF246](errors.md#lf246) unusual-scale | warning | the task file |" in "\n".join(lines)
    assert any("LF201" in line and "| error | the header of data or model |" in line for line in lines)
    assert any("LF309" in line and "| the rows of the data |" in line for line in lines)
    assert any("LF236" in line and "| the task file, the header of data or model |" in line for line in lines)


def test_a_section_says_where_its_check_looks() -> None:
    assert "**Found in.** the task file; warns" in section(ERRORS_PAGE, "LF246 unusual-scale")
    assert "**Found in.** the header of data or model" in section(ERRORS_PAGE, "LF201 unknown-column")
    assert "**Found in.**" not in section(ERRORS_PAGE, "LF101 missing-key")
