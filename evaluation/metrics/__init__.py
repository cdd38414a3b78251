"""The metrics, one file each: `accuracy`, `exact_match`, `rouge`, `f1`, `precision`, `recall`, `confusion`.

*Not here:* finding a metric by its name (lfine.evaluation.metrics.registry) and intervals (lfine.evaluation.intervals).
"""
