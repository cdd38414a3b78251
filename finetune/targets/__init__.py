"""A plan as the configuration of another system: `lfine compile TASK --target NAME`.

    find("ludwig")(source) -> Written(files={"ludwig.yaml": …, "data.jsonl": …}, lacks=("…",), command="ludwig train …")

A new target is one file here, with a function `write`; nothing else names it.

*Not here:* rendering the rows (lfine.targeting), reading other systems' files (lfine.converting).
"""
