"""Uploading with a hub that is not there: what is asked of it, and what is said when it refuses."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from huggingface_hub.errors import HfHubHTTPError, LocalTokenNotFoundError, OfflineModeIsEnabled

from lfine.finetune.export.uploading import check_access, hub, upload
from lfine.schemas.errors import MachineError, UsageError

NETWORK = importlib.import_module(HfHubHTTPError.__bases__[0].__module__.split(".")[0])
"""The library through which the hub's client speaks: another one in each of its versions."""
REQUEST = NETWORK.Request("POST", "https://hub.test/api")


class FakeHub:
    """Remembers what it is asked; `fails` is raised by the call of that name."""

    def __init__(self, **fails: Exception) -> None:
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self._fails = fails

    def _answer(self, name: str, **given: Any) -> None:
        self.asked.append((name, given))
        if name in self._fails:
            raise self._fails[name]

    def whoami(self) -> Any:
        self._answer("whoami")

    def create_repo(self, repo_id: str, *, private: bool, repo_type: str, exist_ok: bool) -> Any:
        self._answer("create_repo", repo_id=repo_id, private=private, repo_type=repo_type, exist_ok=exist_ok)
        return f"https://hub.test/{repo_id}"

    def upload_folder(self, *, repo_id: str, folder_path: str, repo_type: str, commit_message: str) -> Any:
        given = {"repo_id": repo_id, "folder_path": folder_path, "repo_type": repo_type}
        self._answer("upload_folder", **given, commit_message=commit_message)


def refusal(status: int) -> HfHubHTTPError:
    return HfHubHTTPError(f"{status} from the hub", response=NETWORK.Response(status, request=REQUEST))


@pytest.mark.parametrize("public", [False, True])
def test_a_folder_is_uploaded(public: bool, tmp_path: Path) -> None:
    api, sent = FakeHub(), {"repo_type": "model", "commit_message": "lfine export"}
    check_access(api, "me/viggo")
    assert upload(api, tmp_path, "me/viggo", public=public) == "https://hub.test/me/viggo"
    assert api.asked == [
        ("whoami", {}),
        ("create_repo", {"repo_id": "me/viggo", "private": not public, "repo_type": "model", "exist_ok": True}),
        ("upload_folder", {"repo_id": "me/viggo", "folder_path": str(tmp_path), **sent}),
    ]


@pytest.mark.parametrize("name", ["me/my model", "a/b/c", "", "-me/x"])
def test_names_that_no_repository_has(name: str) -> None:
    api = FakeHub()
    with pytest.raises(UsageError) as caught:
        check_access(api, name)
    assert (caught.value.problems[0].code, api.asked) == ("LF115", [])


@pytest.mark.parametrize(
    ("fault", "message", "cure"),
    [
        (lambda: LocalTokenNotFoundError("Token is required"), "no valid token", "hf auth login"),
        (lambda: refusal(401), "no valid token", "HF_TOKEN"),
        (lambda: refusal(403), "may not write to 'me/viggo'", "repository of your own"),
        (lambda: refusal(500), "could not be uploaded: 500 from the hub", "connect to the network"),
        (lambda: NETWORK.ConnectError("no route to host"), "no route to host", "connect to the network"),
        (lambda: ConnectionError("reset"), "reset", "connect to the network"),
    ],
    ids=["no token", "wrong token", "no right", "hub is down", "no route", "reset"],
)
@pytest.mark.parametrize("call", ["whoami", "create_repo", "upload_folder"])
def test_the_hub_refuses(
    call: str, fault: Callable[[], Exception], message: str, cure: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    api = FakeHub(**{call: fault()})

    def both() -> None:
        check_access(api, "me/viggo")
        upload(api, tmp_path, "me/viggo", public=False)

    with pytest.raises(MachineError) as caught:
        both()
    (problem,) = caught.value.problems
    assert problem.code == "LF430"
    assert message in problem.message
    assert cure in problem.cure
    again = "export again" if call == "whoami" else f"hf upload me/viggo {tmp_path}"  # what is made is not made twice
    assert again in problem.cure


def test_the_network_is_switched_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(MachineError, match="HF_HUB_OFFLINE forbids uploading"):
        check_access(FakeHub(whoami=OfflineModeIsEnabled("offline")), "me/viggo")


def test_no_token_in_a_message(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    with pytest.raises(MachineError) as caught:
        check_access(FakeHub(whoami=NETWORK.ConnectError("header Bearer hf_abcdefgh12345678 refused")), "me/viggo")
    assert "abcdefgh" not in caught.value.problems[0].text()
    assert "Bearer hf_… refused" in caught.value.problems[0].message


def test_the_real_client_has_what_is_asked_of_it() -> None:
    fake, real = FakeHub(), hub()
    for name in ("whoami", "create_repo", "upload_folder"):
        asked = set(inspect.signature(getattr(fake, name)).parameters)
        assert asked <= set(inspect.signature(getattr(real, name)).parameters)
