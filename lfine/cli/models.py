"""`lfine models list` and `lfine models pull NAME`.

*Not here:* the catalogue (lfine.finetune.catalogue) and fetching (lfine.finetune.models.pulling).
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from lfine.cli.options import add_format, print_json


def add_arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    listing = actions.add_parser("list", help="base models of the catalogue, and whether they are on this machine")
    add_format(listing)
    pulling = actions.add_parser("pull", help="fetch a base model and print the folder that from_pretrained loads")
    pulling.add_argument("name", metavar="NAME", help="a name of the catalogue, a hub id, a folder or a .gguf file")
    add_format(pulling)


def run(arguments: argparse.Namespace) -> int:
    """List the catalogue or fetch one model."""
    return _list(arguments) if arguments.action == "list" else _pull(arguments)


def _list(arguments: argparse.Namespace) -> int:
    from lfine.finetune.catalogue.entries import entries
    from lfine.finetune.catalogue.sources import local_folder, resolve_source

    found = []
    for name, entry in sorted(entries().items()):
        folder = local_folder(resolve_source(name, Path.cwd()))
        path = None if folder is None else str(folder)
        found.append(
            {"name": name, "path": path, "licence": entry.licence, "source": f"{entry.project} {entry.version}"}
        )
    if arguments.format == "json":
        print_json({"models": found})
        return 0
    for each in found:
        where = each["path"] or f"not here: lfine models pull {each['name']}"
        print(f"{each['name']:<28} {each['licence']:<12} {where}")
    print("or any hub id (org/name), local model folder or .gguf file")
    return 0


def _pull(arguments: argparse.Namespace) -> int:
    from lfine.cli.quiet import quiet_libraries
    from lfine.extras import require_training
    from lfine.finetune.catalogue.sources import resolve_source

    require_training()
    quiet_libraries()
    from lfine.finetune.models.pulling import pull

    folder = pull(resolve_source(arguments.name, Path.cwd()), progress=lambda line: print(line, file=sys.stderr))
    if arguments.format == "json":
        print_json({"name": arguments.name, "path": str(folder)})
    else:
        print(folder)
    return 0
