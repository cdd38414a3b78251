"""Data formats: one file each, found by the name's suffix, imported only when a file needs it.

    registry.read_rows(Path("viggo.parquet"))  ─▶  Rows(columns=("gem_id", …), rows=({"gem_id": "viggo-train-0"}, …))

*Not here:* where files are looked for, several files of one data set (lfine.finetune.data.tables).
"""
