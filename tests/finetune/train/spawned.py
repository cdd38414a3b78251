"""Several processes of one job, as a launcher starts them, for the tests of training together.

    ended = together(train_all, plans, folder)       # train_all(plans, folder) runs in each process
    ended[0].code, ended[0].out, ended[1].err

The processes are forked from a server that has imported torch once: each starts in a fraction of a second. The store
through which they meet lives in the test's own process, as torchrun's lives in its agent.

*Not here:* what the jobs do (test_several_processes.py).
"""

from __future__ import annotations

import multiprocessing
import os
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import torch
from torch._C._distributed_c10d import TCPStore

from lfine.finetune.train import failing, launch

FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload([__name__, "tests.finetune.train.test_several_processes"])
LIMIT = 300.0
"""Seconds after which a hang is a failure; machines that run tests can be very slow."""


@dataclass(frozen=True)
class Ended:
    code: int | None
    """Negative: ended by that signal; None: it hung."""
    out: str
    err: str


def together(job: Callable[..., int], *given: Any, folder: Path, count: int = 2, sharded: bool = False) -> list[Ended]:
    """Run a job in `count` processes that a launcher started, `sharded` with FSDP; stop what hangs."""
    store = TCPStore("127.0.0.1", 0, is_master=True, wait_for_workers=False, timeout=timedelta(seconds=LIMIT))
    folder.mkdir(parents=True, exist_ok=True)
    running = []
    for rank in range(count):
        environment = {
            "RANK": str(rank),
            "WORLD_SIZE": str(count),
            "LOCAL_RANK": str(rank),
            "MASTER_ADDR": "127.0.0.1",
            "MASTER_PORT": str(store.port),
            "TORCHELASTIC_USE_AGENT_STORE": "True",
            "TORCHELASTIC_RESTART_COUNT": "0",
            "ACCELERATE_USE_FSDP": str(sharded).lower(),
        }
        process = FORKS.Process(target=_work, args=(job, given, environment, str(folder / str(rank))))
        process.start()
        running.append(process)
    ended = []
    for rank, process in enumerate(running):
        process.join(LIMIT)
        code = process.exitcode
        if code is None:
            process.kill()
            process.join()
        said = [Path(f"{folder / str(rank)}.{name}").read_text(encoding="utf-8") for name in ("out", "err")]
        ended.append(Ended(code, *said))
    return ended


def put(module: ModuleType, **members: Any) -> None:
    """Let a module have other members, in a process that ends with its job."""
    for name, member in members.items():
        setattr(module, name, member)


def _work(job: Callable[..., int], given: tuple[Any, ...], environment: dict[str, str], said: str) -> None:
    """Run the job with stdout and stderr in files, and exit with its code."""
    for number, name in ((1, "out"), (2, "err")):
        os.dup2(os.open(f"{said}.{name}", os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
    out, err = (open(number, "w", encoding="utf-8", closefd=False) for number in (1, 2))  # noqa: SIM115 (until the end)
    put(sys, stdout=out, __stdout__=out, stderr=err, __stderr__=err)
    os.environ |= environment
    torch.set_num_threads(1)
    put(failing, PATIENCE=10)  # half a second: nobody waits for long in a test
    put(launch, TIMEOUT=timedelta(seconds=LIMIT))
    try:
        code = job(*given)
    except SystemExit as stop:
        code = int(stop.code or 0)
    except BaseException:  # noqa: BLE001 (a test looks at what was said)
        traceback.print_exc()
        code = 99
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
