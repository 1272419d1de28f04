from __future__ import annotations

from pathlib import Path

import pytest

from service.datafiles import data_folder
from service.domain.priority import GAP_FACTORS
from service.domain.target_factors import TARGET_FACTORS
from service.errors import DataMismatch
from service.ingest.weights import WEIGHTS_NAME, load_weights

SHIPPED = data_folder("chains") / WEIGHTS_NAME


def test_the_shipped_weights_are_equal_and_say_that_they_are_not_fitted() -> None:
    weights = load_weights(SHIPPED)
    assert tuple(weights.gap.values) == GAP_FACTORS
    assert tuple(weights.target.values) == TARGET_FACTORS
    for group in (weights.gap, weights.target):
        assert set(group.values.values()) == {1.0}
        assert not group.stated.fitted
        assert "等权" in group.stated.note


@pytest.mark.parametrize(
    ("before", "after", "complaint"),
    [
        ("  shortfall: 1\n", "", "gap 缺少因素 shortfall 的权重"),
        ("  fit: 1", "  fit: 1\n  luck: 2", "gap 下没有因素 luck"),
        ("  purity: 1", "  purity: -1", "target.purity 应为不小于 0 的数，写的是 -1"),
        ("  purity: 1", "  purity: true", "target.purity 应为不小于 0 的数，写的是 True"),
        ("  purity: 1", "  purity: 1e999", "target.purity 应为不小于 0 的数"),
        ("fitted: false", "fitted: maybe", "fitted 应为 true 或 false，写的是 'maybe'"),
        ('version: "1"', "version: 1", "version 应为文字（数字要加引号），写的是 1"),
        ("how: equal until fitted\n", "", "缺少键 how"),
        ("gap:", "gap: 1\nodd:", "gap 下应为各因素的权重，写的是 1"),
        ("how: equal", "how: [equal", "方括号"),
        ("how: equal until fitted", "how: x\nwho: me", "未知的键 who"),
    ],
)
def test_a_wrong_weight_file_is_refused_with_file_line_and_what_was_expected(
    tmp_path: Path, before: str, after: str, complaint: str
) -> None:
    text = SHIPPED.read_text(encoding="utf-8")
    assert before in text
    path = tmp_path / "weights.yaml"
    path.write_text(text.replace(before, after, 1), encoding="utf-8")
    with pytest.raises(DataMismatch) as refused:
        load_weights(path)
    assert complaint in str(refused.value)
    assert str(refused.value).startswith(f"{path}:")


def test_weights_that_are_all_zero_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "weights.yaml"
    path.write_text(SHIPPED.read_text(encoding="utf-8").replace(": 1\n", ": 0\n"), encoding="utf-8")
    with pytest.raises(DataMismatch, match="gap 的权重不能全为 0"):
        load_weights(path)


def test_a_missing_file_and_a_list_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataMismatch, match="缺少权重文件"):
        load_weights(tmp_path / "weights.yaml")
    (tmp_path / "weights.yaml").write_text("- 1\n", encoding="utf-8")
    with pytest.raises(DataMismatch, match="应是键值对"):
        load_weights(tmp_path / "weights.yaml")
