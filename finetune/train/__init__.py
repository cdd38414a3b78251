"""Obey the plan: one readable loop (loop.py), and what it stands on.

    loop.py          the page: load, adapt, update, evaluate, log, save
    batches.py       which examples each update sees
    targets.py       what each token weighs; noise.py: what is added to its embedding
    losses.py        the loss of a batch and its gradient; halving.py: again in smaller parts where memory runs out
    packed.py        one row for a micro-batch: the shared prefix once, then every example
    flex.py          the same row's attention by FlexAttention
    padded.py        one row for each example: for families without an attention interface
    optimizers.py    the optimizers; schedule.py: their rate
    evaluations.py   validation loss and the task's metrics; selection.py: the best of them
    journal.py       log.jsonl and the progress bar; trackers.py: the same elsewhere
    checkpoints.py   stop at any moment, go on bit for bit
    determinism.py   operations that differ from run to run, refused

*Not here:* deciding anything (lfine.finetune.compile), scoring (lfine.evaluation).
"""
