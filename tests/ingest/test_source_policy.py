"""The bureau's own table of source regions."""

from __future__ import annotations

from pathlib import Path

import pytest

from service.domain.source_policy import PolicyLine
from service.domain.weights import Finding
from service.errors import InvalidSourcePolicy
from service.ingest.source_policy import POLICY_NAME, load_source_policy
from service.knowledge import Knowledge

GOOD = """region,source_region,weight,sentence,source,date
衢州,长三角,0.6,,衢州市招商方案,2025-03
330800,深圳市,0.9,深圳是衢州对口招商城市。,对口协作文件,2024
浙江省,珠三角,0.5,,省招商计划,
"""


def write(folder: Path, text: str, encoding: str = "utf-8") -> Path:
    (folder / POLICY_NAME).write_bytes(text.encode(encoding))
    return folder


def test_without_a_file_nothing_is_recorded(tmp_path: Path, knowledge: Knowledge) -> None:
    policy = load_source_policy(tmp_path, knowledge.geography)
    assert policy.lines == ()
    assert policy.findings(knowledge.geography, "330800") is None
    assert policy.labels(knowledge.geography, "330800", ["310000"]) == {}


def test_lines_hold_for_the_region_and_those_below_it(tmp_path: Path, knowledge: Knowledge) -> None:
    geography = knowledge.geography
    policy = load_source_policy(write(tmp_path, GOOD), geography)
    found = policy.findings(geography, "330800")
    assert found == {
        "长三角": Finding(0.6, "长三角是衢州市的重点招商来源地。", "衢州市招商方案", "2025-03"),
        "深圳市": Finding(0.9, "深圳是衢州对口招商城市。", "对口协作文件", "2024"),
    }
    assert policy.findings(geography, "330802") == found  # 柯城区, of 衢州
    # 金华 has no line of its own: the province's holds. 江苏 has none at all.
    assert policy.findings(geography, "330700") == {
        "珠三角": Finding(0.5, "珠三角是浙江省的重点招商来源地。", "省招商计划", None)
    }
    assert policy.findings(geography, "320500") is None


def test_a_place_counts_for_the_source_region_with_the_highest_weight(
    tmp_path: Path, knowledge: Knowledge
) -> None:
    text = GOOD + "衢州,广东省,0.3,,方案,\n"
    policy = load_source_policy(write(tmp_path, text), knowledge.geography)
    places = ["440305", "440100", "310115", "330100", "650100"]  # 南山、广州、浦东、杭州、乌鲁木齐
    assert policy.labels(knowledge.geography, "330800", places) == {
        "440305": "深圳市",
        "440100": "广东省",
        "310115": "长三角",
        "330100": "长三角",
    }


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030"])
def test_chinese_headings_as_excel_saves_them(tmp_path: Path, knowledge: Knowledge, encoding: str) -> None:
    text = "地区,来源地,权重,来源\r\n衢州,长江三角洲,1,方案\r\n\r\n"
    policy = load_source_policy(write(tmp_path, text, encoding), knowledge.geography)
    (line,) = policy.lines
    assert (line.region, line.source_region, line.weight, line.as_of) == ("330800", "长三角", 1.0, None)


HEAD = "region,source_region,weight,sentence,source,date\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "缺少列 region（地区）"),
        ("region,source_region,weight\n", "缺少列 source（来源）"),
        (HEAD + "衢洲,长三角,0.5,,方案,\n", "第 2 行：没有找到行政区划“衢洲”"),
        (HEAD + "衢州,长三脚,0.5,,方案,\n", "来源地可写地区，或"),
        (HEAD + "衢州,长三角,1.5,,方案,\n", "weight（权重）应为 0 到 1 的数，写的是 '1.5'"),
        (HEAD + "衢州,长三角,nan,,方案,\n", "写的是 'nan'"),
        (HEAD + "衢州,长三角,高,,方案,\n", "写的是 '高'"),
        (HEAD + "衢州,长三角,0.5,,,\n", "第 2 行：source（来源） 为空"),
        (HEAD + "衢州,长三角,0.5,,方案,去年\n", "date（日期）应如 2025"),
        (HEAD + "衢州,长三角,0.5,,方案,,,\n", "有 8 格，表头只有 6 列"),
        (HEAD + "衢州,长三角,0.5,,甲,\n330800,长江三角洲,0.6,,乙,\n", "衢州市的来源地“长三角”写了两次"),
        (HEAD + "衢州,长三角,2,,甲,\n衢州,珠三角,3,,乙,\n", "第 3 行"),
    ],
)
def test_what_is_wrong_is_told_by_file_line_and_value(
    tmp_path: Path, knowledge: Knowledge, text: str, said: str
) -> None:
    with pytest.raises(InvalidSourcePolicy) as caught:
        load_source_policy(write(tmp_path, text), knowledge.geography)
    assert POLICY_NAME in str(caught.value)
    assert said in str(caught.value)


def test_what_is_no_table_is_refused(tmp_path: Path, knowledge: Knowledge) -> None:
    (tmp_path / POLICY_NAME).write_bytes(b"\xff\x00\xff\xff")
    with pytest.raises(InvalidSourcePolicy, match="编码"):
        load_source_policy(tmp_path, knowledge.geography)
    (tmp_path / POLICY_NAME).unlink()
    (tmp_path / POLICY_NAME).mkdir()
    with pytest.raises(InvalidSourcePolicy, match="无法读取"):
        load_source_policy(tmp_path, knowledge.geography)


def test_a_line_needs_a_source_and_a_share() -> None:
    with pytest.raises(ValueError, match="needs a source"):
        PolicyLine("330800", "长三角", frozenset(), 0.5, "。", "")
    with pytest.raises(ValueError, match="outside 0-1"):
        PolicyLine("330800", "长三角", frozenset(), 1.5, "。", "方案")
