"""Reference pages made from the schema and the table of codes, so that they say what the program does.

    ### `adapter.r`
    Rank of the update.
    integer of at least 1 · default `8` · for instance `16`

    | [LF225](errors.md#lf225) same-file-twice | error | the task file | The same file is named for two splits. |

*Not here:* writing files (`make generate`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from lfine.schemas.codes import CODES
from lfine.schemas.schema import EACH, SchemaKey, mapping_variant, schema_keys
from lfine.schemas.sense.checks import Check, Level
from lfine.schemas.wording import expected, flow

_HUNDREDS = {
    "LF1": "Shape: the file and its schema",
    "LF2": "Sense: keys that contradict each other or the data's header",
    "LF3": "Data",
    "LF4": "Environment",
    "LF5": "Run",
}


LEVELS: dict[Level, str] = {
    "file": "the task file",
    "header": "the header of data or model",
    "rows": "the rows of the data",
}
"""What a check must have read."""


def task_file_page(schema: Mapping[str, Any]) -> str:
    """Return the Markdown reference of every key of a task file."""
    lines = ["# The task file", "", str(schema["description"]), "", "| key | default |", "|---|---|"]
    lines += [f"| [`{key.dotted}`](#{_anchor(key)}) | {_default(key)} |" for key in schema_keys()]
    for key in schema_keys():
        lines += ["", f'<a id="{_anchor(key)}"></a>', f"{'#' * (1 + len(key.path))} `{key.dotted}`", ""]
        lines += [str(key.node["description"]), "", *_facts(key)]
    return "\n".join(lines) + "\n"


def _anchor(key: SchemaKey) -> str:
    return "-".join("each" if part == EACH else part for part in key.path)


def _default(key: SchemaKey) -> str:
    if key.required:
        return "required"
    default = key.node["default"]
    return "by its keys" if default == {} and mapping_variant(key.node) else f"`{flow(default)}`"


def _facts(key: SchemaKey) -> list[str]:
    facts = [f"- type: {expected(key.node)}", f"- default: {_default(key)}"]
    facts += [f"- unit: {key.node['x-unit']}"] if "x-unit" in key.node else []
    name = key.path[-1]
    return [*facts, "- example: " + ", ".join(f"`{name}: {flow(example)}`" for example in key.node["examples"])]


def errors_page(checks: Sequence[Check]) -> str:
    """Return the Markdown page with a section for every code."""
    lines = ["# Problems", "", "Every problem that lfine reports has a code. LF1xx to LF3xx are about what you wrote,"]
    lines += ["LF4xx about the machine, LF5xx about a run. `lfine explain LF102` prints one of these sections."]
    hundred = ""
    for number, code in CODES.items():
        if number[:3] != hundred:
            hundred = number[:3]
            lines += ["", f"## {_HUNDREDS.get(hundred, hundred)}"]
        lines += ["", f'<a id="{number.lower()}"></a>', "", f"### {number} {code.name}", ""]
        lines.append("\n\n".join(f"**{part.capitalize()}.** {text}" for part, text in parts(number, checks)))
    return "\n".join(lines) + "\n"


def parts(number: str, checks: Sequence[Check]) -> list[tuple[str, str]]:
    """Return what is said of one code: `("what it looks at", "A required key is absent."), …`."""
    code, levels = CODES[number], _levels([check for check in checks if check.code == number])
    told = [("what it looks at", code.what), ("why it is bad", code.why), ("example", code.example)]
    return [*told, ("use instead", code.instead), *([("found in", levels)] if levels else [])]


def _levels(checks: Sequence[Check]) -> str:
    """Return where the checks of one code look, and whether they warn: `the task file, the rows of the data; warns`."""
    if not checks:
        return ""
    return _places(checks) + ("; warns" if all(check.severity == "warning" for check in checks) else "")


def _places(checks: Sequence[Check]) -> str:
    return ", ".join(dict.fromkeys(LEVELS[check.level] for check in checks))


def checks_page(checks: Sequence[Check]) -> str:
    """Return the Markdown table of what is checked beyond the shape of the file, a line for each code."""
    by_code: dict[str, list[Check]] = {}
    for check in checks:
        by_code.setdefault(check.code, []).append(check)
    lines = ["# Checks", "", "What keys say together, and what they say of the data. The task file is checked by"]
    lines += ["`lfine validate`, `compile` and `train`, and so is the header where the data are here; the rows by"]
    lines += ["`lfine validate --data`, `compile` and `train`. A warning stops nothing."]
    lines += ["", f"{len(by_code)} checks:", "", "| code | | found in | what it looks at |", "|---|---|---|---|"]
    for number, same in by_code.items():
        link = f"[{number}](errors.md#{number.lower()}) {same[0].name}"
        lines.append(f"| {link} | {same[0].severity} | {_places(same)} | {CODES[number].what} |")
    return "\n".join(lines) + "\n"
