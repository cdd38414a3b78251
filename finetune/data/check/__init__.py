"""Findings about a data set: what a person should know before training on it.

Example: `check(rows)` gives a `DataReport` whose findings say "3 rows of test stand in train".
*Not here:* reading files (`data.tables`), printing (`lfine.checking`), pages (`lfine.data_page`).
"""
