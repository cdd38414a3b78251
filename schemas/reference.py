"""Reference pages made from the schema and the table of codes, so that they say what the program does.

    ### `adapter.r`
    Rank of the update.
    integer of at least 1 · default `8` · for instance `16`

*Not here:* writing files (`make generate`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lfine.schemas.codes import Code
from lfine.schemas.schema import SchemaKey, mapping_variant, schema_keys
from lfine.schemas.wording import expected, flow

_HUNDREDS = {
    "LF1": "Shape: the file and its schema",
    "LF2": "Sense: keys that contradict each other or the data's header",
    "LF3": "Data",
    "LF4": "Environment",
    "LF5": "Run",
}


def task_file_page(schema: Mapping[str, Any]) -> str:
    """Return the Markdown reference of every key of a task file."""
    lines = ["# The task file", "", str(schema["description"]), "", "| key | default |", "|---|---|"]
    lines += [f"| [`{key.dotted}`](#{_anchor(key)}) | {_default(key)} |" for key in schema_keys()]
    for key in schema_keys():
        lines += ["", f'<a id="{_anchor(key)}"></a>', f"{'#' * (1 + len(key.path))} `{key.dotted}`", ""]
        lines += [str(key.node["description"]), "", *_facts(key)]
    return "\n".join(lines) + "\n"


def _anchor(key: SchemaKey) -> str:
    return "-".join(key.path)


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


def errors_page(codes: Mapping[str, Code]) -> str:
    """Return the Markdown page with a section for every code, at the anchor that a message's `more:` line names."""
    lines = ["# Problems", "", "Every problem that lfine reports has a code. LF1xx to LF3xx are about what you wrote,"]
    lines += ["LF4xx about the machine, LF5xx about a run."]
    hundred = ""
    for number, code in codes.items():
        if number[:3] != hundred:
            hundred = number[:3]
            lines += ["", f"## {_HUNDREDS.get(hundred, hundred)}"]
        lines += ["", f'<a id="{number.lower()}"></a>', "", f"### {number} {code.name}", ""]
        lines += ["**What it looks at.** " + code.what, "", "**Why it is bad.** " + code.why, ""]
        lines += [f"**Example.** {code.example}", "", f"**Use instead.** {code.instead}"]
    return "\n".join(lines) + "\n"
