"""What a task's columns are, where nobody has said so: answer, inputs, split, type and metric, each with its reasons.

    guess(table, Wanted()) -> Guess(output="label", inputs=("sentence1", "sentence2"), …)

*Not here:* writing the task file (lfine.starting).
"""
