"""The columns of a file that become a lead, under the names other systems give them, and the reading of one row."""

from datetime import date
from decimal import Decimal
from functools import cache

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils import timezone, translation
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm import clock, search, sheets
from leads.models import Lead

KNOWN_HEADERS = {  # field -> the headers it is recognised by, beside its own name in both languages
    "company_name": ["company", "company name", "account", "account name", "organization", "organization name",
                     "customer", "公司", "公司名称", "企业名称", "单位", "单位名称", "客户", "客户名称", "线索名称"],
    "contact_name": ["contact", "contact name", "contact person", "name", "full name", "lead name", "person",
                     "联系人", "联系人姓名", "姓名", "称呼"],
    "contact_title": ["title", "job title", "position", "role", "职位", "职务", "岗位"],
    "phone": ["phone", "phone number", "mobile", "mobile phone", "mobile phone number", "tel", "telephone",
              "电话", "手机", "手机号", "手机号码", "联系电话", "联系方式"],
    "email": ["email", "e-mail", "email address", "mail", "邮箱", "电子邮箱", "电子邮件", "邮件"],
    "channel": ["source", "lead source", "original source", "channel", "来源", "线索来源", "渠道", "来源渠道"],
    "industry": ["industry", "sector", "行业", "所属行业"],
    "region": ["region", "city", "state", "province", "area", "地区", "区域", "城市", "省份", "省市"],
    "need": ["need", "needs", "requirement", "description", "notes", "note", "message", "需求", "需求描述",
             "备注", "描述", "说明"],
    "budget": ["budget", "annual revenue", "amount", "value", "预算", "预算金额"],
    "timing": ["timing", "timeline", "time frame", "timeframe", "采购时间", "时间计划", "预计采购时间"],
    "consent": ["consent", "opt in", "marketing consent", "同意联系", "是否同意", "授权联系"],
    "created_on": ["created", "created on", "created at", "created date", "create date", "lead created", "date",
                   "创建时间", "创建日期", "日期", "提交时间", "登记日期"],
    "external_id": ["id", "lead id", "record id", "external id", "record-id", "编号", "线索编号", "数据id"],
}  # fmt: skip
OWN_LABELS = {
    "created_on": gettext_lazy("created on"),
    "external_id": gettext_lazy("id in the other system"),
    "consent": gettext_lazy("agreed to be contacted"),
}
CHOICES = ("channel", "industry", "timing")
OTHER_WORDS = {  # what other systems and people call our choices
    "channel": {
        "exhibition": ["展会", "展览", "会议", "trade show", "event", "conference"],
        "website": ["网站", "官网", "官网表单", "表单", "web", "web form", "online form"],
        "search_ads": ["搜索", "搜索广告", "广告", "百度", "google", "google ads", "advertisement", "sem", "ppc"],
        "social": ["社交媒体", "社媒", "微信", "公众号", "抖音", "微博", "小红书", "linkedin", "facebook"],
        "referral": ["转介绍", "推荐", "客户推荐", "老客户介绍", "word of mouth", "customer referral"],
        "partner": ["合作伙伴", "伙伴", "代理商", "渠道商", "reseller"],
        "phone": ["电话", "陌拜", "电销", "电话营销", "phone", "call", "telemarketing"],
        "email": ["邮件", "电子邮件", "邮件营销", "email", "email marketing"],
        "other": ["其他", "其它", "未知", "unknown"],
    },
    "industry": {
        "manufacturing": ["制造", "制造业", "工业", "industrial"],
        "retail": ["零售", "零售业", "电商", "快消", "e-commerce", "consumer goods"],
        "software": ["软件", "软件和信息技术", "互联网", "it", "it服务", "technology", "software", "saas"],
        "logistics": ["物流", "运输", "仓储", "transportation", "transport"],
        "healthcare": ["医疗", "医药", "医疗健康", "health", "pharma"],
        "education": ["教育", "培训", "training"],
        "finance": ["金融", "金融业", "银行", "保险", "banking", "insurance", "finance"],
        "construction": ["建筑", "建筑业", "房地产", "工程", "real estate"],
        "energy": ["能源", "电力", "化工", "utilities", "oil & gas"],
        "other": ["其他", "其它", "unknown"],
    },
}  # fmt: skip
YES = {"1", "true", "yes", "y", "x", "✓", "是", "同意", "对"}
NO = {"0", "false", "no", "n", "", "否", "不同意", "不"}
RELATIONS = ("campaign", "owner", "case", "customer", "created_by", "last_owner")


