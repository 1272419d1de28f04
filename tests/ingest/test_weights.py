from __future__ import annotations

from pathlib import Path

import pytest

from service.datafiles import data_folder
from service.domain.branches import PLACE_FACTORS
from service.domain.priority import GAP_FACTORS
from service.domain.target_factors import TARGET_FACTORS
from service.errors import DataMismatch
from service.ingest.weights import WEIGHTS_NAME, load_weights

SHIPPED = data_folder("chains") / WEIGHTS_NAME


def test_the_shipped_weights_are_fitted_on_entries_and_equal_for_targets() -> None:
    weights = load_weights(SHIPPED)
    assert tuple(weights.gap.values) == GAP_FACTORS
    assert tuple(weights.target.values) == TARGET_FACTORS
    assert tuple(weights.place.values) == PLACE_FACTORS
    assert weights.gap.stated.fitted
    assert weights.gap.intercept < 0
    assert "回测" in weights.gap.stated.note
    fitted = [value for name, value in weights.gap.values.items() if name != "fit"]
    assert weights.gap.values["fit"] == pytest.approx(sum(fitted) / len(fitted), abs=1e-3)
    assert not weights.target.stated.fitted
    assert set(weights.target.values.values()) == {1.0}


def own_text() -> str:
    """A whole weight file in which every weight is 1."""
    lines = ['version: "1"', "date: 2026-11-22", "how: equal until fitted", "note: 试验。"]
    lines += ["fit:", "  gap:", "    intercept: -9"]
    for group, names in (("gap", GAP_FACTORS), ("target", TARGET_FACTORS), ("place", PLACE_FACTORS)):
        lines += [f"{group}:", *(f"  {name}: 1" for name in names)]
    return "\n".join(lines) + "\n"


def test_what_is_fitted_carries_its_intercept(tmp_path: Path) -> None:
    path = tmp_path / "weights.yaml"
    path.write_text(own_text(), encoding="utf-8")
    weights = load_weights(path)
    assert (weights.gap.fitted, weights.gap.intercept) == (True, -9.0)
    assert (weights.place.fitted, weights.place.intercept) == (False, 0.0)


@pytest.mark.parametrize(
    ("before", "after", "complaint"),
    [
        ("  shortfall: 1\n", "", "gap 缺少因素 shortfall 的权重"),
        ("  fit: 1", "  fit: 1\n  luck: 2", "gap 下没有因素 luck"),
        ("  purity: 1", "  purity: -1", "target.purity 应为不小于 0 的数，写的是 -1"),
        ("  purity: 1", "  purity: true", "target.purity 应为不小于 0 的数，写的是 True"),
        ("  purity: 1", "  purity: 1e999", "target.purity 应为不小于 0 的数"),
        (
            "    intercept: -9",
            "    intercept: low",
            "fit 下应为 gap、target、place 及各自的 intercept（数字）",
        ),
        ("  gap:\n", "  gaps:\n", "fit 下应为 gap、target、place 及各自的 intercept（数字）"),
        ('version: "1"', "version: 1", "version 应为文字（数字要加引号），写的是 1"),
        ('version: "1"', 'version: "一"', "version 只能用字母、数字和符号，写的是 '一'"),
        ("how: equal until fitted\n", "", "缺少键 how"),
        ("\ngap:", "\ngap: 1\nodd:", "gap 下应为各因素的权重，写的是 1"),
        ("how: equal", "how: [equal", "方括号"),
        ("how: equal until fitted", "how: x\nwho: me", "未知的键 who"),
    ],
)
def test_a_wrong_weight_file_is_refused_with_file_line_and_what_was_expected(
    tmp_path: Path, before: str, after: str, complaint: str
) -> None:
    text = own_text()
    assert before in text
    path = tmp_path / "weights.yaml"
    path.write_text(text.replace(before, after, 1), encoding="utf-8")
    with pytest.raises(DataMismatch) as refused:
        load_weights(path)
    assert complaint in str(refused.value)
    assert str(refused.value).startswith(f"{path}:")


def test_weights_that_are_all_zero_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "weights.yaml"
    path.write_text(own_text().replace(": 1\n", ": 0\n"), encoding="utf-8")
    with pytest.raises(DataMismatch, match="gap 的权重不能全为 0"):
        load_weights(path)


def test_a_missing_file_and_a_list_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataMismatch, match="缺少权重文件"):
        load_weights(tmp_path / "weights.yaml")
    (tmp_path / "weights.yaml").write_text("- 1\n", encoding="utf-8")
    with pytest.raises(DataMismatch, match="应是键值对"):
        load_weights(tmp_path / "weights.yaml")
