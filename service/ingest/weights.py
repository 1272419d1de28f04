"""The weight file: `chains/weights.yaml` to the weights of gaps and targets."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path

from service.domain.priority import GAP_FACTORS
from service.domain.target_factors import TARGET_FACTORS
from service.domain.weights import ScoringWeights, Weights
from service.errors import DataMismatch
from service.ingest.yaml_tree import Value, YamlFault, YamlTree, read_yaml

WEIGHTS_NAME = "weights.yaml"

_TEXTS = ("version", "date", "how", "note")
_FACTORS = {"gap": GAP_FACTORS, "target": TARGET_FACTORS}
_KEYS = frozenset({*_TEXTS, "fitted", *_FACTORS})


def load_weights(path: Path) -> ScoringWeights:
    """Read one weight file.

    It says `version`, `date`, `how` the weights came about, whether they are `fitted` (by the
    back-test), a `note` for the reader, and under `gap` and `target` one weight for every factor.

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
    return ScoringWeights(gap=_weights(tree.value, "gap"), target=_weights(tree.value, "target"))


def _key_problems(value: Mapping[str, Value], tree: YamlTree) -> list[tuple[int, str]]:
    found = [(1, f"缺少键 {key}") for key in sorted(_KEYS - value.keys())]
    found += [(tree.line((key,)), f"未知的键 {key}") for key in value if key not in _KEYS]
    for key in _TEXTS:
        if key in value and (not isinstance(value[key], str) or not value[key]):
            found.append((tree.line((key,)), f"{key} 应为文字（数字要加引号），写的是 {value[key]!r}"))
    if not isinstance(value.get("fitted", False), bool):
        found.append((tree.line(("fitted",)), f"fitted 应为 true 或 false，写的是 {value['fitted']!r}"))
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
    return Weights(
        version=str(value["version"]),
        fitted=value["fitted"] is True,
        values={name: number for name, number in numbers.items() if number is not None},
        note=str(value["note"]),
    )
