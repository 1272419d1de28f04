"""What changed between two lists of targets."""

from __future__ import annotations

from fastapi import APIRouter

from service.results_targets import TargetDiffRead, TargetPairQuery
from service.target_changes import diff_targets

router = APIRouter(tags=["gaps and targets"])


@router.post("/targets/diff")
def compare_target_lists(lists: TargetPairQuery) -> TargetDiffRead:
    """Say what changed between two lists of targets of one region and node, as `/targets` gave them.

    New firms; gone ones with the reason; moved ones with old and new rank and score, and the points by
    which each factor moved the score. Where a list was cut (limit) or leaves the excluded firms out, the
    reason says so: ask `/targets` with `excluded=true` and a limit that takes all. Nothing is stored.
    """
    return TargetDiffRead.model_validate(diff_targets(lists.before, lists.after))
