"""`python -m lfine` is `lfine`.

*Not here:* anything else.
"""

from lfine.cli.main import entry

if __name__ == "__main__":
    entry()
