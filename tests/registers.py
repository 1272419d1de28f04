"""A made-up register in which industry spreads by a known rule: small enough for tests and the notebook.

Six real provinces with their real cities; each city leans to one of four themes (groups of nodes that stand
together). Every year each city gets firms: mostly of its own theme, now and then of another. So what a city
lacks of its theme comes sooner than anything else, which a ranking should find.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import polars as pl

PROVINCES = {
    "浙江": ("杭州", "宁波", "温州", "嘉兴", "湖州", "绍兴", "金华", "衢州"),
    "江西": ("南昌", "九江", "上饶", "宜春", "赣州", "吉安", "抚州", "新余"),
    "湖南": ("长沙", "株洲", "湘潭", "衡阳", "岳阳", "常德", "郴州", "益阳"),
    "河南": ("郑州", "洛阳", "新乡", "焦作", "许昌", "南阳", "商丘", "安阳"),
    "山东": ("济南", "青岛", "烟台", "潍坊", "淄博", "临沂", "济宁", "威海"),
    "辽宁": ("沈阳", "大连", "鞍山", "抚顺", "锦州", "营口", "辽阳", "丹东"),
}
THEMES = (
    ("锂电池隔膜", "锂电池正极材料", "锂电池电解液", "动力电池", "电池结构件", "锂电池负极材料"),
    ("光伏组件", "多晶硅", "光伏玻璃", "光伏逆变器", "光伏支架", "单晶硅片"),
    ("减速器", "伺服电机", "数控系统", "滚珠丝杠", "工业机器人", "直线导轨"),
    ("印制电路板", "覆铜板", "电子铜箔", "连接器", "电容器", "电感器"),
)
YEARS = range(2003, 2014)
_OWN_THEME = 0.8
_FIRMS_A_YEAR = 5


TABLE_COLUMNS = ("name", "reg_date", "scope", "province", "city")


def write_registers(folder: Path, *, seed: int = 11) -> Path:
    """Write one Parquet file a province in the shape of a public register; return the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for province, rows in _provinces(seed):
        pl.DataFrame(rows).write_parquet(folder / f"{province}.parquet")
    return folder


def write_table(path: Path, *, seed: int = 11) -> Path:
    """Write the same firms as one CSV with the columns that a back-test reads; return its path."""
    rows = [row for _, rows in _provinces(seed) for row in rows]
    pl.DataFrame(rows).select(TABLE_COLUMNS).write_csv(path)
    return path


def _provinces(seed: int) -> Iterator[tuple[str, list[dict[str, object]]]]:
    chooser = random.Random(seed)
    for province, cities in PROVINCES.items():
        yield province, [row for city in cities for row in _city(province, city, chooser)]


def _city(province: str, city: str, chooser: random.Random) -> Iterator[dict[str, object]]:
    theme = chooser.randrange(len(THEMES))
    number = 0
    for year in YEARS:
        for _ in range(chooser.randint(2, _FIRMS_A_YEAR)):
            own = chooser.random() < _OWN_THEME
            product = chooser.choice(THEMES[theme if own else chooser.randrange(len(THEMES))])
            number += 1
            name = f"{city}{'甲乙丙丁戊己庚辛壬癸'[number % 10]}{'东西南北'[number % 4]}{number}制造有限公司"
            yield _row(name, province, city, date(year, chooser.randint(1, 12), 15), f"{product}制造、销售")
            if chooser.random() < 0.1:
                other_province = chooser.choice(list(PROVINCES))
                other = chooser.choice(PROVINCES[other_province])
                opened = date(min(year + 2, YEARS[-1]), 6, 1)
                yield _row(f"{name}{other}分公司", other_province, other, opened, f"{product}销售")


def _row(name: str, province: str, city: str, founded: date, scope: str) -> dict[str, object]:
    return {
        "name": name,
        "uscc": None,
        "reg_date": founded.isoformat(),
        "capital_raw": "1000(万元人民币)",
        "scope": scope,
        "province": province,
        "city": city,
        "address": f"{province}省{city}市",
    }
