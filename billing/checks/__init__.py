"""The nightly check that the books add up, and what it found."""

from datetime import timedelta

from django.db.models import Count, Max
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from billing import reports
from billing.checks import documents, ledger
from billing.models import CreditNote, Invoice, MoneyCheck, NumberSeries, Period
from crm import clock, money, work
from crm.models import User

TITLES = {key: title for key, (title, _query) in (documents.RULES | ledger.RULES).items()} | {
    "voucher": _("The lines of every voucher sum to zero"),
    "numbers": _("Invoice and credit note numbers have no gap and no double"),
    "ageing": _("The ageing buckets sum to what is outstanding"),
    "period": _("A closed period still shows the figures it was closed with"),
}
MOST = 1000  # findings of one rule that are kept


def run():
    """Check every rule, keep the result, and tell finance and the administrators what does not add up."""
    check = MoneyCheck.objects.create(findings=findings())
    if check.findings:
        text = gettext_noop("The nightly check of the money found %(count)s things that do not add up.")
        for user in User.objects.filter(is_active=True, roles__overlap=["finance", "admin"]):
            work.notify(user, text, url="/billing/checks/", count=len(check.findings))
    return check


def findings():
    """Everything that does not add up now: [{"rule", "record_type", "record_id", "text"}]."""
    found = [finding for key, rule in documents.RULES.items() for finding in _breaches(key, rule, "gross")]
    found += [finding for key, rule in ledger.RULES.items() for finding in _breaches(key, rule, "expected")]
    return [*found, *_vouchers(), *_numbers(), *_ageing(), *_periods()]


def finding(rule, text, record_type="", record_id=None):
    return {"rule": rule, "record_type": record_type, "record_id": record_id, "text": text}


def _breaches(key, rule, expected):
    rows = rule[1]()
    for pk, wanted, found in rows.order_by("pk").values_list("pk", expected, "found")[:MOST]:
        yield finding(key, f"{wanted} ≠ {found}", rows.model._meta.model_name, pk)


def _vouchers():
    for voucher, left, invoice, payment in ledger.unbalanced()[:MOST]:
        record = ("invoice", invoice) if invoice else ("payment", payment)
        yield finding("voucher", f"#{voucher}: {left} ≠ 0", *record)


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


def _periods():
    """The figures kept when a month was closed are still those of the ledger."""
    closed = Period.objects.filter(status=Period.Status.CLOSED).exclude(roll_forward=None)
    for period in closed.order_by("first_day"):
        now = reports.roll_forward(period.first_day, period.last_day)
        for key, amount in period.roll_forward.items():
            if str(now[key]) != amount:
                yield finding("period", f"{period} {key}: {amount} ≠ {now[key]}", "period", period.pk)
