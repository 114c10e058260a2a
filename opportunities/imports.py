"""Opportunities from files, won ones with the contract that the old system did not have."""

from django import forms
from django.core.exceptions import ValidationError
from django.dispatch import Signal
from django.utils import timezone
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from crm import clock
from crm.access import Role
from crm.imports import kinds, looking
from crm.imports.fields import Field, names
from crm.imports.kinds import EXTERNAL_ID, Kind
from crm.imports.looking import Reference
from crm.imports.products import CURRENCY
from crm.models import Company, User
from leads.models import Lead
from opportunities.models import Opportunity
from opportunities.stages import BY_KEY, LOST, STAGES, WON, choices

deals_won = Signal()  # book, units: deals that came in as won and have no contract yet
WORDS = {
    "discovery": names("prospecting|qualification|appointment scheduled|qualified|contact made|qualified to buy|"
              "初步接触|"
                       "初步沟通|立项|线索确认"),
    "needs": names("needs analysis|id. decision makers|needs defined|demo scheduled|需求确认|需求调研|需求分析"),
    "proposal": names("value proposition|perception analysis|proposal/price quote|presentation scheduled|proposal made|"
                      "方案报价|方案|报价|提案"),
    "negotiation": names("negotiation/review|negotiations started|decision maker bought-in|商务谈判|谈判|议价"),
    "contracting": names("contract sent|合同签订|签约中|合同审批"),
    "won": names("closed won|赢单|成交|已成交|签约|成功"),
    "lost": names("closed lost|输单|丢单|失败|流失"),
    "on_hold": names("suspended|暂停|搁置"),
}  # fmt: skip


class WholeFile(forms.Form):
    owner = forms.ModelChoiceField(
        label=_("owner of rows without one"), queryset=User.objects.filter(is_active=True), required=False,
        help_text=_("Left empty, they are yours."),
    )  # fmt: skip
    contract_state = forms.ChoiceField(
        label=_("contracts supplied for won deals are"), required=False,
        choices=[("signed", _("signed, still to be fulfilled")), ("closed", _("closed: delivered and paid long ago"))],
        help_text=_("A won deal without its contract gets one, signed on its closing date."),
    )  # fmt: skip

    def __init__(self, *args, by, **kwargs):
        super().__init__(*args, **kwargs)


def _leads(words, batch):
    rows = looking.by_field(Lead, "number", words)
    return rows | looking.by_external_id(Lead, words, batch.answers.system)


