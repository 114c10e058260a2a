"""Invoices and payments from files. What was issued and received elsewhere keeps its number and its days, and stands
in the ledger like our own."""

import re
from datetime import timedelta

from django.core.exceptions import ValidationError
from django.db.models import Max, Sum
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from billing import vouchers
from billing.models import Allocation, CreditNote, Invoice, InvoiceLine, LedgerEntry, Payment, Period
from billing.services import ledger
from contracts.models import Contract
from crm import clock, money
from crm.imports import kinds, lines, looking
from crm.imports.fields import Field, names
from crm.imports.kinds import EXTERNAL_ID, Kind
from crm.imports.looking import Reference
from crm.imports.products import CURRENCY
from crm.models import Company

ISSUED, SENT, VOID = Invoice.Status.ISSUED, Invoice.Status.SENT, Invoice.Status.VOID
STATES = {
    "issued": names("已开|已开票|已开具|正常|open|awaiting payment|paid|已付|已收款|partially paid|overdue"),
    "sent": names("已发送|已寄出|已交付"),
    "void": names("作废|已作废|voided|cancelled"),
}
TYPES = {
    "special": names("专票|增值税专用发票|专用发票"), "ordinary": names("普票|增值税普通发票|普通发票"),
    "electronic": names("电子发票|数电票|全电发票|电子专票|电子普票"),
}  # fmt: skip
METHODS = {
    "transfer": names("银行转账|转账|电汇|对公转账|wire|bank|ach|wire transfer"), "cheque": names("支票|承兑|check"),
    "alipay": names("支付宝"), "wechat": names("微信|微信支付"), "card": names("刷卡|信用卡|credit card"),
    "cash": names("现金"),
}  # fmt: skip
CUSTOMER = Field(
    "customer", _("customer"), names("account name|account|company|customer name|bill to|客户|客户名称|购方名称|购买方|"
    "公司名称|付款单位"), "record", refers=looking.CUSTOMERS,
)  # fmt: skip


def _contracts(words, batch):
    rows = (
        Contract.objects.visible_to(batch.by)
        .filter(number__in=words)
        .select_related("customer__owner", "case", "owner")
    )
    return looking.index((row.number, row) for row in rows) | looking.by_external_id(
        Contract, words, batch.answers.system
    )


def _invoices(words, batch):
    rows = Invoice.objects.filter(issued_number__in=words).select_related("customer__owner", "case", "owner")
    return looking.index((row.issued_number, row) for row in rows) | looking.by_external_id(
        Invoice, words, batch.answers.system
    )


def closed_periods():
    """[(first day, last day)] of the months that take no money act any more."""
    return list(Period.objects.filter(status=Period.Status.CLOSED).values_list("first_day", "last_day"))


def refuse_closed(batch, day, field):
    if "closed" not in batch.memory:
        batch.memory["closed"] = closed_periods()
    if any(first <= day <= last for first, last in batch.memory["closed"]):
        raise ValidationError({field: _t("The period %(period)s is closed.") % {"period": f"{day:%Y-%m}"}})


def in_closed_period(model, keys, field):
    """{key: reason} of records whose day has got into a closed period since."""
    found = {}
    for first, last in closed_periods():
        for key in model.objects.filter(pk__in=keys, **{f"{field}__range": (first, last)}).values_list("pk", flat=True):
            found[key] = _t("The period %(period)s is closed.") % {"period": f"{first:%Y-%m}"}
    return found


def post(book, vouchers_):
    """Write vouchers [(unit, kind, lines, customer, day)] into the ledger."""
    keys, rows = iter(ledger.take_keys(sum(len(found[2]) for found in vouchers_))), []
    for unit, kind, found, customer, day in vouchers_:
        mine = [next(keys) for _line in found]
        entries = vouchers.entries(kind, found, voucher=mine[0], customer=customer, day=day, actor=book.batch.by)
        for entry, key in zip(entries, mine, strict=True):
            entry.pk = key
            rows.append((unit, entry))
    book.attach(rows)


