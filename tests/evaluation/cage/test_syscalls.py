"""The filter of system calls, run by a small interpreter of BPF: its answers to calls that matter, on both machines.

The interpreter here knows the five instructions that the filter uses; the kernel's own is asked in test_programs.py.
"""

from __future__ import annotations

import errno
import struct
from collections.abc import Sequence

import pytest

from lfine.evaluation.cage.syscalls import ALLOW, KILL, REFUSE, SIMPLE, filter_program

PID = 4711
ARCHITECTURE = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
I386 = 0x40000003


def answered(machine: str, number: int, arguments: Sequence[int] = (), *, architecture: int | None = None) -> int:
    """Run the filter on one call and return its answer."""
    program = filter_program(machine, pid=PID)
    assert program is not None
    arguments = [*arguments, *[0] * (6 - len(arguments))]
    data = struct.pack("<IIQ6Q", number, architecture or ARCHITECTURE[machine], 0, *arguments)
    instructions = list(struct.iter_unpack("<HBBI", program))
    place, loaded = 0, 0
    for _ in range(len(instructions)):
        code, then, otherwise, constant = instructions[place]
        place += 1
        if code == 0x20:
            (loaded,) = struct.unpack_from("<I", data, constant)
        elif code == 0x54:
            loaded &= constant
        elif code == 0x06:
            return int(constant)
        else:
            holds = {0x15: loaded == constant, 0x35: loaded >= constant, 0x45: bool(loaded & constant)}[code]
            place += then if holds else otherwise
    raise AssertionError("the filter does not return")


def allowed(machine: str, number: int, arguments: Sequence[int] = ()) -> bool:
    answer = answered(machine, number, arguments)
    assert answer in (ALLOW, REFUSE | errno.EPERM)
    return answer == ALLOW


# What must stay closed: asm/unistd_64.h and asm-generic/unistd.h.
CLOSED = {
    "x86_64": {
        "socket": 41, "connect": 42, "sendto": 44, "socketpair": 53, "fork": 57, "vfork": 58, "execve": 59,
        "truncate": 76, "ftruncate": 77, "chdir": 80, "rename": 82, "mkdir": 83, "rmdir": 84, "creat": 85, "link": 86,
        "unlink": 87, "symlink": 88, "chmod": 90, "chown": 92, "ptrace": 101, "setuid": 105, "rt_sigqueueinfo": 129,
        "prctl": 157, "setrlimit": 160, "chroot": 161, "mount": 165, "unlinkat": 263, "renameat": 264, "unshare": 272,
        "process_vm_writev": 311, "memfd_create": 319, "bpf": 321, "execveat": 322, "pidfd_send_signal": 424,
        "io_uring_setup": 425, "openat2": 437, "landlock_create_ruleset": 444,
    },
    "aarch64": {
        "mkdirat": 34, "unlinkat": 35, "symlinkat": 36, "linkat": 37, "renameat": 38, "mount": 40, "truncate": 45,
        "ftruncate": 46, "chdir": 49, "chroot": 51, "fchmodat": 53, "unshare": 97, "ptrace": 117,
        "rt_sigqueueinfo": 138, "setuid": 146, "setrlimit": 164, "prctl": 167, "socket": 198, "socketpair": 199,
        "connect": 203, "sendto": 206, "execve": 221, "process_vm_writev": 271, "memfd_create": 279, "bpf": 280,
        "execveat": 281, "pidfd_send_signal": 424, "io_uring_setup": 425, "openat2": 437,
        "landlock_create_ruleset": 444,
    },
}  # fmt: skip


@pytest.mark.parametrize(("machine", "name"), [(machine, name) for machine, calls in CLOSED.items() for name in calls])
def test_calls_that_reach_out_are_refused(machine: str, name: str) -> None:
    assert not allowed(machine, CLOSED[machine][name])


@pytest.mark.parametrize("machine", SIMPLE)
def test_what_is_listed_is_allowed_and_nothing_is_listed_twice(machine: str) -> None:
    assert all(allowed(machine, number) for number in SIMPLE[machine])
    assert len(set(SIMPLE[machine])) == len(SIMPLE[machine])


@pytest.mark.parametrize(("machine", "number", "place"), [("x86_64", 257, 2), ("x86_64", 2, 1), ("aarch64", 56, 2)])
def test_files_are_opened_for_reading_only(machine: str, number: int, place: int) -> None:
    def opened(flags: int) -> bool:
        return allowed(machine, number, [0] * place + [flags])

    assert opened(0)
    assert opened(0o2000000)  # O_CLOEXEC
    for flag in (0o1, 0o2, 0o100, 0o1000, 0o2000, 0o20000000):
        assert not opened(flag), oct(flag)
        assert not opened(flag | 0o2000000), oct(flag)


@pytest.mark.parametrize(("machine", "number"), [("x86_64", 56), ("aarch64", 220)])
def test_threads_are_started_and_processes_are_not(machine: str, number: int) -> None:
    thread = 0x3D0F00  # what glibc passes for pthread_create
    assert allowed(machine, number, [thread])
    assert not allowed(machine, number, [17])  # SIGCHLD: fork
    assert not allowed(machine, number, [0x4111])  # vfork
    assert answered(machine, 435) == REFUSE | errno.ENOSYS  # clone3, whose flags lie in memory


@pytest.mark.parametrize(("machine", "number"), [("x86_64", 62), ("x86_64", 234), ("aarch64", 129), ("aarch64", 131)])
def test_signals_reach_the_process_itself_only(machine: str, number: int) -> None:
    assert allowed(machine, number, [PID, 6])
    for other in (PID + 1, 1, 0, 0xFFFFFFFF):  # another, init, the group, everybody
        assert not allowed(machine, number, [other, 9])


@pytest.mark.parametrize(("machine", "number"), [("x86_64", 302), ("aarch64", 261)])
def test_limits_are_read_and_not_set(machine: str, number: int) -> None:
    assert allowed(machine, number, [0, 9, 0, 0x7FFF0000])
    assert not allowed(machine, number, [0, 9, 0x7FFF0000, 0])
    assert not allowed(machine, number, [0, 9, 0x7FFF00000000, 0])  # a pointer whose lower half is 0
    assert not allowed(machine, number, [1, 9, 0, 0x7FFF0000])


@pytest.mark.parametrize(("machine", "ioctl", "fcntl"), [("x86_64", 16, 72), ("aarch64", 29, 25)])
def test_descriptors_are_asked_and_terminals_not_written(machine: str, ioctl: int, fcntl: int) -> None:
    assert allowed(machine, ioctl, [0, 0x5401])
    assert not allowed(machine, ioctl, [0, 0x5412])  # TIOCSTI types into the terminal
    assert allowed(machine, fcntl, [0, 3])
    assert not allowed(machine, fcntl, [0, 8])  # F_SETOWN has the kernel send signals


def test_calls_of_another_architecture_end_the_process() -> None:
    assert answered("x86_64", 1, architecture=I386) == KILL
    assert answered("x86_64", 0x40000000 + 41) == KILL


def test_other_machines_have_no_filter() -> None:
    assert filter_program("riscv64", pid=1) is None
    assert filter_program("AMD64", pid=1) == filter_program("x86_64", pid=1)
    assert filter_program("arm64", pid=1) == filter_program("aarch64", pid=1)
