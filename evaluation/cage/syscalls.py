"""The filter of system calls that a process in the cage cannot leave: a program for the kernel's seccomp (BPF).

    filter_program("x86_64", pid=4711)  →  b"…"    # eight bytes for each instruction of struct sock_filter
    filter_program("riscv64", pid=1)    →  None    # its numbers of system calls are not listed here

A call that is not listed fails with EPERM, so new kinds of calls are closed until somebody opens them. What is left:
memory, clocks, threads of the process itself, and reading files (which ones, Landlock says). No socket, no new process,
no file opened for writing, no signal to another process.

Sources: seccomp(2), seccomp_unotify(2), linux/filter.h; numbers from asm/unistd_64.h and asm-generic/unistd.h.
*Not here:* installing it (.inside).
"""

from __future__ import annotations

import errno
import struct
from collections.abc import Sequence
from dataclasses import dataclass, field

LOAD, EQUAL, AT_LEAST, ANY_BIT, AND, RETURN = 0x20, 0x15, 0x35, 0x45, 0x54, 0x06
NUMBER, ARCHITECTURE = 0, 4
"""Offsets in struct seccomp_data."""
ALLOW, KILL, REFUSE = 0x7FFF0000, 0x80000000, 0x00050000
"""What a filter returns; REFUSE with an errno in its lower half."""
FOREIGN_CALLS = 0x40000000
"""From here on the numbers are those of the x32 interface."""

WRITING = 0o1 | 0o2 | 0o100 | 0o1000 | 0o2000 | 0o20000000
"""O_WRONLY, O_RDWR, O_CREAT, O_TRUNC, O_APPEND, the bit of O_TMPFILE: the same numbers on both architectures."""
THREAD = 0x00010000 | 0x00000100
"""CLONE_THREAD and CLONE_VM: both are set for a thread, and not for a process."""
TERMINAL_QUESTIONS = (0x5401, 0x541B, 0x5450, 0x5451)
"""ioctl: TCGETS, FIONREAD, FIONCLEX, FIOCLEX."""
DESCRIPTOR_COMMANDS = (0, 1, 2, 3, 4, 5, 1030)
"""fcntl: F_DUPFD, F_GETFD, F_SETFD, F_GETFL, F_SETFL, F_GETLK, F_DUPFD_CLOEXEC; not F_SETOWN, which sends signals."""

# fmt: off
SIMPLE = {
    "x86_64": (
        0, 1, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 17, 19, 20, 21, 22, 23, 24, 25, 27, 28,
        # read write close stat fstat lstat poll lseek mmap mprotect munmap brk rt_sigaction rt_sigprocmask rt_sigreturn
        # pread64 readv writev access pipe select sched_yield mremap mincore madvise
        32, 33, 34, 35, 36, 37, 38, 39, 60, 63, 79, 89, 97, 98, 99, 100, 102, 104, 107, 108, 110, 111,
        # dup dup2 pause nanosleep getitimer alarm setitimer getpid exit uname getcwd readlink getrlimit getrusage
        # sysinfo times getuid getgid geteuid getegid getppid getpgrp
        131, 158, 186, 201, 202, 204, 217, 218, 228, 229, 230, 231, 262, 267, 269, 270, 271, 273,
        # sigaltstack arch_prctl gettid time futex sched_getaffinity getdents64 set_tid_address clock_gettime
        # clock_getres clock_nanosleep exit_group newfstatat readlinkat faccessat pselect6 ppoll set_robust_list
        292, 293, 318, 324, 332, 334, 439,
        # dup3 pipe2 getrandom membarrier statx rseq faccessat2
    ),
    "aarch64": (
        17, 23, 24, 48, 57, 59, 61, 62, 63, 64, 65, 66, 67, 72, 73, 78, 79, 80, 93, 94, 96, 98, 99,
        # getcwd dup dup3 faccessat close pipe2 getdents64 lseek read write readv writev pread64 pselect6 ppoll
        # readlinkat newfstatat fstat exit exit_group set_tid_address futex set_robust_list
        101, 102, 103, 113, 114, 115, 123, 124, 132, 134, 135, 139, 153, 155, 160, 163, 165,
        # nanosleep getitimer setitimer clock_gettime clock_getres clock_nanosleep sched_getaffinity sched_yield
        # sigaltstack rt_sigaction rt_sigprocmask rt_sigreturn times getpgid uname getrlimit getrusage
        172, 173, 174, 175, 176, 177, 178, 179, 214, 215, 216, 222, 226, 232, 233, 278, 283, 291, 293, 439,
        # getpid getppid getuid geteuid getgid getegid gettid sysinfo brk munmap mremap mmap mprotect mincore madvise
        # getrandom membarrier statx rseq faccessat2
    ),
}
# fmt: on
"""Calls that are allowed whatever their arguments, by machine."""


