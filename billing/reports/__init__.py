"""Figures that span many invoices and payments, each from the ledger, in the base currency."""

from billing.reports.base import in_base, sum_in_base
from billing.reports.buckets import BUCKETS, CUTS, ageing, in_bucket, outstanding_on
from billing.reports.movements import roll_forward
from billing.reports.statements import statement_rows

__all__ = [
    "BUCKETS", "CUTS", "ageing", "in_base", "in_bucket", "outstanding_on",
    "roll_forward", "statement_rows", "sum_in_base",
]  # fmt: skip
