"""Every report of the books: page, export and API loop over this list."""

from django.utils.translation import gettext_lazy as _

from billing.reports import buckets, business, forecast, gains, lineage, movements, ratios, tax
from billing.reports.shape import Report

REPORTS = {
    report.key: report
    for report in (
        Report(
            "ageing", _("Ageing"), _("What customers owe, by how long it is past due, as of the end of any day."),
            buckets.table, cuts={key: words for key, (words, _key, _name) in buckets.CUTS.items()}, on_day=True,
        ),
        Report(
            "business", _("Booked, billed, collected"),
            _("Contracts signed, with amendments on their own day; invoices less credit notes; payments less what was"
              " given back. With tax."),
            business.table, cuts=business.CUTS,
        ),
        Report(
            "movements", _("Movement of receivables"),
            _("Opening balance + billed − credited − collected − written off ± exchange differences = closing"
              " balance."),
            movements.table,
        ),
        Report(
            "ratios", _("Collection ratios"),
            _("DSO: outstanding ÷ billed in the last 90 days × 90. Collection rate: of what fell due in the month, the"
              " share collected by its end. Overdue ratio: overdue ÷ outstanding. Bad debt ratio: written off ÷"
              " billed in the month."),
            ratios.table,
        ),
        Report(
            "forecast", _("Collection forecast"),
            _("Open invoices by the day they fall due, and instalments of signed contracts that have no invoice yet."),
            forecast.table, on_day=True,
        ),
        Report(
            "tax", _("VAT summary"), _("Invoices issued less credit notes, by tax rate."), tax.table, tax.PERMISSION
        ),
        Report(
            "exchange", _("Realised exchange differences"),
            _("Where a payment was worth more or less than what it settled, at the rates frozen on both."),
            gains.table,
        ),
        Report(
            "campaigns", _("Cash by campaign"),
            _("What was collected on chains that began with a campaign's lead; with what is not attributed it sums to"
              " all receipts."),
            lineage.table, lineage.PERMISSION,
        ),
    )
}  # fmt: skip
