"""The weight file: `chains/weights.yaml` to the weights of gaps and targets."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path

from service.domain.branches import PLACE_FACTORS
from service.domain.priority import GAP_FACTORS
from service.domain.target_factors import TARGET_FACTORS
from service.domain.weights import ScoringWeights, Weights
from service.errors import DataMismatch
from service.ingest.yaml_tree import Value, YamlFault, YamlTree, read_yaml

WEIGHTS_NAME = "weights.yaml"

_TEXTS = ("version", "date", "how", "note")
_FACTORS = {"gap": GAP_FACTORS, "target": TARGET_FACTORS, "place": PLACE_FACTORS}
_KEYS = frozenset({*_TEXTS, *_FACTORS})
_OPTIONAL = frozenset({"fit"})


def load_weights(path: Path) -> ScoringWeights:
    """Read one weight file.

    It says `version`, `date`, `how` the weights came about, a `note` for the reader, and under `gap`,
    `target` and `place` one weight for every factor. Under `fit` it says of each group that was fitted on
    the back-test its `intercept` (log odds); what else stands there (data, dates, metrics) is for people.

    Raises
    ------
    DataMismatch : the file is missing or unreadable, a key is missing or unknown, a factor lacks its
        weight, or a weight is not a number of 0 or more (all problems are named, with their lines).
    """
    try:
        tree = read_yaml(path)
    except FileNotFoundError:
        raise DataMismatch(f"{path}: 缺少权重文件") from None
    except YamlFault as fault:
        raise DataMismatch(f"{path}:{fault.line}: {fault.message}") from None
    if not isinstance(tree.value, dict):
        raise DataMismatch(f"{path}:1: 权重文件应是键值对，键为 {'、'.join(sorted(_KEYS))}")
    problems = [*_key_problems(tree.value, tree), *_factor_problems(tree.value, tree)]
    if problems:
        raise DataMismatch("\n".join(f"{path}:{line}: {problem}" for line, problem in sorted(problems)))
    return ScoringWeights(**{group: _weights(tree.value, group) for group in _FACTORS})


def _key_problems(value: Mapping[str, Value], tree: YamlTree) -> list[tuple[int, str]]:
    found = [(1, f"缺少键 {key}") for key in sorted(_KEYS - value.keys())]
    found += [(tree.line((key,)), f"未知的键 {key}") for key in value if key not in _KEYS | _OPTIONAL]
    for key in _TEXTS:
        if key in value and (not isinstance(value[key], str) or not value[key]):
            found.append((tree.line((key,)), f"{key} 应为文字（数字要加引号），写的是 {value[key]!r}"))
    version = value.get("version")
    if isinstance(version, str) and not (version.isascii() and version.isprintable()):
        # It stands in headers, which carry nothing else.
        found.append((tree.line(("version",)), f"version 只能用字母、数字和符号，写的是 {version!r}"))
    fit = value.get("fit", {})
    for group, told in fit.items() if isinstance(fit, dict) else [("fit", None)]:
        intercept = told.get("intercept") if isinstance(told, dict) else None
        if group not in _FACTORS or isinstance(intercept, bool) or not isinstance(intercept, int | float):
            place = ("fit", group) if isinstance(fit, dict) else ("fit",)
            found.append((tree.line(place), f"fit 下应为 {'、'.join(_FACTORS)} 及各自的 intercept（数字）"))
    return found


def _factor_problems(value: Mapping[str, Value], tree: YamlTree) -> list[tuple[int, str]]:
    found: list[tuple[int, str]] = []
    for group, factors in _FACTORS.items():
        given = value.get(group)
        if not isinstance(given, dict):
            if group in value:
                found.append((tree.line((group,)), f"{group} 下应为各因素的权重，写的是 {given!r}"))
            continue
        found += _group_problems(group, given, factors, tree)
    return found


def _group_problems(
    group: str, given: Mapping[str, Value], factors: Sequence[str], tree: YamlTree
) -> list[tuple[int, str]]:
    here = tree.line((group,))
    found = [(here, f"{group} 缺少因素 {name} 的权重") for name in factors if name not in given]
    numbers: list[float] = []
    for name, weight in given.items():
        number = _number(weight)
        if name not in factors:
            found.append((tree.line((group, name)), f"{group} 下没有因素 {name}，可用：{'、'.join(factors)}"))
        elif number is None:
            found.append((tree.line((group, name)), f"{group}.{name} 应为不小于 0 的数，写的是 {weight!r}"))
        else:
            numbers.append(number)
    if not found and not sum(numbers) > 0:
        found.append((here, f"{group} 的权重不能全为 0"))
    return found


def _number(weight: Value) -> float | None:
    """The weight as a number, or None where it is none, is not finite, or is below 0."""
    if isinstance(weight, bool) or not isinstance(weight, int | float):
        return None
    return float(weight) if math.isfinite(weight) and weight >= 0 else None


def _weights(value: Mapping[str, Value], group: str) -> Weights:
    """The weights of one group of a file that has no problems."""
    given = value[group]
    numbers = {name: _number(weight) for name, weight in given.items()} if isinstance(given, dict) else {}
    fit = value.get("fit", {})
    told = fit.get(group) if isinstance(fit, dict) else None
    intercept = told.get("intercept", 0.0) if isinstance(told, dict) else 0.0
    return Weights(
        version=str(value["version"]),
        fitted=told is not None,
        values={name: number for name, number in numbers.items() if number is not None},
        note=str(value["note"]),
        intercept=float(intercept) if isinstance(intercept, int | float) else 0.0,
    )
