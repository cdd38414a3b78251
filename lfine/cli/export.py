"""`lfine export RUN`: a folder that others can load, checked against the run before it gets its name.

*Not here:* exporting (lfine.exporting).
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from lfine.cli.options import add_allow_code, add_format, add_runs_dir, positive, print_json

if TYPE_CHECKING:
    from lfine.exporting import Exported


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run", metavar="RUN", help="a run folder, a task file or a task: of these the latest run")
    parser.add_argument("--out", metavar="FOLDER", help="the folder to make (default: export/ in the run folder)")
    parser.add_argument("--adapter-only", action="store_true", help="the adapter, not merged weights")
    parser.add_argument(
        "--dtype", choices=("bfloat16", "float16", "float32"), default="bfloat16", help="of merged weights"
    )
    parser.add_argument(
        "--base-weights",
        choices=("trained", "original"),
        default="trained",
        help="after training on a quantized base, merge into the weights it stood for, or into the base model's own",
    )
    parser.add_argument("--rows", type=positive, default=50, metavar="N", help="held-out rows that both models answer")
    parser.add_argument(
        "--tolerance", type=share, default=0.02, metavar="X", help="how much worse the score on them may be"
    )
    parser.add_argument(
        "--require-servable", action="store_true", help="end with 1 where vLLM or LoRAX would not take the adapter"
    )
    parser.add_argument("--license", metavar="ID", help="licence of what is exported, for the model card")
    parser.add_argument("--upload", metavar="REPO_ID", help="upload to this repository of the model hub, made private")
    parser.add_argument("--public", action="store_true", help="make a new repository public")
    add_allow_code(parser)
    add_runs_dir(parser)
    add_format(parser)


def share(text: str) -> float:
    """Read a number from 0 to 1."""
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if not 0 <= number <= 1:
        raise argparse.ArgumentTypeError(f"must be a number from 0 to 1, got {text!r}")
    return number


def run(arguments: argparse.Namespace) -> int:
    """Export one run and print where it lies and what the check found."""
    from lfine.extras import require_training

    require_training()
    from lfine.cli.quiet import quiet_libraries

    quiet_libraries()
    from lfine.exporting import ExportOptions, export_run

    exported = export_run(
        ExportOptions(
            run=arguments.run,
            runs_dir=arguments.runs_dir,
            out=arguments.out,
            adapter_only=arguments.adapter_only,
            dtype=arguments.dtype,
            base_weights=arguments.base_weights,
            rows=arguments.rows,
            tolerance=arguments.tolerance,
            require_servable=arguments.require_servable,
            licence=arguments.license,
            upload=arguments.upload,
            public=arguments.public,
            allow_code=arguments.allow_code,
            command=arguments.command_line,
        )
    )
    if arguments.format == "json":
        print_json(exported.document())
    else:
        print("\n".join(summary(exported)))
    return 0


def summary(exported: Exported) -> list[str]:
    """Return the lines for people."""
    check = exported.record.check
    drift = check.drift
    what = "adapter" if exported.record.kind == "adapter" else f"merged weights in {exported.record.dtype}"
    same = drift.rows - len(drift.differing)
    lines = [
        f"{exported.record.task}: {what}",
        f"  answers as the run's model      {same} of {drift.rows} rows",
        f"  log-probability of a token      moved by {drift.mean:.4f} nats, {drift.largest:.4f} at most",
    ]
    for name, before in check.scores.items():
        lines.append(f"  {name:<31} {before:.4f} before, {check.exported_scores[name]:.4f} now")
    lines += [_served(exported), f"exported: {exported.folder}"]
    return [*lines, f"uploaded: {exported.address}"] if exported.address else lines


def _served(exported: Exported) -> str:
    if exported.record.largest_rank is None:
        return "  served by                       whatever serves the base model"
    if exported.servable:
        much = "1 thing" if len(exported.servable) == 1 else f"{len(exported.servable)} things"
        return f"  the adapter by itself           has {much} that vLLM or LoRAX do not take (--format json says what)"
    return "  the adapter by itself           is taken by vLLM and LoRAX"
