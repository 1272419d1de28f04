"""Which column of a firm file holds which field: guessed from its headers, and overridable."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from service.errors import InvalidMapping
from service.ingest.firm_money import MoneyUnit, parse_unit

FIELDS: dict[str, str] = {
    "name": "企业名称",
    "uscc": "统一社会信用代码",
    "short_name": "简称",
    "stock_code": "股票代码",
    "adcode": "行政区划代码",
    "province": "省",
    "city": "市",
    "county": "区县",
    "address": "地址",
    "scope": "经营范围",
    "industry": "所属行业",
    "gbt4754_codes": "行业代码",
    "products": "主要产品",
    "nodes": "产业链环节",
    "capital_cny": "注册资本",
    "revenue_cny": "营业收入",
    "employees": "员工人数",
    "founded": "成立日期",
    "entity_type": "企业类型",
    "standing": "资质荣誉",
    "lon": "经度",
    "lat": "纬度",
    "website": "网址",
    "status": "登记状态",
    "as_of": "数据日期",
}
"""Every field that a column can be mapped to, with its Chinese label."""

_HEADERS: dict[str, str] = {
    "name": "公司全称 企业全称 单位全称 企业名称 公司名称 单位名称 机构名称 fullname full_name company_name"
    " companyname firm_name enterprise_name company firm 企业 公司 名称 name",
    "uscc": "统一社会信用代码 社会信用代码 统一信用代码 信用代码 统一社会信用编码 uscc"
    " unified_social_credit_code credit_code social_credit_code",
    "short_name": "a股简称 简称 证券简称 股票简称 公司简称 企业简称 股票名称 证券名称 short_name 名称 name",
    "stock_code": "a股代码 股票代码 证券代码 上市代码 stock_code code symbol ticker",
    "adcode": "行政区划代码 区划代码 行政区划 adcode 地区代码 区域代码",
    "province": "省份 省 所属省份 所在省份 所属省 所在省 省级 province",
    "city": "城市 市 地市 所属城市 所在城市 所属市 所在市 地级市 设区市 city",
    "county": "区县 县区 所属区县 所在区县 县市区 县 区 县级 county district",
    "address": "注册地址 住所 企业注册地址 公司注册地址 注册地 地址 详细地址 企业地址 公司地址 单位地址"
    " 通讯地址 联系地址 经营地址 生产经营地址 生产经营地 办公地址 address reg_address registered_address",
    "scope": "经营范围 业务范围 主营业务 scope business_scope",
    "industry": "国标行业小类 国标行业中类 国标行业大类 国标行业门类 所属行业 行业 行业名称 行业类别 行业门类"
    " 行业大类 sw_industry industry csrc_section",
    "gbt4754_codes": "国民经济行业代码 行业代码 国标行业代码 行业分类代码 gbt4754 gbt4754_code gbt4754_codes"
    " industry_code",
    "products": "主要产品 主营产品 产品 产品名称 主要产品及服务 产品与服务 产品服务 top_products products"
    " main_products",
    "nodes": "产业链环节 环节 所属环节 链上环节 nodes node",
    "capital_cny": "注册资本 注册资金 注册资本金 capital_raw capital_cny registered_capital reg_capital"
    " capital",
    "revenue_cny": "营业收入 营收 营业总收入 主营业务收入 年营业收入 年营收 销售收入 revenue revenue_cny",
    "employees": "员工人数 从业人数 从业人员 职工人数 员工数 员工总数 从业人员数 参保人数 人数 employees"
    " staff employee_count",
    "founded": "成立日期 成立时间 注册日期 注册时间 成立年月 成立年份 reg_date founded establish_date"
    " registration_date 核准日期",
    "entity_type": "企业类型 公司类型 市场主体类型 主体类型 登记注册类型 entity_type company_type",
    "standing": "资质 荣誉 资质荣誉 荣誉资质 企业资质 标签 企业标签 standing tags",
    "lon": "经度 东经 lon lng longitude",
    "lat": "纬度 北纬 lat latitude",
    "website": "公司网址 网址 企业网址 官网 公司网站 企业官网 网站 website url homepage",
    "status": "登记状态 经营状态 企业状态 存续状态 status",
    "as_of": "数据日期 数据截止日期 截止日期 数据时间 统计日期 as_of data_date",
}
_SYNONYMS = {field: tuple(words.replace("_", "").split()) for field, words in _HEADERS.items()}
_BRACKETED = re.compile(r"[(\[【{〔]([^)\]】}〕]*)[)\]】}〕]")
_TRAILING_UNIT = re.compile(r"/?((?:千|百|十)?[万亿]?元)$")


@dataclass(frozen=True)
class ColumnMapping:
    """`columns`: field -> header of the column that holds it; `headers`: all headers, in file order."""

    headers: tuple[str, ...]
    columns: dict[str, str]

    @property
    def unused(self) -> tuple[str, ...]:
        """The headers that no field takes, in file order."""
        used = set(self.columns.values())
        return tuple(header for header in self.headers if header not in used)

    def unit(self, field: str) -> MoneyUnit | None:
        """Return the unit that the header of `field` names ("注册资本(万元)"), or None."""
        header = self.columns.get(field, "")
        return _header_unit(header) or (MoneyUnit(1) if header == field else None)

    def mapping_with(self, overrides: Mapping[str, str]) -> ColumnMapping:
        """Return the mapping with `overrides` (field -> column) over the guess.

        A column named here is taken from the field it was guessed for; an empty column leaves the field
        out. Headers are compared as they stand, else without spaces, width and case.

        Raises
        ------
        InvalidMapping : an unknown field or column; the message lists the choices.
        """
        chosen = {self._known_field(field): self._known_column(column) for field, column in overrides.items()}
        taken = set(chosen.values())
        columns = {field: header for field, header in self.columns.items() if header not in taken} | chosen
        return ColumnMapping(self.headers, {field: header for field, header in columns.items() if header})

    def require_name(self) -> None:
        """Raise InvalidMapping, listing the headers, when no column holds the firm's name."""
        if "name" not in self.columns:
            raise InvalidMapping(
                f"没有找到企业名称列；表头有：{'、'.join(self.headers)}。应有一列叫 企业名称 或 公司名称，"
                "或指定 name=列名"
            )

    def _known_field(self, field: str) -> str:
        if field not in FIELDS:
            choices = "、".join(f"{name}({label})" for name, label in FIELDS.items())
            raise InvalidMapping(f'没有字段 "{field}"；可用的字段：{choices}')
        return field

    def _known_column(self, column: str) -> str:
        if not column or column in self.headers:
            return column
        alike = [header for header in self.headers if _spaceless(header) == _spaceless(column)]
        if len(alike) == 1:
            return alike[0]
        raise InvalidMapping(f'没有列 "{column}"；文件里的列：{"、".join(self.headers)}')


