"""`lfine init DATA`: a task file from a data file, with every choice explained in a comment.

    drafted(guess, …) -> Draft(sections=(Section("output_feature", …), …))    written(draft) -> "# …\nbase_model: …"

*Not here:* the guess itself (lfine.finetune.data.guess), other systems' configurations (lfine.converting).
"""