@dataclass(frozen=True)
class _Machine:
    architecture: int
    """AUDIT_ARCH_…, which the kernel puts beside every call."""
    openat: int
    clone: int
    kill: int
    tgkill: int
    ioctl: int
    fcntl: int
    prlimit64: int
    clone3: int = 435
    open: int | None = None


_MACHINES = {
    "x86_64": _Machine(
        0xC000003E, openat=257, clone=56, kill=62, tgkill=234, ioctl=16, fcntl=72, prlimit64=302, open=2
    ),
    "aarch64": _Machine(0xC00000B7, openat=56, clone=220, kill=129, tgkill=131, ioctl=29, fcntl=25, prlimit64=261),
}
ALIASES = {"amd64": "x86_64", "arm64": "aarch64"}


@dataclass
class _Filter:
    """Instructions (code, jump if true, jump if false, constant), in the order in which they run."""

    instructions: list[tuple[int, int, int, int]] = field(default_factory=list)

    def add(self, code: int, constant: int, *, then: int = 0, otherwise: int = 0) -> None:
        self.instructions.append((code, then, otherwise, constant))

    def call(self, number: int, block: _Filter) -> None:
        """Run `block`, which returns, when the call has this number; the number is loaded before and after."""
        self.add(EQUAL, number, otherwise=len(block.instructions))
        self.instructions += block.instructions

    def answer(self, constant: int) -> _Filter:
        self.add(RETURN, constant)
        return self

    def need(self, code: int, constant: int) -> _Filter:
        """Go on where the test holds for what was loaded; refuse where it does not."""
        self.add(code, constant, then=1)
        return self.answer(REFUSE | errno.EPERM)

    def load(self, argument: int, *, upper: bool = False) -> _Filter:
        """Load one half of an argument of the call (both machines are little-endian)."""
        self.add(LOAD, 16 + 8 * argument + (4 if upper else 0))
        return self


def filter_program(machine: str, *, pid: int) -> bytes | None:
    """Return the filter for process `pid` on this kind of machine; None where its calls are not listed."""
    name = ALIASES.get(machine.lower(), machine.lower())
    if name not in _MACHINES:
        return None
    found, program = _MACHINES[name], _Filter()
    program.add(LOAD, ARCHITECTURE)
    program.add(EQUAL, found.architecture, then=1)
    program.answer(KILL)
    program.add(LOAD, NUMBER)
    program.add(AT_LEAST, FOREIGN_CALLS, otherwise=1)
    program.answer(KILL)
    for number in SIMPLE[name]:
        program.call(number, _Filter().answer(ALLOW))
    for call, block in _conditional(found, pid):
        program.call(call, block)
    program.answer(REFUSE | errno.EPERM)
    return b"".join(struct.pack("<HBBI", *instruction) for instruction in program.instructions)


def _conditional(machine: _Machine, pid: int) -> list[tuple[int, _Filter]]:
    """Return the calls that are allowed with some arguments only."""
    own = _Filter().load(0).need(EQUAL, pid).answer(ALLOW)
    thread = _Filter().load(0)
    thread.add(AND, THREAD)
    asks_limits = _Filter()  # of the process itself, and setting none
    for argument, upper in ((0, False), (2, False), (2, True)):
        asks_limits.load(argument, upper=upper).need(EQUAL, 0)
    rules = [
        (machine.openat, _reading(2)),
        (machine.clone, thread.need(EQUAL, THREAD).answer(ALLOW)),
        (machine.clone3, _Filter().answer(REFUSE | errno.ENOSYS)),  # libc then asks for a thread with clone
        (machine.kill, own),
        (machine.tgkill, own),
        (machine.ioctl, _one_of(1, TERMINAL_QUESTIONS)),
        (machine.fcntl, _one_of(1, DESCRIPTOR_COMMANDS)),
        (machine.prlimit64, asks_limits.answer(ALLOW)),
    ]
    return rules if machine.open is None else [*rules, (machine.open, _reading(1))]


def _reading(argument: int) -> _Filter:
    """Refuse to open with any flag of WRITING."""
    block = _Filter().load(argument)
    block.add(ANY_BIT, WRITING, otherwise=1)
    return block.answer(REFUSE | errno.EPERM).answer(ALLOW)


def _one_of(argument: int, values: Sequence[int]) -> _Filter:
    block = _Filter().load(argument)
    for value in values:
        block.add(EQUAL, value, otherwise=1)
        block.answer(ALLOW)
    return block.answer(REFUSE | errno.EPERM)