def guess_mapping(headers: Iterable[str]) -> ColumnMapping:
    """Guess the field of every header; each header serves one field at most, each field one header.

    Compared without spaces, width, case and what stands in brackets. Where several headers fit a field,
    the more telling one is taken: 企业全称 before 名称 (which then is the short name), 成立日期 before
    核准日期. A file without a name column gives a mapping too: `require_name` complains.
    """
    known = tuple(headers)
    free: dict[str, str] = {}
    for header in known:
        free.setdefault(_plain(header), header)
    columns: dict[str, str] = {}
    for field, words in _SYNONYMS.items():
        found = next((word for word in words if word in free), None)
        if found is not None:
            columns[field] = free.pop(found)
    return ColumnMapping(known, columns)


def _spaceless(header: str) -> str:
    return "".join(unicodedata.normalize("NFKC", header).split()).lower()


def _plain(header: str) -> str:
    """Return the header without spaces, width, case, marks of required fields, brackets and unit."""
    text = re.sub(r"[\s*:#_\ufeff-]", "", unicodedata.normalize("NFKC", header)).lower()
    without = _BRACKETED.sub("", text) or text
    return _TRAILING_UNIT.sub("", without) or without


def _header_unit(header: str) -> MoneyUnit | None:
    text = _spaceless(header)
    written = [*_BRACKETED.findall(text), *_TRAILING_UNIT.findall(text)]
    units = (parse_unit(part.removeprefix("单位").lstrip(":")) for part in written)
    return next((unit for unit in units if unit is not None), None)
