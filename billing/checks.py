"""The nightly check that the books add up: each rule is one query for what breaks it."""

from datetime import timedelta

from django.db.models import Count, F, Max, OuterRef, Q, Subquery, Sum
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from billing import reports
from billing.models import CreditNote, Invoice, MoneyCheck, NumberSeries, Payment
from billing.models.sums import AMOUNT
from contracts.models import Contract
from crm import clock, money, work
from crm.models import User


def plans():
    """Σ payment plan = contract total."""
    signed = Contract.objects.filter(status__in=Contract.BINDING).annotate(found=Sum("instalments__amount"))
    return signed.exclude(found=None).exclude(found=F("gross"))


def contracts():
    """Σ invoiced − credited ≤ contract total."""
    invoices = Invoice.objects.counted().filter(contract=OuterRef("pk"))
    notes = CreditNote.objects.effective().filter(invoice__contract=OuterRef("pk"))
    found = _sum(invoices, "contract", "gross") - _sum(notes, "invoice__contract", "amount")
    return Contract.objects.annotate(found=found).filter(found__gt=F("gross"))


def _sum(rows, group, field):
    sums = rows.order_by().values(group).annotate(sum=Sum(field)).values("sum")
    return Coalesce(Subquery(sums, output_field=AMOUNT), money.ZERO, output_field=AMOUNT)


def lines():
    """An invoice is the sum of its lines."""
    rows = Invoice.objects.annotate(found=Sum("lines__gross"), net_found=Sum("lines__net")).exclude(found=None)
    return rows.filter(~Q(found=F("gross")) | ~Q(net_found=F("net")) | ~Q(gross=F("net") + F("tax")))


def outstanding():
    """0 ≤ outstanding ≤ total."""
    owed = Invoice.objects.with_balance().filter(status__in=Invoice.OWED).annotate(found=F("balance"))
    return owed.filter(Q(found__lt=0) | Q(found__gt=F("gross")))


def settled():
    """What is reversed owes nothing; what is not issued or is void is paid by nothing."""
    rows = Invoice.objects.with_balance().annotate(found=F("balance")).exclude(status__in=Invoice.OWED)
    reversed_ = Q(status=Invoice.Status.REVERSED)
    return rows.filter(reversed_ & ~Q(found=0) | ~reversed_ & ~Q(found=F("gross")))


def payments():
    """Σ allocations and refunds of a payment ≤ its amount; one that is not confirmed pays nothing."""
    rows = Payment.objects.with_unallocated().annotate(found=F("allocated") + F("refunded"), gross=F("amount"))
    received = Q(status__in=Payment.RECEIVED)
    return rows.filter(received & (Q(found__gt=F("amount")) | Q(found__lt=0)) | ~received & ~Q(found=0))


RULES = {
    "plan": (_("The payment plan sums to the contract's total"), plans),
    "contract": (_("No more is invoiced than the contract is worth"), contracts),
    "lines": (_("An invoice is the sum of its lines"), lines),
    "outstanding": (_("Nothing is paid or credited beyond an invoice's total"), outstanding),
    "settled": (_("A reversed or void invoice owes nothing and is paid by nothing"), settled),
    "payment": (_("A payment pays no more than it brought"), payments),
}
TITLES = {key: title for key, (title, _query) in RULES.items()} | {
    "numbers": _("Invoice and credit note numbers have no gap and no double"),
    "ageing": _("The ageing buckets sum to what is outstanding"),
}


def run():
    """Check every rule, keep the result, and tell finance and the administrators what does not add up."""
    findings = [finding for key in RULES for finding in _breaches(key)] + list(_numbers()) + list(_ageing())
    check = MoneyCheck.objects.create(findings=findings)
    if findings:
        text = gettext_noop("The nightly check of the money found %(count)s things that do not add up.")
        for user in User.objects.filter(is_active=True, roles__overlap=["finance", "admin"]):
            work.notify(user, text, url="/billing/checks/", count=len(findings))
    return check


def finding(rule, text, record_type="", record_id=None):
    return {"rule": rule, "record_type": record_type, "record_id": record_id, "text": text}


def _breaches(key):
    rows = RULES[key][1]()
    for pk, expected, found in rows.order_by("pk").values_list("pk", "gross", "found")[:1000]:
        yield finding(key, f"{expected} ≠ {found}", rows.model._meta.model_name, pk)


def _numbers():
    """In every series and year the numbers run from 1 to the last one given, each once."""
    given = {(row.series, row.year): row.last for row in NumberSeries.objects.all()}
    for model in (Invoice, CreditNote):
        rows = model.objects.exclude(sequence=None).order_by().values("issue_year")
        years = rows.annotate(last=Max("sequence"), count=Count("pk"), known=Count("sequence", distinct=True))
        for year in years:
            counter = given.get((model.SERIES, year["issue_year"]), 0)
            if len({counter, year["last"], year["count"], year["known"]}) > 1:
                text = f"{model.SERIES}-{year['issue_year']}: {counter} ≠ {year['known']}"
                yield finding("numbers", text)


def _ageing():
    """As of today and of the end of each of the last twelve months, the buckets hold all that was outstanding."""
    day = clock.today()
    for _month in range(13):
        buckets = sum((row["total"] for row in reports.ageing(Invoice.objects.all(), day)), money.ZERO)
        owed = reports.sum_in_base(Invoice.objects.as_of(day))
        if buckets != owed:
            yield finding("ageing", f"{day.isoformat()}: {owed} ≠ {buckets}")
        day = day.replace(day=1) - timedelta(days=1)
