"""Compile: a task, its data and its base model become a plan in which everything is decided.

    Task ─prepare─▶ Prepared(rows, model) ─compile_task─▶ Compiled(plan, rows) ─write_plan─▶ plan.json

*Not here:* weights and training (lfine.finetune.models, lfine.finetune.train); nothing in this room imports torch.
"""
