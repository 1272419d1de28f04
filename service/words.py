"""The Chinese words for what the code names in English: one place for pages, maps and tables."""

from __future__ import annotations

from service.domain.chains import Stage
from service.domain.firms import ReviewState
from service.domain.gaps import Basis, GapKind, Rating
from service.domain.regions import Level

RATINGS = {
    Rating.MISSING: "缺",
    Rating.SUSPECTED: "疑缺",
    Rating.WEAK: "弱",
    Rating.BALANCED: "平",
    Rating.STRONG: "强",
    Rating.UNOBSERVED: "未观测",
}
KINDS = {
    GapKind.BRIDGE: "断点",
    GapKind.EXTEND_UPSTREAM: "延上游",
    GapKind.EXTEND_DOWNSTREAM: "延下游",
    GapKind.STRENGTHEN: "强链",
    GapKind.BLANK: "空白",
}
STAGES = {Stage.UPSTREAM: "上游", Stage.MIDSTREAM: "中游", Stage.DOWNSTREAM: "下游"}
BASES = {Basis.COMPLETE: "完整名录", Basis.SELECTIVE: "选择性名录"}
LEVELS = {Level.PROVINCE: "省级", Level.CITY: "市级", Level.COUNTY: "县级"}
GAP_FACTORS = {
    "shortfall": "缺口规模",
    "demand_pull": "需求牵引",
    "supply_push": "供给支撑",
    "criticality": "关键程度",
    "feasibility": "落地可行",
    "fit": "契合度",
}
TARGET_FACTORS = {
    "capability": "实力",
    "purity": "专业度",
    "expansion": "扩张",
    "ties": "本地关联",
    "proximity": "距离",
    "source_region": "来源地",
    "carriers": "载体契合",
}
FIELDS = {
    "nodes": "名录标注",
    "products": "主营产品",
    "name": "企业名称",
    "scope": "经营范围",
    "industry": "所属行业",
    "gbt4754_codes": "行业代码",
    "review": "人工确认",
}
REVIEW_STATES = {
    ReviewState.OPEN: "撤回",
    ReviewState.ACCEPTED: "确认",
    ReviewState.REJECTED: "否定",
}

# Colours that stay apart for colour-blind readers; suspected is drawn hollow.
RATING_COLOURS = {
    Rating.MISSING: "#b2182b",
    Rating.SUSPECTED: "#d6604d",
    Rating.WEAK: "#f4a582",
    Rating.BALANCED: "#92c5de",
    Rating.STRONG: "#2166ac",
    Rating.UNOBSERVED: "#bdbdbd",
}
