"""The version of lfine, read by the build and written into every file that a run leaves behind."""

__version__ = "0.1.0"
