"""Obey the plan: one readable loop (loop.py), and what it stands on.

    loop.py      the page: load, adapt, update, log, save
    batches.py   which examples each update sees
    packed.py    one row for a micro-batch: the shared prefix once, then every example
    padded.py    one row for each example: for families without an attention interface
    journal.py   log.jsonl and the progress bar
    checkpoints.py   stop at any moment, go on bit for bit

*Not here:* deciding anything (lfine.finetune.compile), scoring (lfine.evaluation).
"""
