"""The contract: what a task may say, and how lfine says no.

    task.yaml ─load_task─▶ LoadedTask(task: Task, document with the line and column of every key)

*Not here:* anything that reads data, knows a model or decides a value: that is lfine.finetune.
"""
