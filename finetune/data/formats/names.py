"""Names of columns without the blanks at their ends, which no one sees in a spreadsheet and no one writes in a task.

    bare_names(path, Rows((" Message ", "label"), …))  ─▶  Rows(("Message", "label"), …, warnings=(…,))

*Not here:* names that are missing or stand twice in the file itself (lfine.finetune.data.formats.rows).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from lfine.finetune.data.formats.rows import Rows, otherwise, unreadable
from lfine.finetune.data.stored import stored_values
from lfine.finetune.data.wording import listed, quoted


def bare_columns(path: Path, columns: Sequence[str]) -> tuple[str, ...]:
    """Return the names without blanks at their ends; raises TaskError (LF302) where two names are then the same."""
    bare = tuple(name.strip() for name in columns)
    twice = [name for name, short in zip(columns, bare, strict=True) if bare.count(short) > 1]
    if twice:
        message = f"columns of the same name but for blanks at its ends: {listed([quoted(name) for name in twice])}"
        raise unreadable(path, message, "give every column a name of its own", line=1)
    return bare


def bare_names(path: Path, rows: Rows) -> Rows:
    """Return the rows under the names without blanks, with a warning that says which had some; raises as above."""
    columns = bare_columns(path, rows.columns)
    changed = [quoted(name) for name, bare in zip(rows.columns, columns, strict=True) if name != bare]
    if not changed:
        return rows
    what = "the name of a column has blanks at its ends"
    if len(changed) > 1:
        what = f"the names of {len(changed)} columns have blanks at their ends"
    message = f"{what}, which are left out: {listed(changed)}"
    cure = "nothing to do: a task names the column without them; or remove them from the file"
    values = ([row[name] for name in rows.columns] for row in rows.rows)
    return replace(
        rows,
        columns=columns,
        rows=stored_values(columns, values),
        warnings=(*rows.warnings, otherwise(path, message, cure)),
    )
