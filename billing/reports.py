"""Figures that span many invoices: ageing, statements of account."""

from datetime import timedelta

from babel.numbers import get_currency_precision
from django.db.models import Case, CharField, DecimalField, F, Q, Sum, Value, When
from django.db.models.functions import Coalesce, Round
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from billing.models import CreditNote, Invoice, Refund
from crm import money
from crm.models import Company

BUCKETS = {  # key -> words, first and last day past due
    "current": (gettext_lazy("Not due"), None, 0),
    "1-30": (gettext_lazy("1–30 days"), 1, 30),
    "31-60": (gettext_lazy("31–60 days"), 31, 60),
    "61-90": (gettext_lazy("61–90 days"), 61, 90),
    "90+": (gettext_lazy("Over 90 days"), 91, None),
}
BASE = DecimalField(max_digits=20, decimal_places=2)


def in_base(amount="balance", rate="rate"):
    """An amount in the base currency, rounded per row."""
    places = get_currency_precision(Company.current().base_currency)
    return Round(F(amount) * F(rate), places, output_field=BASE)


def sum_in_base(rows, amount="balance"):
    return rows.aggregate(sum=Coalesce(Sum(in_base(amount)), money.ZERO, output_field=BASE))["sum"]


def in_bucket(bucket, day):
    """The condition that an invoice lies in this bucket on this day."""
    _words, first, last = BUCKETS[bucket]
    condition = Q()
    if first is not None:
        condition &= Q(due_on__lte=day - timedelta(days=first))
    if last is not None:
        condition &= Q(due_on__gte=day - timedelta(days=last))
    return condition


def outstanding_on(invoices, day):
    """Those of the invoices that were owed when this day ended, with their balance then."""
    return invoices.as_of(day).filter(balance__gt=0)


def ageing(invoices, day):
    """Per customer what was owed on the day, by how long it was past due, in the base currency; the most first."""
    bucket = Case(*[When(in_bucket(key, day), then=Value(key)) for key in BUCKETS], output_field=CharField())
    rows = outstanding_on(invoices, day).annotate(bucket=bucket, base=in_base())
    sums = rows.order_by().values("customer", "customer__name", "bucket").annotate(sum=Sum("base"))
    customers = {}
    for row in sums:
        found = customers.setdefault(
            row["customer"], {"customer": row["customer"], "name": row["customer__name"], "total": money.ZERO}
        )
        found[row["bucket"]] = row["sum"]
        found["total"] += row["sum"]
    return sorted(customers.values(), key=lambda found: (-found["total"], found["name"]))


def statement_rows(customer, currency, first, last):
    """(balance before the first day, [(day, text, amount)]): what was billed is added, what was credited, paid or
    given back is taken off or added back."""
    rows = sorted(_movements(customer, currency, last), key=lambda row: row[0])
    opening = sum((amount for day, _text, amount in rows if day < first), money.ZERO)
    return opening, [row for row in rows if row[0] >= first]


def _movements(customer, currency, last):
    invoices = Invoice.objects.filter(customer=customer, currency=currency)
    stood = invoices.filter(issued_on__lte=last).exclude(status=Invoice.Status.VOID)
    for invoice in stood:
        yield invoice.issued_on, _("Invoice %(number)s") % {"number": invoice}, invoice.gross
    notes = CreditNote.objects.effective().filter(invoice__in=invoices, issued_on__lte=last)
    for note in notes:
        yield note.issued_on, _("Credit note %(number)s") % {"number": note}, -note.amount
    yield from _money(customer, currency, last)


def _money(customer, currency, last):
    received = customer.payments.filter(currency=currency, received_on__lte=last)
    received = received.exclude(status="registered").exclude(status="bounced", undone_on=None)
    for payment in received:
        yield payment.received_on, _("Payment %(number)s") % {"number": payment}, -payment.amount
        if payment.undone_on and payment.undone_on <= last:
            yield payment.undone_on, _("Payment %(number)s taken back") % {"number": payment}, payment.amount
    refunds = Refund.objects.filter(payment__customer=customer, payment__currency=currency, refunded_on__lte=last)
    for refund in refunds.select_related("payment"):
        yield refund.refunded_on, _("Refund of %(number)s") % {"number": refund.payment}, refund.amount
