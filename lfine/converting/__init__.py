"""`lfine init --from FILE`: configurations of other systems as task files, with an account of every key.

    convert(Path("ludwig.yaml"), data="viggo.parquet") -> Conversion(task={…}, keys=(Key("trainer.train_steps", …), …))

*Not here:* writing for other systems (lfine.finetune.targets), keys of theirs inside a task (lfine.schemas.foreign).
"""
