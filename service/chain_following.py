"""A running service follows the chains: what another request, process or command published counts at once."""

from __future__ import annotations

from dataclasses import replace
from threading import Lock

from service.live_chains import with_published_chains
from service.storage.sources import matched_chains_hash
from service.workspace import Workspace


class ChainFollower:
    """Keeps a workspace's chains those that the stored links were made with.

    A workspace is never changed: requests under way keep the one they began with.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._tried: str | None = None

    def follow(self, workspace: Workspace) -> Workspace:
        """Return `workspace`, or one with the chains that were published since it was opened."""
        stored = _stored_hash(workspace)
        if stored in (None, workspace.knowledge.chains_hash, self._tried):
            return workspace
        with self._lock:
            if stored == self._tried:
                return workspace
            newer = up_to_date(workspace)
            # A hash that our files cannot make (another version of the program wrote it) is tried once.
            self._tried = stored if newer.knowledge.chains_hash != stored else None
            return newer


def up_to_date(workspace: Workspace) -> Workspace:
    """Return `workspace` with the chains as they count by the database now."""
    knowledge = with_published_chains(workspace.settings, workspace.engine, workspace.knowledge)
    if knowledge.chains_hash == workspace.knowledge.chains_hash:
        return workspace
    return replace(workspace, knowledge=knowledge)


def _stored_hash(workspace: Workspace) -> str | None:
    with workspace.session() as session:
        return matched_chains_hash(session)
