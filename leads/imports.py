"""Leads from files, under the headers other systems give them."""

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from crm import clock
from crm.imports import industries, kinds, looking
from crm.imports.fields import Field, names
from crm.imports.kinds import EXTERNAL_ID, Kind
from crm.models import Channel, Industry, User
from leads.models import Campaign, Lead

CHANNELS = {
    "exhibition": names("展会|展览|会议|trade show|event|conference|trade fair"),
    "website": names("网站|官网|官网表单|表单|web|web form|online form|organic search|direct traffic|web store"),
    "search_ads": names("搜索|搜索广告|广告|百度|google|google ads|advertisement|sem|ppc|paid search"),
    "social": names("社交媒体|社媒|微信|公众号|抖音|微博|小红书|linkedin|facebook|organic social|paid social"),
    "referral": names("转介绍|推荐|客户推荐|老客户介绍|word of mouth|customer referral|employee referral|referrals"),
    "partner": names("合作伙伴|伙伴|代理商|渠道商|reseller|external referral"),
    "phone": names("电话|陌拜|电销|电话营销|phone|call|telemarketing|phone inquiry|offline sources"),
    "email": names("邮件|电子邮件|邮件营销|email|email marketing"),
    "other": names("其他|其它|未知|unknown|other sources"),
}
STATES = {
    "new": names("新|新线索|未处理|未分配|待分配|open - not contacted|open|unread"),
    "assigned": names("已分配|待跟进|未跟进|in progress"),
    "contacted": names("已联系|跟进中|working - contacted|working|attempted to contact|connected|open deal"),
    "nurturing": names("培育中|培育|nurture|bad timing"),
    "qualified": names("已确认|有效|合格|closed - qualified|marketing qualified lead|sales qualified lead"),
    "converted": names("已转化|已转换|转客户|closed - converted|customer"),
    "disqualified": names("无效|已关闭|作废|closed - not converted|unqualified|archived|lost"),
}


class WholeFile(forms.Form):
    campaign = forms.ModelChoiceField(label=_("campaign of all rows"), queryset=Campaign.objects.none(), required=False)
    channel = forms.ChoiceField(
        label=_("channel of rows without one"), choices=[("", "—"), *Channel.choices], required=False
    )
    owner = forms.ModelChoiceField(
        label=_("owner of rows without one"), queryset=User.objects.filter(is_active=True), required=False,
        help_text=_("Left empty, leads without an owner go to the pool."),
    )  # fmt: skip

    def __init__(self, *args, by, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["campaign"].queryset = Campaign.objects.visible_to(by).order_by("-pk")


@kinds.register
class LeadKind(Kind):
    key, model, assign, whole = "leads", Lead, "leads.assign_lead", WholeFile
    keys = ("external_id", "phone", "email", "company_name")
    fields = (
        Field("company_name", _("company"), names("company|company name|account|account name|organization|"
              "organization name|lead - organization|customer|公司|公司名称|企业名称|单位|单位名称|客户|客户名称|"
              "线索名称"), required=True),
        Field("contact_name", _("contact person"), names("contact|contact name|contact person|name|full name|"
              "lead name|person|lead - contact person|person - name|联系人|联系人姓名|姓名|称呼")),
        Field("contact_title", _("position"), names("title|job title|position|role|职位|职务|岗位")),
        Field("phone", _("phone"), names("phone|phone number|mobile|mobile phone|mobile phone number|tel|telephone|"
              "person - phone|电话|手机|手机号|手机号码|联系电话|联系方式"), "contact"),
        Field("email", _("e-mail"), names("email|e-mail|email address|mail|person - email|邮箱|电子邮箱|电子邮件|"
              "邮件"), "contact"),
        Field("status", _("status"), names("status|lead status|lifecycle stage|lead stage|状态|线索状态|"
              "跟进状态"), "choice",
              choices=lambda: dict(Lead.Status.choices), words=STATES, new_only=True),
        Field("owner", _("owner"), names("lead owner|contact owner|owner name|assigned to|负责人|跟进人|"
              "销售|销售人员|业务员|所有人|当前节点/当前负责人"), "record", refers=looking.PEOPLE, new_only=True),
        Field("channel", _("channel"), names("source|lead source|original source|lead - source|channel|来源|"
              "线索来源|渠道|来源渠道"), "choice", choices=lambda: dict(Channel.choices), words=CHANNELS),
        Field("industry", _("industry"), names("industry|sector|行业|所属行业"), "choice",
              choices=lambda: dict(Industry.choices), words=industries.WORDS),
        Field("region", _("region"), names("region|city|state|province|state/province|area|地区|区域|城市|省份|省市")),
        Field("need", _("need"), names("need|needs|requirement|description|notes|note|message|需求|需求描述|备注|描述|"
              "说明")),
        Field("budget", _("budget"), names("budget|annual revenue|amount|value|lead - value|预算|预算金额"), "amount"),
        Field("timing", _("timing"), names("timing|timeline|time frame|timeframe|采购时间|时间计划|"
              "预计采购时间"), "choice", choices=lambda: dict(Lead.Timing.choices)),
        Field("grade", _("grade"), names("rating|grade|评级|线索等级|等级"), "choice",
              choices=lambda: dict(Lead.Grade.choices), words={"A": ("hot", "高"), "B": ("warm", "中"),
                                                               "C": ("cold", "低")}),
        Field("consent", _("agreed to be contacted"), names("consent|opt in|marketing consent|同意联系|是否同意|"
              "授权联系"), "yes"),
        Field("created_on", _("created on"), names("created|created at|created date|create date|"
              "lead created|lead - lead created|date|创建时间|创建日期|日期|提交时间|登记日期"), "past_day", attr=None),
        Field("contacted_on", _("last contact on"), names("last activity|last contacted|last activity date|"
              "最后跟进时间|最近跟进|最近联系时间"), "past_day", attr=None),
        Field("disqualified_reason", _("why disqualified"), names("unqualified reason|lost reason|无效原因|关闭原因"),
              new_only=True),
        EXTERNAL_ID.named("lead id|lead - id|编号|线索编号"),
    )  # fmt: skip

    def persons(self, unit):
        return [(unit.values.get("phone", ""), unit.values.get("email", ""))]

    def complete(self, lead, unit, batch):
        """What was not in the file: the campaign and channel of all rows, the owner, the moments of its state."""
        if "contacted_on" in unit.values:
            lead.last_contact_at = clock.day_start(unit.values["contacted_on"])
        if unit.known is not None:
            return
        self._begin(lead, unit, batch)
        if lead.owner and lead.status == Lead.Status.NEW:
            lead.status = Lead.Status.ASSIGNED
        if lead.status in Lead.HELD and lead.owner is None:
            raise ValidationError({"owner": _t("A lead in this state needs an owner.")})
        if lead.owner:
            lead.assigned_at = lead.created_at
            lead.last_contact_at = lead.last_contact_at or timezone.now()

    def _begin(self, lead, unit, batch):
        lead.owner = lead.owner or batch.whole_record("owner", User)
        lead.campaign = batch.whole_record("campaign", Campaign)
        lead.channel = lead.channel or batch.whole("channel") or getattr(lead.campaign, "channel", "")
        day = unit.values.get("created_on")
        lead.created_at = lead.status_since = clock.day_start(day) if day else timezone.now()
