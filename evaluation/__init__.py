"""From answers to a number that can be trusted: records, metrics, intervals, comparison, reports.

*Not here:* models. Nothing in this floor imports lfine.finetune or torch.
"""
