"""Answers of a model to prompts: local.py runs the model on this machine.

*Not here:* rendering prompts (lfine.finetune.catalogue.rendering) and judging answers (lfine.evaluation).
"""
