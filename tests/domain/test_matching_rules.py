"""How firms write: normal form, negated stretches, verbs and names, as registers have them."""

from __future__ import annotations

import polars as pl
import pytest

from service.domain.matching_rules import NameKind, name_kind, negated_spans, normalise
from service.domain.matching_verbs import Activity, ScopeReading


@pytest.mark.parametrize(
    ("written", "normal"),
    [
        ("ＬＦＰ　电池，（除外）；", "lfp电池,(除外);"),
        ("锂 离子\n电池", "锂离子电池"),
        ("Battery  Pack 组件", "battery pack组件"),
        ("锂\u200b电池【不含】〔甲〕", "锂电池(不含)(甲)"),
        ("万  科Ａ", "万科a"),
    ],
)
def test_normal_form(written: str, normal: str) -> None:
    assert pl.select(normalise(pl.lit(written))).item() == normal


def test_negated_spans_are_what_the_sentence_denies() -> None:
    text = "甲(不含乙、丙),丁"
    assert [text[start:end] for start, end in negated_spans(text)] == ["不含乙、丙"]


@pytest.mark.parametrize(
    ("scope", "activity"),
    [
        ("充电器、锂电池的研发、生产、销售", Activity.MAKE),
        ("生产：充电器、锂电池", Activity.MAKE),
        ("制造、加工:充电器,锂电池;五金销售", Activity.MAKE),
        ("生产、销售锂电池", Activity.MAKE),
        ("一般经营项目：锂电池、充电器制造", Activity.MAKE),
        ("锂电池(凭许可证)制造(依法须经批准的项目)", Activity.MAKE),
        ("批发、零售：充电器，锂电池，百货；五金制造", Activity.TRADE),
        ("五金制造；锂电池销售", Activity.TRADE),
        ("五金制造、加工，锂电池、充电器销售", Activity.TRADE),
        ("销售五金、锂电池及配件", Activity.TRADE),
        ("网上销售：锂电池", Activity.TRADE),
        ("锂电池的技术咨询、技术服务", Activity.TRADE),
        ("不带储存经营（票据贸易）：锂电池", Activity.TRADE),
        ("锂电池（不含生产、加工）", Activity.TRADE),
        ("锂电池、生产设备的销售", Activity.TRADE),
        ("锂电池的销售；经营本企业生产、科研所需的原辅材料", Activity.TRADE),
        ("锂电池技术研发；锂电池销售", Activity.RESEARCH),
        ("锂电池、充电器", Activity.UNSAID),
        ("五金制造，锂电池", Activity.UNSAID),
        ("封装材料、锂电池销售", Activity.TRADE),
        ("纸张，印花原纸、锂电池制造及五金加工", Activity.MAKE),
        ("1、锂电池、充电器制造2、五金销售", Activity.MAKE),
    ],
)
def test_what_the_clause_says_is_done(scope: str, activity: Activity) -> None:
    text = pl.select(normalise(pl.lit(scope))).item()
    assert ScopeReading(text).activity(text.index("锂电池")) is activity


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("沭人装饰材料有限公司", NameKind.MAKER),
        ("杭州某某装饰纸业有限公司", NameKind.MAKER),
        ("某某材料贸易有限公司", NameKind.TRADER),
        ("泰兴市装卸运输机械厂", NameKind.MAKER),
        ("中国农业银行股份有限公司云和县支行", NameKind.OUTLET),
        ("某某投资合伙企业", NameKind.HOLDING),
        ("某某控股股份有限公司", NameKind.MAKER),
        ("某某电气有限公司", NameKind.NEUTRAL),
    ],
)
def test_kinds_of_names(name: str, kind: NameKind) -> None:
    assert name_kind(name) is kind