def label(field):
    """What a field is called."""
    return OWN_LABELS.get(field) or Lead._meta.get_field(field).verbose_name


def match(headers):
    """{field: position} for the headers that are recognised."""
    fields = {field: [field, str(label(field)), *known] for field, known in KNOWN_HEADERS.items()}
    return sheets.match_columns(headers, fields)


def text(cell):
    """A cell as text; a number without idle zeros, as a phone typed into a sheet needs it."""
    if cell is None:
        return ""
    if isinstance(cell, Decimal):
        return f"{cell.normalize():f}"
    return str(cell).replace("\0", "").strip()


def values_of(cells, columns):
    """{field: cell} of one row; columns the row is too short for are empty."""
    return {field: cells[at] if at < len(cells) else None for field, at in columns.items()}


def lead_from(values, lead_import):
    """The lead a row describes, checked but not saved. Raises ValidationError with the fields at fault."""
    errors, read = {}, {}
    for field, cell in values.items():
        try:
            read[field] = READERS.get(field, lambda cell, field: text(cell))(cell, field)
        except ValidationError as refusal:
            errors[field] = refusal
    lead = Lead(
        campaign=lead_import.campaign,
        created_by=lead_import.uploaded_by,
        **{field: value for field, value in read.items() if field not in ("created_on", "external_id")},
    )
    lead.channel = lead.channel or lead_import.channel or getattr(lead_import.campaign, "channel", "")
    lead.created_at = lead.status_since = read.get("created_on") or timezone.now()
    _check(lead, errors)
    return lead


def _check(lead, errors):
    try:
        lead.clean_fields(exclude={*RELATIONS, *errors})
        if not errors:
            lead.clean()
    except ValidationError as refusal:
        errors |= refusal.error_dict
    if errors:
        raise ValidationError(errors)


def reason(refusal):
    """A refusal in one line: each field by name with what is wrong with it."""
    told = ((capfirst(label(field)), " ".join(lines).rstrip(".。")) for field, lines in refusal.message_dict.items())
    return "; ".join(f"{name}: {words}" for name, words in told)


# Readers: from a cell to the field's value


def _plain(cell, field):
    """Phones and mails in half-width small characters, however they were typed."""
    return search.normalise(text(cell))


def _budget(cell, field):
    return cell if isinstance(cell, Decimal) else sheets.parse_decimal(text(cell)) if text(cell) else None


def _choice(cell, field):
    word = search.normalise(text(cell))
    if word and word not in spellings(field):
        raise ValidationError(_("“%(word)s” is not known here."), params={"word": text(cell)})
    return spellings(field)[word] if word else ""


def _consent(cell, field):
    word = search.normalise("1" if cell is True else "0" if cell is False else text(cell))
    if word not in YES | NO:
        raise ValidationError(_("“%(word)s” is neither yes nor no."), params={"word": text(cell)})
    return word in YES


def _created_on(cell, field):
    """The day the lead was born in the other system, never in the future."""
    if not text(cell):
        return None
    day = sheets.parse_date(text(cell)) if not isinstance(cell, date) else getattr(cell, "date", lambda: cell)()
    if day > clock.today():
        raise ValidationError(_("This day is in the future."))
    return clock.day_start(day)


READERS = {
    "phone": _plain,
    "email": _plain,
    "budget": _budget,
    "consent": _consent,
    "created_on": _created_on,
    **dict.fromkeys(CHOICES, _choice),
}


@cache
def spellings(field):
    """Every way to write a choice: its key, its label in each language, and what others call it."""
    choices = Lead._meta.get_field(field).choices
    found = {word: value for value, words in OTHER_WORDS.get(field, {}).items() for word in words}
    found |= {value: value for value, _label in choices}
    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            found |= {search.normalise(str(label)): value for value, label in choices}
    return found
