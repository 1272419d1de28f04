"""The Chinese words for what the code names in English: one place for pages, maps and tables."""

from __future__ import annotations

from service.domain.chains import Stage
from service.domain.confidence import ConfidenceMark
from service.domain.firms import ReviewState
from service.domain.gaps import Basis, GapKind, Rating
from service.domain.portfolio import Resource
from service.domain.regions import Level
from service.domain.stability import StabilityMark
from service.domain.target_diff import ChangeKind

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
PROJECTS = {
    GapKind.BRIDGE: "补链",
    GapKind.EXTEND_UPSTREAM: "延链",
    GapKind.EXTEND_DOWNSTREAM: "延链",
    GapKind.STRENGTHEN: "强链",
    GapKind.BLANK: "建链",
}
STAGES = {Stage.UPSTREAM: "上游", Stage.MIDSTREAM: "中游", Stage.DOWNSTREAM: "下游"}
BASES = {Basis.COMPLETE: "完整名录", Basis.SELECTIVE: "选择性名录"}
STABILITY = {StabilityMark.STABLE: "稳", StabilityMark.FAIR: "较稳", StabilityMark.UNSTABLE: "不稳"}
CONFIDENCE = {ConfidenceMark.HIGH: "高", ConfidenceMark.MEDIUM: "中", ConfidenceMark.LOW: "低"}
LEVELS = {Level.PROVINCE: "省级", Level.CITY: "市级", Level.COUNTY: "县级"}
GAP_FACTORS = {
    "shortfall": "缺口规模",
    "demand_pull": "需求牵引",
    "supply_push": "供给支撑",
    "criticality": "关键程度",
    "feasibility": "落地可行",
    "fit": "契合度",
    "momentum": "行业势头",
    "peers": "同类地区",
    "neighbours": "周边集聚",
    "base": "本地基础",
    "growth": "本地活力",
}
PLACE_FACTORS = {
    "proximity": "距注册地",
    "nearest_branch": "距已有网点",
    "same_province": "同省",
    "market": "市场规模",
    "standing_out": "区域中心",
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
TARGET_CHANGES = {ChangeKind.NEW: "新进", ChangeKind.GONE: "退出", ChangeKind.MOVED: "变动"}
PROFILE_AXES = {
    "upstream": "上游完整",
    "midstream": "中游完整",
    "downstream": "下游完整",
    "breadth": "环节广度",
    "size": "规模",
    "anchors": "链主",
    "growth": "增长",
    "neighbours": "周边集聚",
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
RESOURCES = {
    Resource.VISITS: "拜访家数",
    Resource.LAND: "用地（亩）",
    Resource.ENERGY: "能耗（吨标准煤）",
    Resource.PER_NODE: "同一环节家数",
}
REVIEW_STATES = {
    ReviewState.OPEN: "撤回",
    ReviewState.ACCEPTED: "确认",
    ReviewState.REJECTED: "否定",
}

VISIT_STATES = {"waiting": "待访", "visited": "已访", "dropped": "放弃"}

# Colours that stay apart for colour-blind readers; suspected is drawn hollow.
RATING_COLOURS = {
    Rating.MISSING: "#b2182b",
    Rating.SUSPECTED: "#d6604d",
    Rating.WEAK: "#f4a582",
    Rating.BALANCED: "#92c5de",
    Rating.STRONG: "#2166ac",
    Rating.UNOBSERVED: "#bdbdbd",
}
