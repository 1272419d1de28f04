from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from service.domain.chains import Chain, Node, Stage
from service.errors import InvalidFirmFile
from service.ingest.labels import read_labels
from service.ingest.seed import load_seed_frame
from service.knowledge import load_knowledge
from service.pipeline.chain_hits import count_hits
from service.pipeline.link_files import match_file, read_confirmed, write_links

FIRMS = """\
企业名称,统一社会信用代码,经营范围
宁德试验动力电池有限公司,,动力电池、锂离子电池电芯的研发、生产和销售
某某律师事务所,,法律服务
"""


@pytest.mark.parametrize("name", ["links.parquet", "links.csv"])
def test_a_firm_file_becomes_a_links_file(tmp_path: Path, name: str) -> None:
    source = tmp_path / "firms.csv"
    source.write_text(FIRMS, encoding="utf-8")
    links = match_file(load_knowledge(), source)
    assert links.columns == ["firm", "node", "confidence", "confirmed", "evidence"]
    write_links(links, tmp_path / name)
    confirmed = read_confirmed(tmp_path / name)
    assert ("n:宁德试验动力电池有限公司", "lithium-battery/power-cell") in confirmed
    assert not any("律师" in firm for firm, _ in confirmed)
    assert not list(tmp_path.glob(".*.part"))


def test_links_that_cannot_be_written_leave_nothing(tmp_path: Path) -> None:
    frame = pl.DataFrame({"firm": ["a"], "node": ["b"], "confirmed": [True]})
    with pytest.raises(InvalidFirmFile, match="无法写入"):
        write_links(frame, tmp_path / "missing" / "links.parquet")
    assert list(tmp_path.iterdir()) == []


def test_what_is_no_links_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "links.parquet"
    path.write_bytes(b"nothing")
    with pytest.raises(InvalidFirmFile, match="不能作为挂链文件"):
        read_confirmed(path)
    pl.DataFrame({"firm": ["a"]}).write_parquet(path)
    with pytest.raises(InvalidFirmFile, match="缺少列 node、confirmed"):
        read_confirmed(path)


def test_labels_are_read_with_their_weights(tmp_path: Path) -> None:
    path = tmp_path / "labels.csv"
    path.write_text("firm,node,label,weight\na,x/1,1,2.5\nb,x/1,否,\n", encoding="utf-8")
    first, second = read_labels(path)
    assert (first.belongs, first.weight, second.belongs, second.weight) == (True, 2.5, False, 1.0)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("firm,node\na,b\n", "缺少列 label"),
        ("firm,node,label\na,x/1,maybe\n", "第 2 行 label 列"),
        ("firm,node,label\n,x/1,1\n", "第 2 行 firm 列为空"),
        ("firm,node,label,weight\na,x/1,1,-3\n", "第 2 行 weight 列"),
    ],
)
def test_a_wrong_label_is_told_by_row_and_column(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "labels.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InvalidFirmFile, match=said):
        read_labels(path)


def test_terms_are_counted_once_a_firm(tmp_path: Path) -> None:
    path = tmp_path / "firms.csv"
    path.write_text("企业名称,经营范围\n电芯厂,电芯、电芯\n纸厂,纸张\n", encoding="utf-8")
    node = Node("c/cell", "电芯", None, Stage.MIDSTREAM, ("电芯", "电池"))
    hits, firms = count_hits(path, [Chain("c", "链", "1", "", (node,), ())])
    assert (hits, firms) == ({"电芯": 1, "电池": 0}, 2)


def test_the_seed_speaks_for_firms_that_a_file_names(tmp_path: Path) -> None:
    """By stock code, credit code or name; a firm that the seed does not know gets nothing from it."""
    seed = load_seed_frame()
    listed = seed.filter(pl.col("stock_code").str.contains("^[0-9]{6}$"), pl.col("nodes").list.len() > 0).row(
        0, named=True
    )
    lines = ["企业名称,股票代码", f"改了名的某公司,{listed['stock_code']}", "没有听说过的公司,"]
    source = tmp_path / "firms.csv"
    source.write_text("\n".join(lines) + "\n", encoding="utf-8")
    alone = match_file(load_knowledge(), source)
    together = match_file(load_knowledge(), source, seed=seed)
    assert alone.filter("confirmed").height == 0
    assert together.filter("confirmed")["node"].to_list() == sorted(listed["nodes"])
    assert together["firm"].unique().to_list() == ["n:改了名的某公司"]
