"""Writers of data files: one module for each that reads them, found by the name's suffix, and every file read back.

    registry.write_rows(Path("rows.csv"), Rows(columns=("q", "tags"), rows=({"q": "2+2?", "tags": ["sum"]},)))
      ─▶  (Rewritten(column="tags", kind="list", form="JSON text", rows=1),)

*Not here:* conversations from one form into another (lfine.finetune.data.convert).
"""
