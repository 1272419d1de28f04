from __future__ import annotations

from pathlib import Path

import pytest

from service.datafiles import data_folder
from service.ingest import chain_cache
from service.ingest.chain_cache import kept_chains
from service.ingest.chains import chain_files, load_chains


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "zhaoshang-map"


def unread() -> dict[str, object]:
    raise AssertionError("the chains were read again")


def test_what_was_kept_comes_back_the_same(cache: Path) -> None:
    chains, files = load_chains(), chain_files(data_folder("chains"))
    assert kept_chains(files, lambda: chains) == chains
    assert kept_chains(files, unread) == chains  # type: ignore[arg-type]
    assert len(list(cache.iterdir())) == 1


def test_a_changed_file_and_a_broken_cache_are_read_anew(cache: Path, tmp_path: Path) -> None:
    chains = load_chains()
    file = tmp_path / "a.yaml"
    file.write_text("one", encoding="utf-8")
    kept_chains([file], lambda: chains)
    file.write_text("two", encoding="utf-8")
    assert kept_chains([file], dict) == {}
    for kept in cache.iterdir():
        kept.write_text("[{", encoding="utf-8")
    assert kept_chains([file], lambda: chains) == chains


def test_chains_that_are_not_sound_are_not_kept(cache: Path, tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text("one", encoding="utf-8")
    with pytest.raises(AssertionError, match="read again"):
        kept_chains([file], unread)  # type: ignore[arg-type]
    assert not cache.exists()


def test_no_place_to_keep_them_is_no_matter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("", encoding="utf-8")
    monkeypatch.setenv("XDG_CACHE_HOME", str(blocked))
    file = tmp_path / "a.yaml"
    file.write_text("one", encoding="utf-8")
    assert kept_chains([file], dict) == {}
    assert chain_cache._folder().parent == blocked
