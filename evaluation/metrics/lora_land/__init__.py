"""The metrics of the LoRA Land study as it computed them, bugs included: `lora_land.accuracy` and the others.

*Not here:* what is wrong with them, and which strict metric to take instead (docs/explanation/lora-land.md).
"""
