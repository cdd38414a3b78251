"""From a task to an adapter and its answers: data, catalogue, compile, models, generate, train.

*Not here:* scoring (lfine.evaluation) and the command line (lfine.cli). Each room imports only rooms to its left.
"""
