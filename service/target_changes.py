"""Saved lists of targets -> what changed between them. The API, the command line and notebooks call it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from service.complaints import complain
from service.domain.target_diff import (
    ListedFirm,
    SavedTargets,
    ScoredFactor,
    TargetDiff,
    compare_targets,
)
from service.errors import InvalidQuery
from service.results_targets import SavedTarget

_MOST_BYTES = 200 << 20
_PROBLEMS_SHOWN = 3
_LIST = TypeAdapter(list[SavedTarget])


def diff_targets(before: Sequence[SavedTarget], after: Sequence[SavedTarget]) -> TargetDiff:
    """Return what changed from the list `before` to the list `after`.

    Raises
    ------
    InvalidQuery : both lists are empty; a list mixes regions, nodes or runs; the lists are not of the same
        region and node; a firm's factors do not add up to its score.
    """
    if not before and not after:
        raise InvalidQuery("两份名单都是空的，无从比较")
    region, node = _question([*after, *before][0])
    return compare_targets(
        _saved("前一份名单", before, region, node), _saved("后一份名单", after, region, node)
    )


def read_saved_targets(path: Path) -> list[SavedTarget]:
    """Return the list in a file that `zhaoshang targets --format json` or the API wrote.

    UTF-8, with or without a mark, or UTF-16 (what `>` of PowerShell writes).

    Raises
    ------
    InvalidQuery : the file cannot be read, is no JSON or not such a list; says where and what was expected.
    """
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise InvalidQuery(f"{path}：超过 {_MOST_BYTES >> 20} MB，不像目标企业名单")
        content = path.read_bytes()
    except OSError as error:
        raise InvalidQuery(f"{path}：无法读取（{error.strerror}）") from error
    try:
        text = content.decode("utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidQuery(f"{path}：不是 UTF-8 文字，应为 targets --format json 的输出") from error
    try:
        return _LIST.validate_json(text)
    except ValidationError as error:
        raise InvalidQuery(f"{path}：{_say(error)}") from error


def _say(error: ValidationError) -> str:
    found = error.errors(include_url=False)
    if found[0]["type"] == "json_invalid":
        why = found[0].get("ctx", {}).get("error", "")
        return f"不是有效的 JSON（{why}），应为 targets --format json 的输出"
    shown = [f"{_place(entry['loc'])}{complain(entry)}" for entry in found[:_PROBLEMS_SHOWN]]
    more = f"；共 {len(found)} 处" if len(found) > _PROBLEMS_SHOWN else ""
    return "；".join(shown) + more + "；应为 targets --format json 的输出"


def _place(where: tuple[int | str, ...]) -> str:
    if not where:
        return "最外层"
    number, *fields = where
    start = f"第 {int(number) + 1} 家" if isinstance(number, int) else str(number)
    return f"{start} {'.'.join(map(str, fields))} " if fields else f"{start} "


def _question(one: SavedTarget) -> tuple[str, str]:
    return one.region, one.node


def _saved(which: str, rows: Sequence[SavedTarget], region: str, node: str) -> SavedTargets:
    """Return the rows as one list; an empty one is of the region and node given."""
    for one in rows:
        if _question(one) != _question(rows[0]):
            raise InvalidQuery(
                f"{which}混有不同的地区或环节：{rows[0].region} {rows[0].node} 与 {one.region} {one.node}"
            )
        if one.among != rows[0].among:
            raise InvalidQuery(f"{which}混有不同的运行结果：among 既有 {rows[0].among} 又有 {one.among}")
    if rows:
        region, node = _question(rows[0])
    try:
        return SavedTargets(region, node, tuple(map(_listed, rows)), rows[0].among if rows else 0)
    except InvalidQuery as error:
        raise InvalidQuery(f"{which}：{error}") from None


def _listed(one: SavedTarget) -> ListedFirm:
    return ListedFirm(
        firm=one.firm,
        name=one.name,
        rank=one.rank,
        score=one.score,
        factors=tuple(
            ScoredFactor(factor.name, factor.value, factor.weight, factor.contribution, factor.reason)
            for factor in one.factors
        ),
        exclusion="".join(obstacle.reason for obstacle in one.obstacles if obstacle.hard),
    )
