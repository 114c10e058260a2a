"""Contracts from files: one row each, or one row per line. And those that won deals are missing."""

from decimal import Decimal

from django import forms
from django.core.exceptions import ValidationError
from django.dispatch import receiver
from django.utils import timezone
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from contracts.models import Contract, ContractLine
from crm import clock, money
from crm.imports import kinds, lines, looking
from crm.imports.fields import Field, names
from crm.imports.kinds import EXTERNAL_ID, Kind
from crm.imports.looking import Reference
from crm.imports.products import CURRENCY
from crm.models import Company, User
from opportunities.imports import deals_won
from opportunities.models import Opportunity

Status = Contract.Status
SIGNED = (*Contract.BINDING, Status.TERMINATED)
LATER = {Status.FULFILLED: "fulfil", Status.CLOSED: "close", Status.TERMINATED: "terminate"}
WORDS = {
    "draft": names("草稿|起草|待提交|in approval process"), "in_review": names("审批中|"
              "评审中"), "approved": names("已审批|待签署"),
    "signed": names("activated|active|生效|已生效|执行中|履行中|已签订|已签约"), "fulfilled": names("已履行|履行完毕|"
              "已交付|completed"),
    "closed": names("已结束|完成|已完成|expired|到期|已归档"), "terminated": names("已终止|终止|提前终止|解除"),
    "void": names("作废|已作废|cancelled"),
}  # fmt: skip


class WholeFile(forms.Form):
    owner = forms.ModelChoiceField(
        label=_("owner of rows without one"), queryset=User.objects.filter(is_active=True), required=False,
        help_text=_("Left empty, they belong to whom the customer belongs to."),
    )  # fmt: skip

    def __init__(self, *args, by, **kwargs):
        super().__init__(*args, **kwargs)


def _opportunities(words, batch):
    rows = Opportunity.objects.visible_to(batch.by).select_related("case", "customer")
    numbered = looking.index((row.number, row) for row in rows.filter(number__in=words))
    return numbered | looking.by_external_id(Opportunity, words, batch.answers.system)


@kinds.register
class ContractKind(Kind):
    key, model, group, whole = "contracts", Contract, "number", WholeFile
    keys, identity = ("number", "external_id"), ("number",)
    fields = (
        Field("number", _("number"), names("contract number|contract no|contract id|合同编号|合同号|"
              "编号"), new_only=True),
        Field("title", _("title"), names("contract name|contract title|合同名称|合同标题|项目名称|主题")),
        Field("customer", _("customer"), names("account name|account|company|customer name|客户|客户名称|甲方|"
              "公司名称|签约客户"),
              "record", refers=looking.CUSTOMERS, required=True, new_only=True),
        Field("status", _("status"), names("contract status|合同状态|状态|执行状态"), "choice",
              choices=lambda: dict(Status.choices), words=WORDS, new_only=True),
        Field("signed_on", _("signed on"), names("customer signed date|company signed date|signed date|signing date|"
              "签订日期|签约日期|签署日期|签订时间|签约时间|合同日期"), "past_day", new_only=True),
        Field("starts_on", _("starts on"), names("contract start date|start date|开始日期|生效日期|"
              "合同开始日期"), "day"),
        Field("ends_on", _("ends on"), names("contract end date|end date|结束日期|到期日期|截止日期|"
              "合同结束日期"), "day"),
        Field("promised_on", _("delivery promised for"), names("delivery date|交付日期|交货日期"), "day"),
        CURRENCY,
        Field("owner", _("owner"), names("contract owner|负责人|合同负责人|签约人|我方签约人|业务员|销售"), "record",
              refers=looking.PEOPLE, new_only=True),
        Field("opportunity", _("opportunity"), names("opportunity id|opportunity number|deal id|商机编号|"
              "关联商机"), "record",
              new_only=True, refers=Reference(Opportunity, _opportunities)),
        Field("created_on", _("created on"), names("created date|创建时间|创建日期|提交时间"), "past_day", attr=None),
        Field("terms", _("terms"), names("special terms|条款|付款条款|备注")),
        *lines.FIELDS,
        EXTERNAL_ID,
    )  # fmt: skip

    def may_change(self, contract, by):
        """What is under review or signed changes by acts alone."""
        return contract.status == Status.DRAFT and super().may_change(contract, by)

    def complete(self, contract, unit, batch):
        if unit.known is not None:
            return
        self.refuse_own_number(contract.number)
        self._stand_on_deal(contract)
        contract.owner = contract.owner or batch.whole_record("owner", User) or contract.customer.owner or batch.by
        if contract.customer.pk is None:
            contract.customer.owner = contract.customer.owner or contract.owner
        contract.title = contract.title or contract.number or str(contract.customer)
        contract.currency = unit.values.get("currency") or Company.current().base_currency
        self._date(contract, unit.values)
        contract.rate = batch.rate(contract.currency, contract.signed_on or clock.business_day(contract.created_at))
        unit.more = lines.of(ContractLine, unit, contract.currency, contract.title)
        money.total(contract, unit.more)

    def _stand_on_deal(self, contract):
        deal = contract.opportunity
        if deal is None:
            return
        if deal.customer_id != contract.customer.pk:
            raise ValidationError({"opportunity": _t("This belongs to another customer.")})
        contract.case = deal.case

    def _date(self, contract, values):
        """The state, and the days that go with it."""
        if "status" not in values:
            contract.status = Status.SIGNED if contract.signed_on else Status.DRAFT
        if contract.status in SIGNED and contract.signed_on is None:
            raise ValidationError({"signed_on": _t("A contract in this state was signed; say when.")})
        if contract.status not in SIGNED:
            contract.signed_on = None
        days = [day for day in (values.get("created_on"), contract.signed_on) if day]
        contract.created_at = clock.day_start(min(days)) if days else timezone.now()
        contract.status_since = clock.day_start(contract.signed_on) if contract.signed_on else contract.created_at

    def create(self, book, units):
        write(book, [(unit, unit.record, unit.more) for unit in units])