@kinds.register
class OpportunityKind(Kind):
    key, model, whole = "opportunities", Opportunity, WholeFile
    keys, identity = ("external_id", "number", "name"), ("number",)
    fields = (
        Field("name", _("name"), names("opportunity name|deal name|deal - title|deal title|title|商机名称|项目名称|"
              "商机|"
              "商机标题|主题"), required=True),
        Field("customer", _("customer"), names("account name|account|company|associated company|company name|"
              "organization|"
              "deal - organization|客户|客户名称|公司名称|所属客户"), "record", refers=looking.CUSTOMERS, required=True,
              new_only=True),
        Field("status", _("stage"), names("stage|deal stage|deal - stage|deal - status|商机阶段|销售阶段|阶段|"
              "商机状态|状态"), "choice",
              choices=lambda: dict(choices()), words=WORDS, new_only=True),
        Field("amount", _("expected amount"), names("amount|deal value|deal - value|expected revenue|value|商机金额|"
              "预计金额|预计成交金额|金额"), "amount"),
        CURRENCY,
        Field("owner", _("owner"), names("opportunity owner|deal owner|deal - owner|负责人|商机负责人|销售|业务员|"
              "跟进人"), "record",
              refers=looking.PEOPLE, new_only=True),
        Field("expected_close_on", _("expected closing"), names("close date|expected close date|"
              "deal - expected close date|"
              "预计成交日期|预计签单日期|预计结单日期|预计成交时间"), "day"),
        Field("closed_on", _("closed on"), names("closed date|won time|deal - won time|deal - deal closed on|"
              "actual close date|"
              "成交日期|实际成交日期|结单日期|签单日期|赢单日期"), "past_day", attr=None),
        Field("created_on", _("created on"), names("created date|create date|deal - deal created|创建时间|创建日期|"
              "提交时间"),
              "past_day", attr=None),
        Field("lost_reason", _("lost because of"), names("loss reason|closed lost reason|deal - lost reason|输单原因|"
              "丢单原因|失败原因"), "choice", choices=lambda: dict(Opportunity.LostReason.choices), new_only=True,
              words={"price": names("价格高|价格太高|too expensive|价格"), "competitor": names("竞争对手|选择竞品|"
              "竞品"),
                     "no_budget": names("预算不足|没有预算|预算取消"), "no_decision": names("项目取消|客户无决策|延期"),
                     "product": names("产品不匹配|功能不满足"), "other": names("其他|其它|other reason")}),
        Field("competitor", _("competitor"), names("main competitor(s)|竞争对手|竞品"), new_only=True),
        Field("need", _("need"), names("description|deal description|next step|需求|需求描述|备注|描述")),
        Field("product", _("product"), names("product name|products|意向产品|产品|产品名称"), "record", attr=None,
              refers=looking.PRODUCTS),
        Field("lead", _("lead"), names("lead number|lead id|线索|线索编号"), "record", new_only=True,
              refers=Reference(Lead, _leads)),
        Field("number", _("number"), names("opportunity number|商机编号|编号"), new_only=True),
        EXTERNAL_ID.named("opportunity id|deal id|deal - id"),
    )  # fmt: skip

    def complete(self, deal, unit, batch):
        if unit.known is not None:
            return
        days = unit.values
        deal.created_at = clock.day_start(days["created_on"]) if "created_on" in days else self._born(days)
        deal.owner = deal.owner or batch.whole_record("owner", User) or batch.by
        if not deal.owner.has_role(Role.SALES, Role.MANAGER):
            raise ValidationError({"owner": _t("Opportunities are worked by sales; choose a sales rep.")})
        self.refuse_own_number(deal.number)
        self._follow_lead(deal, unit, batch)
        _own(deal)
        deal.currency = days.get("currency") or Company.current().base_currency
        deal.rate = batch.rate(deal.currency, clock.business_day(deal.created_at))
        deal.last_activity_at = deal.status_since = deal.created_at
        if deal.status not in BY_KEY:
            self._set_aside(deal, days)

    def _born(self, days):
        """Without a day of its own a deal that is over was born on the day it closed at the latest."""
        return clock.day_start(days["closed_on"]) if "closed_on" in days else timezone.now()

    def _follow_lead(self, deal, unit, batch):
        if deal.lead is None:
            return
        first = batch.seen.setdefault(("lead", deal.lead.pk), unit.number) == unit.number
        taken = Opportunity.objects.filter(lead=deal.lead).exists()
        if taken or not first or deal.lead.status != Lead.Status.CONVERTED:
            raise ValidationError({"lead": _t("Only a lead that came in as converted, once, can be linked.")})
        deal.case = deal.lead.case

    def _set_aside(self, deal, days):
        """What a closed or held deal knows besides: the stage it left, and when and why it closed."""
        deal.held_from = STAGES[-1].key if deal.status == WON else STAGES[0].key
        if deal.status not in (WON, LOST):
            return
        day = days.get("closed_on") or days.get("expected_close_on") or clock.business_day(deal.created_at)
        if day > clock.today():
            raise ValidationError({"closed_on": _t("This day is in the future.")})
        deal.closed_at = deal.status_since = deal.last_activity_at = max(clock.day_start(day), deal.created_at)
        if deal.status == LOST:
            deal.lost_reason = deal.lost_reason or Opportunity.LostReason.OTHER

    def create(self, book, units):
        book.add([(unit, unit.record) for unit in units], state=lambda deal: deal.held_from or deal.status)
        for unit in units:
            deal = unit.record
            if verb := {WON: "win", LOST: "lose"}.get(deal.status):
                book.tell(unit, deal, verb, was=deal.held_from, now=deal.status, at=deal.closed_at)
        won = [unit for unit in units if unit.record.status == WON]
        if won:
            deals_won.send(Opportunity, book=book, units=won)


def _own(record):
    """A customer that comes in with the record belongs to the same person."""
    if record.customer is not None and record.customer.pk is None:
        record.customer.owner = record.customer.owner or record.owner
        record.customer.created_at = min(record.customer.created_at, record.created_at)
