"""Encoded rows of tests are kept in a folder of the test session, never in the user's cache."""

from __future__ import annotations

from collections.abc import Iterator

import pytest


@pytest.fixture(scope="session", autouse=True)
def encoded_elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    folder = tmp_path_factory.mktemp("encoded")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("lfine.finetune.compile.encoding_cache.cache_folder", lambda: folder)
        yield
