"""lfine: declarative fine-tuning of language models."""

from lfine._version import __version__

__all__ = ["__version__"]
