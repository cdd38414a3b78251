"""The plan itself, as lfine's own stages read it.

    lfine compile task.yaml --target native --out folder      writes folder/plan.json

*Not here:* the file's form (lfine.finetune.compile.files).
"""

from __future__ import annotations

from lfine.finetune.compile.files import plan_record
from lfine.finetune.targets.written import Source, Written
from lfine.schemas.records import json_text


def write(source: Source) -> Written:
    """Return plan.json; nothing is lost."""
    text = json_text(plan_record(source.plan))
    return Written({"plan.json": text}, main="plan.json", command="lfine train TASK", lacks=())
