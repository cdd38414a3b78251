"""Conversations from one form into another, and texts that hold JSON as what they hold.

    {"instruction": "Add.", "input": "2+2", "output": "4"}
      ─▶  {"messages": [{"role": "user", "content": "Add.\\n\\n2+2"}, {"role": "assistant", "content": "4"}]}

*Not here:* file formats (lfine.finetune.data.writing).
"""
