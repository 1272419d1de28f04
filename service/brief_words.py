"""What is said of a set of briefing files: each file with its size, and the note that lies beside them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from service.render.brief_facts import BriefFacts
from service.render.map_page import UNREVIEWED


@dataclass(frozen=True, slots=True)
class SetFile:
    """A file of a set: the key and title of its part, its path within the set ("/" between folders)."""

    part: str
    title: str
    path: str
    bytes: int

    @property
    def size(self) -> str:
        """The size as people read it."""
        return say_size(self.bytes)


def say_size(size: int) -> str:
    """Return a number of bytes as people read it."""
    return f"{size / 1e6:.1f} MB" if size >= 1e6 else f"{max(size / 1e3, 0.1):.1f} KB"


def say_set(facts: BriefFacts, files: Sequence[SetFile], review_number: str) -> str:
    """Return the note that lies beside the files: what each is, of when the data is, what to keep in mind."""
    day = facts.made_of.isoformat() if facts.made_of else "无数据"
    lines = [
        f"{facts.title}汇报材料",
        "",
        f"地区：{facts.region_full_name}（{facts.region_adcode}）",
        f"产业链：{facts.chain.name}（{facts.chain.id}，版本 {facts.chain.version}）",
        f"数据日期：{day}（版本 {facts.data_version}）",
        f"审图号：{review_number}" if review_number else f"地图：{UNREVIEWED}",
        "",
        "先看 index.html：双击用浏览器打开，不需要联网。",
        "",
        "文件：",
        *(f"  {one.path}　{one.title}，{one.size}" for one in files),
        "",
        "来源：",
        *(
            f"  {one.title}（数据日期 {one.as_of or '未填'}，许可 {one.licence or '未填'}）"
            for one in facts.sources
        ),
        "",
        "评级由公式得出；“疑缺”指选择性名录内未见，不等于没有。",
        "数据中的边界为简化示意（约 1 公里），坐标系 WGS-84（EPSG:4326）。",
        "同一数据再次生成，文件逐字节相同。",
    ]
    return "\r\n".join(lines) + "\r\n"
