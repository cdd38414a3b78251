"""Data: from files or a hub to rows, splits, a held-out sample, and examples.

    Dataset(path="viggo.parquet") ─read_table─▶ Table ─assign_splits─▶ SplitAssignment ─held_out_sample─▶ HeldOut
                                                 └─────output_of─▶ Output          └─────examples─▶ Example, …

*Not here:* prompts and tokens (lfine.finetune.compile) and what a task file may say (lfine.schemas).
"""
