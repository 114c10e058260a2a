"""What is owed by how long it is past due, as of any day, from the ledger."""

from datetime import timedelta

from django.db.models import Case, CharField, F, Q, Sum, Value, When
from django.utils.translation import gettext_lazy as _

from billing.models import LedgerEntry
from billing.reports import links
from billing.reports.shape import TEXT, Figure, Row, Table
from crm import money

BUCKETS = {  # key -> words, first and last day past due
    "current": (_("Not due"), None, 0),
    "1-30": (_("1–30 days"), 1, 30),
    "31-60": (_("31–60 days"), 31, 60),
    "61-90": (_("61–90 days"), 61, 90),
    "90+": (_("Over 90 days"), 91, None),
}
CUTS = {  # how the rows are told apart: words, key and name of a row, seen from an invoice
    "customer": (_("Customer"), "customer", "customer__name"),
    "owner": (_("Owner"), "owner", "owner__name"),
    "team": (_("Team"), "owner__team", "owner__team__name"),
}


def in_bucket(bucket, day, due="due_on"):
    """The condition that an invoice lies in this bucket on this day."""
    _words, first, last = BUCKETS[bucket]
    condition = Q()
    if first is not None:
        condition &= Q(**{f"{due}__lte": day - timedelta(days=first)})
    if last is not None:
        condition &= Q(**{f"{due}__gte": day - timedelta(days=last)})
    return condition


def outstanding_on(invoices, day):
    """Those of the invoices that were owed when this day ended, with their balance then."""
    return invoices.as_of(day).filter(balance__gt=0)


def ageing(invoices, day, cut="customer"):
    """Per customer, owner or team what was owed on the day, by how long it was past due, in the base currency; the
    most first. One statement: what is settled by the day adds up to nothing by itself."""
    _words, key, name = CUTS[cut]
    entries = LedgerEntry.objects.owed().until(day)
    if not invoices.query.is_empty() and invoices.query.where:
        entries = entries.filter(invoice__in=invoices.values("pk"))
    bucket = Case(
        *[When(in_bucket(each, day, "invoice__due_on"), then=Value(each)) for each in BUCKETS],
        output_field=CharField(),
    )
    rows = entries.values(key=F(f"invoice__{key}"), name=F(f"invoice__{name}"), bucket=bucket)
    return _by_key(rows.annotate(sum=Sum("base")).exclude(sum=0))


def table(asked):
    """The ageing as of a day."""
    rows = [_row(line, asked) for line in ageing(asked.invoices(), asked.day, asked.cut)]
    figures = [Figure("name", CUTS[asked.cut][0], TEXT)]
    figures += [Figure(key, words) for key, (words, _first, _last) in BUCKETS.items()]
    found = Table((*figures, Figure("total", _("Total"))), rows).with_totals()
    found.total_urls = _urls(asked)
    return found


def _row(line, asked):
    urls = _urls(asked, **{asked.cut: line["key"]}) if line["key"] else {}
    if asked.cut == "customer":
        urls["name"] = urls["total"]
        urls["statement"] = line["key"]
    return Row({"name": line["name"], "total": line["total"], **{key: line.get(key) for key in BUCKETS}}, urls)


def _urls(asked, **narrowed):
    day = asked.day.isoformat()
    urls = {key: links.invoices(as_of=day, bucket=key, **narrowed) for key in BUCKETS}
    return urls | {"total": links.invoices(as_of=day, **narrowed)}


def _by_key(sums):
    found = {}
    for row in sums:
        line = found.setdefault(row["key"], {"key": row["key"], "name": row["name"] or "—", "total": money.ZERO})
        line[row["bucket"]] = row["sum"]
        line["total"] += row["sum"]
    return sorted(found.values(), key=lambda line: (-line["total"], line["name"]))
