"""Answers of a model to prompts: local.py runs the model, local_answers.py goes from a plan and rows to texts;
endpoint.py asks a model elsewhere, and it and the modules whose names begin like its own need no torch.

Which token comes next is decided by local_sampling.py (chance), label_trie.py and json_grammar.py (what is allowed at
all); stopping.py ends an answer at a text.
*Not here:* rendering prompts (lfine.finetune.catalogue.rendering) and judging answers (lfine.evaluation).
"""
