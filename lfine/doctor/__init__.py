"""What this machine can do for lfine, and what is missing: found without importing anything heavy.

    findings.py    what is found, one record for each thing
    libraries.py   the plain install and every extra: installed, absent, too old
    machine.py     processor, memory, GPU, and whether torch was built for it
    places.py      folders, cached models, variables
    examining.py   all of it, in the order in which it is read

*Not here:* printing it (lfine.cli.doctor).
"""
