"""Everything that `lfine doctor` looks at, in the order in which a person reads it.

    examine()  →  Examination(healthy=True, findings=(Finding("lfine", "lfine", "ok", "0.1.0", "0.1.0"), …))

*Not here:* looking at each part (libraries.py, machine.py, places.py).
"""

from __future__ import annotations

import platform
import sys

from lfine._version import __version__
from lfine.doctor.findings import Examination, Finding
from lfine.doctor.libraries import library_findings
from lfine.doctor.machine import machine_findings
from lfine.doctor.places import place_findings
from lfine.finetune.compile.machine import cuda_devices

OLDEST = (3, 11)
"""Python that lfine is written for."""
SECTIONS = ("lfine", "machine", "extras", "libraries", "models", "folders", "variables")
"""In the order of reading."""


def examine() -> Examination:
    """Look at everything; nothing heavy is imported, nothing is fetched or written."""
    found = [*itself(), *library_findings(gpu=any(cuda_devices())), *machine_findings(), *place_findings()]
    ordered = sorted(found, key=lambda each: SECTIONS.index(each.section))
    return Examination(not any(each.mark == "broken" for each in ordered), tuple(ordered))


def itself() -> list[Finding]:
    """Return lfine, its Python and the system."""
    number, system = platform.python_version(), platform.platform()
    old = sys.version_info < OLDEST
    python = Finding(
        "lfine",
        "Python",
        "broken" if old else "ok",
        number,
        f"{number}, and lfine needs {'.'.join(map(str, OLDEST))} or newer" if old else number,
        "install a newer Python, and lfine into it" if old else None,
    )
    return [
        Finding("lfine", "lfine", "ok", __version__, __version__),
        python,
        Finding("lfine", "system", "ok", system, system),
    ]
