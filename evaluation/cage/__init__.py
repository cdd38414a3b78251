"""Where what a model wrote is run: a process of its own that can compute and answer, and do nothing else.

    syscalls.py   the kernel's filter: which system calls are left
    inside.py     the script that confines itself and then runs a program, or queries
    children.py   asking such a process, with an end to waiting
    programs.py   many programs, each in a new process
    queries.py    many pairs of queries on SQLite files

What this protects from and what not: docs/explanation/cage.md. *Not here:* what is right or wrong
(lfine.evaluation.metrics).
"""