@kinds.register
class InvoiceKind(Kind):
    key, model, group, identity = "invoices", Invoice, "number", ("number",)
    fields = (
        Field("number", _("invoice number"), names("invoice no|invoice id|number|发票号码|发票号|发票编号|"
              "票号"), required=True,
              attr="issued_number"),
        CUSTOMER,
        Field("contract", _("contract"), names("contract number|contract no|合同编号|合同号|关联合同"), "record",
              refers=Reference(Contract, _contracts)),
        Field("issued_on", _("issued on"), names("invoice date|issue date|date|开票日期|发票日期|开具日期"), "past_day",
              required=True),
        Field("due_on", _("due on"), names("due date|payment due|到期日|付款到期日|应收日期|约定付款日期"), "day"),
        Field("status", _("status"), names("invoice status|发票状态|状态"), "choice", words=STATES,
              choices=lambda: {state: Invoice.Status(state).label for state in (ISSUED, SENT, VOID)}),
        Field("tax_type", _("invoice type"), names("invoice type|type|发票类型|票种"), "choice", words=TYPES,
              choices=lambda: dict(Invoice.TaxType.choices)),
        CURRENCY,
        Field("buyer_title", _("billing title"), names("invoice title|发票抬头|开票抬头|购方抬头"), attr=None),
        Field("tax_number", _("tax number"), names("vat number|税号|纳税人识别号|购方税号"), attr=None),
        Field("notes", _("notes"), names("memo|description|备注|说明")),
        *lines.FIELDS,
        EXTERNAL_ID,
    )  # fmt: skip

    def prepare(self, batch, units):
        """What is invoiced of the contracts already; the contracts are held while writing."""
        known = batch.memory.setdefault("invoiced", {})
        keys = {unit.values["contract"].pk for unit in units if unit.values.get("contract")} - known.keys()
        if batch.write:
            list(Contract.objects.select_for_update(of=("self",)).filter(pk__in=keys).order_by("pk").only("pk"))
        billed = Invoice.objects.counted().filter(contract__in=keys).order_by().values("contract")
        credited = CreditNote.objects.effective().filter(invoice__contract__in=keys).order_by()
        known |= dict.fromkeys(keys, money.ZERO)
        for key, gross in billed.annotate(sum=Sum("gross")).values_list("contract", "sum"):
            known[key] += gross
        sums = credited.values("invoice__contract").annotate(sum=Sum("amount"))
        for key, amount in sums.values_list("invoice__contract", "sum"):
            known[key] -= amount

    def complete(self, invoice, unit, batch):
        self._belong(invoice, batch)
        invoice.import_run = batch.run
        invoice.status = unit.values.get("status") or ISSUED
        invoice.voided_on = invoice.issued_on if invoice.status == VOID else None
        refuse_closed(batch, invoice.issued_on, "issued_on")
        terms = timedelta(days=Company.current().payment_days)
        invoice.due_on = max(invoice.due_on or invoice.issued_on + terms, invoice.issued_on)
        invoice.created_at = invoice.status_since = clock.day_start(invoice.issued_on)
        usual = invoice.contract.currency if invoice.contract else Company.current().base_currency
        invoice.currency = unit.values.get("currency") or usual
        invoice.rate = batch.rate(invoice.currency, invoice.issued_on)
        invoice.buyer = {
            "title": unit.values.get("buyer_title") or invoice.customer.name,
            "tax_number": unit.values.get("tax_number", ""),
            "address": invoice.customer.address,
        }
        unit.more = lines.of(InvoiceLine, unit, invoice.currency, invoice.issued_number)
        money.total(invoice, unit.more)
        if invoice.gross <= 0:
            raise ValidationError({"gross_amount": _t("An invoice needs an amount.")})
        self._refuse_over_contract(invoice, batch)

    def _belong(self, invoice, batch):
        contract = invoice.contract
        if re.fullmatch(rf"{Invoice.SERIES}-\d{{4}}-\d+", invoice.issued_number):
            words = _t("Numbers of this form are given by this system; it has no such record.")
            raise ValidationError({"number": words})
        if contract is not None:
            invoice.customer = invoice.customer or contract.customer
            invoice.case, invoice.owner = contract.case, contract.owner
            if contract.status not in Contract.BINDING:
                raise ValidationError({"contract": _t("Only a signed contract can be invoiced.")})
        if invoice.customer is None:
            raise ValidationError({"customer": _t("Say who is billed.")})
        invoice.owner = invoice.owner or invoice.customer.owner or batch.by

    def _refuse_over_contract(self, invoice, batch):
        contract = invoice.contract
        if contract is None or invoice.status == VOID:
            return
        if invoice.currency != contract.currency:
            raise ValidationError({"currency": _t("The contract is in another currency.")})
        sums = batch.memory["invoiced"]
        if sums[contract.pk] + invoice.gross > contract.gross:
            raise ValidationError(
                _t("With this invoice %(over)s %(currency)s more than the contract's total would be invoiced."),
                params={"over": sums[contract.pk] + invoice.gross - contract.gross, "currency": contract.currency},
            )
        sums[contract.pk] += invoice.gross

    def create(self, book, units):
        book.add([(unit, unit.record) for unit in units], state=lambda invoice: Invoice.Status.APPROVED)
        for unit in units:
            for line in unit.more:
                line.invoice = unit.record
        book.attach([(unit, line) for unit in units for line in unit.more])
        for unit in units:
            self._tell(book, unit, unit.record)
        issued = [(unit, vouchers.issued(unit.record, vouchers.by_rate(unit.more))) for unit in units
                  if unit.record.status != VOID]  # fmt: skip
        kind = LedgerEntry.Kind.INVOICE
        post(book, [(unit, kind, found, unit.record.customer, unit.record.issued_on) for unit, found in issued])

    def _tell(self, book, unit, invoice):
        at, number = clock.day_start(invoice.issued_on), {"issued_number": invoice.issued_number}
        book.tell(unit, invoice, "issue", was=Invoice.Status.APPROVED, now=ISSUED, at=at, data=number)
        if verb := {SENT: "send", VOID: "void"}.get(invoice.status):
            book.tell(unit, invoice, verb, was=ISSUED, now=invoice.status, at=at)

    def stuck(self, keys):
        return in_closed_period(Invoice, keys, "issued_on")


