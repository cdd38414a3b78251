"""An exported folder goes to the model hub, through the hub's own library.

    api = hub()
    check_access(api, "me/viggo")                            # before anything long begins
    upload(api, folder, "me/viggo", public=False)  ==  "https://huggingface.co/me/viggo"

The token is the library's own affair: HF_TOKEN, or what `hf auth login` has stored. It is never read here, and what
looks like one is struck from messages. A new repository is private unless it is asked to be public: weights that have
once been public cannot be called back. One that exists keeps its visibility.

*Not here:* what is in the folder (lfine.exporting).
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from lfine.finetune.models.converting import first_line
from lfine.schemas.errors import MachineError, UsageError
from lfine.schemas.problems import Problem

TOKEN = re.compile(r"hf_[A-Za-z0-9]{8,}")


class Hub(Protocol):
    """What is asked of huggingface_hub.HfApi."""

    def whoami(self) -> Any: ...
    def create_repo(self, repo_id: str, *, private: bool, repo_type: str, exist_ok: bool) -> Any: ...
    def upload_folder(self, *, repo_id: str, folder_path: str, repo_type: str, commit_message: str) -> Any: ...


def hub() -> Hub:
    """Return the hub's own client."""
    from huggingface_hub import HfApi

    api: Hub = HfApi()
    return api


def check_access(api: Hub, repo_id: str) -> None:
    """Raise UsageError LF115 for a name that no repository has, MachineError LF430 where nothing can be uploaded."""
    from huggingface_hub.errors import HFValidationError
    from huggingface_hub.utils._validators import validate_repo_id

    try:
        validate_repo_id(repo_id)
    except HFValidationError as error:
        message = f"--upload names no repository of the hub: {first_line(error)}"
        raise UsageError(Problem("LF115", message, "give it as owner/name")) from error
    with hub_faults(repo_id, "then export again"):
        api.whoami()


def upload(api: Hub, folder: Path, repo_id: str, *, public: bool) -> str:
    """Create the repository where it is not there, upload the folder, return the address; MachineError LF430."""
    with hub_faults(repo_id, f"then: hf upload {repo_id} {folder}"):
        made = api.create_repo(repo_id, private=not public, repo_type="model", exist_ok=True)
        api.upload_folder(
            repo_id=getattr(made, "repo_id", repo_id),
            folder_path=str(folder),
            repo_type="model",
            commit_message="lfine export",
        )
    return str(made)


@contextmanager
def hub_faults(repo_id: str, again: str) -> Iterator[None]:
    """Turn what the hub's library raises into MachineError LF430 with the way out."""
    from huggingface_hub import errors

    # The root of the hub's HTTP errors is another library's in each of its versions.
    network_error: type[Exception] = errors.HfHubHTTPError.__bases__[0]
    try:
        yield
    except (network_error, errors.LocalTokenNotFoundError, ConnectionError) as error:
        raise MachineError(Problem("LF430", *said_of(error, repo_id, again))) from error


def said_of(error: Exception, repo_id: str, again: str) -> tuple[str, str]:
    """Return message and cure."""
    from huggingface_hub.errors import LocalTokenNotFoundError

    status = getattr(getattr(error, "response", None), "status_code", None)
    if isinstance(error, LocalTokenNotFoundError) or status == 401:
        return "the hub knows no valid token of yours", f"hf auth login, or put a token into HF_TOKEN; {again}"
    if status == 403:
        message = f"your token may not write to {repo_id!r}"
        return message, f"make a token with the right to write there, or name a repository of your own; {again}"
    if os.environ.get("HF_HUB_OFFLINE", "").upper() in ("1", "ON", "YES", "TRUE"):
        return "HF_HUB_OFFLINE forbids uploading", f"unset HF_HUB_OFFLINE; {again}"
    reason = TOKEN.sub("hf_…", first_line(error))
    return f"{repo_id!r} could not be uploaded: {reason}", f"connect to the network; {again}"