def write(book, contracts):
    """Save contracts with their lines [(unit, contract, lines)], and tell how they came to their state."""
    book.add([(unit, contract) for unit, contract, _lines in contracts], state=_state_before_signing)
    for _unit, contract, parts in contracts:
        for line in parts:
            line.contract = contract
    book.attach([(unit, line) for unit, _contract, parts in contracts for line in parts])
    for unit, contract, _parts in contracts:
        if contract.status in SIGNED:
            at, day = clock.day_start(contract.signed_on), {"signed_on": str(contract.signed_on)}
            book.tell(unit, contract, "sign", was=Status.APPROVED, now=Status.SIGNED, at=at, data=day)
        if verb := LATER.get(contract.status):
            book.tell(unit, contract, verb, was=Status.SIGNED, now=contract.status, at=contract.status_since)


def _state_before_signing(contract):
    return Status.APPROVED if contract.status in SIGNED else contract.status


@receiver(deals_won)
def supply(sender, book, units, **kwargs):
    """A won deal without its contract gets one: signed on the closing date, one line for its product and amount.

    Nobody knows what was agreed about paying, so it has no payment plan."""
    status = book.batch.whole("contract_state") or Status.SIGNED
    write(book, [(unit, *_contract_of(unit, status, book.batch)) for unit in units])


def _contract_of(unit, status, batch):
    deal, product = unit.record, unit.values.get("product")
    day = clock.business_day(deal.closed_at)
    contract = Contract(
        opportunity=deal, customer=deal.customer, case=deal.case, owner=deal.owner, title=deal.name, signed_on=day,
        status=status, created_at=deal.closed_at, status_since=deal.closed_at, currency=deal.currency,
        rate=batch.rate(deal.currency, day), terms=_t("Supplied by the import of a won deal."),
    )  # fmt: skip
    line = ContractLine(
        position=1, product=product, description=(product.name if product else deal.name)[:300], unit_price=deal.amount,
        quantity=Decimal(1), discount_percent=Decimal(0),
        tax_rate=product.tax_rate if product else lines.USUAL_RATE,
    )  # fmt: skip
    money.price_line(line, contract.currency)
    money.total(contract, [line])
    return contract, [line]
