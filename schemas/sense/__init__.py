"""What keys say together: checks that need the whole task file and none of its data, one small function each.

    epochs: 3 with train_steps: 100        →  LF206, one of them would be ignored
    template: 'Label: {label}', output_feature: label  →  LF202, the answer stands in the prompt

Each check looks only at values of the right kind: the others have been reported already.

*Not here:* columns and rows (lfine.finetune.data), names of metrics (lfine.evaluation).
"""

from lfine.schemas.sense.prompt import template_span
from lfine.schemas.sense.table import CHECKS, sense_problems

__all__ = ["CHECKS", "sense_problems", "template_span"]
