"""The metrics, one file each: accuracy, exact_match, f1, rouge, json_match and the others.

*Not here:* intervals (lfine.evaluation.intervals). Names stand in .registry, checks of a task in .checking.
"""
