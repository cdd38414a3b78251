"""The command line: main.py and one module for each command.

*Not here:* what the commands do: the modules of lfine that they call.
"""
