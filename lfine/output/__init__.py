"""Findings as other programs read them: one file for each format.

    lfine validate tasks --format sarif > lfine.sarif      (lfine.output.sarif)

*Not here:* text and JSON (lfine.schemas.rendering), the findings themselves (lfine.validating).
"""