@kinds.register
class PaymentKind(Kind):
    key, model, group, identity = "payments", Payment, "reference", ("reference",)
    fields = (
        CUSTOMER,
        Field("invoice", _("for invoice"), names("invoice number|invoice no|invoice|发票号码|发票号|对应发票|"
              "核销发票"), "record",
              refers=Reference(Invoice, _invoices), attr=None),
        Field("amount", _("amount"), names("payment amount|amount paid|received amount|回款金额|收款金额|到账金额|"
              "实收金额|金额"),
              "amount", required=True, attr=None),
        Field("received_on", _("received on"), names("payment date|date received|date|回款日期|收款日期|到账日期|"
              "实际回款日期"),
              "past_day", required=True),
        Field("method", _("paid by"), names("payment method|method|付款方式|收款方式|回款方式|"
              "支付方式"), "choice", words=METHODS,
              choices=lambda: dict(Payment.Method.choices)),
        CURRENCY,
        Field("reference", _("bank reference"), names("reference|reference number|transaction id|银行流水号|流水号|"
              "回款编号|"
              "收款编号|交易流水号")),
        Field("payer", _("payer"), names("paid by|付款方|付款人|付款账户名|对方户名")),
        Field("note", _("note"), names("memo|description|备注|摘要|附言")),
        EXTERNAL_ID,
    )  # fmt: skip

    def prepare(self, batch, units):
        """What is owed on the invoices, by the ledger, and when it last moved; they are held while writing."""
        known = batch.memory.setdefault("owed", {})
        keys = {row["invoice"].pk for unit in units for row in unit.read if row.get("invoice")} - known.keys()
        if batch.write:
            list(Invoice.objects.select_for_update(of=("self",)).filter(pk__in=keys).order_by("pk").only("pk"))
        sums = LedgerEntry.objects.owed().filter(invoice__in=keys).order_by().values("invoice")
        for row in sums.annotate(sum=Sum("amount"), in_base=Sum("base"), last=Max("day")):
            known[row["invoice"]] = (row["sum"], row["in_base"], row["last"])

    def complete(self, payment, unit, batch):
        parts = [(row.get("invoice"), row["amount"]) for row in unit.read if row.get("amount")]
        if len(parts) < len(unit.read):
            raise ValidationError({"amount": _t("This is needed.")})
        payment.import_run, payment.status = batch.run, Payment.Status.CONFIRMED
        payment.amount = sum((amount for _invoice, amount in parts), money.ZERO)
        invoices = [invoice for invoice, _amount in parts if invoice]
        self._belong(payment, invoices, unit, batch)
        refuse_closed(batch, payment.received_on, "received_on")
        payment.rate = batch.rate(payment.currency, payment.received_on)
        payment.created_at = payment.status_since = clock.day_start(payment.received_on)
        self.check(payment)
        unit.more = self._allocate(payment, parts, batch)

    def _belong(self, payment, invoices, unit, batch):
        """Customer, case, owner and currency as those of the invoices it pays."""
        first = invoices[0] if invoices else None
        payment.invoice = first
        if first is not None:
            payment.customer, payment.case = payment.customer or first.customer, first.case
        if payment.customer is None:
            raise ValidationError({"customer": _t("Say who paid.")})
        payment.owner = (first and first.owner) or payment.customer.owner or batch.by
        payment.currency = unit.values.get("currency") or (first.currency if first else Company.current().base_currency)
        for invoice in invoices:
            if invoice.customer_id != payment.customer.pk:
                raise ValidationError({"invoice": _t("This invoice belongs to another customer.")})
            if invoice.currency != payment.currency:
                raise ValidationError({"invoice": _t("The invoice is in another currency.")})
            if invoice.status not in Invoice.OWED:
                raise ValidationError({"invoice": _t("This invoice is not owed.")})

    def _allocate(self, payment, parts, batch):
        """[(allocation, lines of its voucher)]: each part pays its invoice as far as it is owed; the rest is credit."""
        found, in_hand = [], (-payment.amount, -money.in_base(payment.amount, payment.rate))
        for invoice, amount in parts:
            owed, base, last = batch.memory["owed"][invoice.pk] if invoice else (money.ZERO, money.ZERO, None)
            if (part := min(owed, amount)) <= 0:
                continue
            made = vouchers.allocated(payment, invoice, part, part, (owed, base), in_hand)
            day = self._open_day(max(payment.received_on, last), batch)
            found.append((Allocation(payment=payment, invoice=invoice, amount=part, paid=part, allocated_on=day,
                                     gain=vouchers.gain_of(made), created_by=batch.by), made))  # fmt: skip
            in_hand = (in_hand[0] + part, in_hand[1] + made[0].base)
            batch.memory["owed"][invoice.pk] = (owed - part, base + made[1].base, day)
        return found

    def _open_day(self, day, batch):
        """As everywhere: what falls into a closed month happens today."""
        try:
            refuse_closed(batch, day, "received_on")
        except ValidationError:
            return clock.today()
        return day

    def create(self, book, units):
        book.add([(unit, unit.record) for unit in units], state=lambda payment: Payment.Status.REGISTERED)
        for unit in units:
            payment = unit.record
            at = clock.day_start(payment.received_on)
            book.tell(unit, payment, "confirm", was=Payment.Status.REGISTERED, now=payment.status, at=at)
            for allocation, _lines in unit.more:
                allocation.payment = payment
        book.attach([(unit, allocation) for unit in units for allocation, _lines in unit.more])
        post(book, [voucher for unit in units for voucher in self._vouchers(unit)])

    def _vouchers(self, unit):
        payment = unit.record
        yield unit, LedgerEntry.Kind.PAYMENT, vouchers.received(payment), payment.customer, payment.received_on
        for allocation, made in unit.more:
            yield unit, LedgerEntry.Kind.ALLOCATION, made, payment.customer, allocation.allocated_on

    def stuck(self, keys):
        paying = Allocation.objects.filter(payment__in=keys)
        late = {
            key: reason
            for allocation, reason in in_closed_period(Allocation, paying.values("pk"), "allocated_on").items()
            for key in paying.filter(pk=allocation).values_list("payment", flat=True)
        }
        return in_closed_period(Payment, keys, "received_on") | late
