"""What can be done with invoices, payments, credit notes, reminders and periods. The only place where their states
move."""

from billing.services.credits import issue_credit_note, reverse_invoice, save_credit_note
from billing.services.disputes import dispute, hand_over_dispute, resolve_dispute
from billing.services.dunning import drop_reminder, save_reminder, send_reminder
from billing.services.invoices import (
    approve_invoice,
    issue_invoice,
    note_tax_number,
    request_due,
    request_invoice,
    return_invoice,
    save_invoice,
    void_invoice,
)
from billing.services.payments import (
    allocate,
    bounce,
    confirm,
    deallocate,
    record_payment,
    register_payment,
    reverse_payment,
    unconfirm,
)
from billing.services.periods import close_period, reopen_period
from billing.services.promises import promise, withdraw_promise
from billing.services.refunds import decline_refund, refund, request_refund
from billing.services.sending import mark_viewed, resend_invoice, send_invoice
from billing.services.write_offs import approve_write_off, ask_write_off, decline_write_off, reverse_write_off

__all__ = [
    "allocate", "approve_invoice", "approve_write_off", "ask_write_off", "bounce", "close_period", "confirm",
    "deallocate", "decline_refund", "decline_write_off", "dispute", "drop_reminder", "hand_over_dispute",
    "issue_credit_note", "issue_invoice", "mark_viewed", "note_tax_number", "promise", "record_payment", "refund",
    "register_payment",
    "reopen_period", "request_due", "request_invoice", "request_refund", "resend_invoice", "resolve_dispute",
    "return_invoice", "reverse_invoice", "reverse_payment", "reverse_write_off", "save_credit_note", "save_invoice",
    "save_reminder", "send_invoice", "send_reminder", "unconfirm", "void_invoice", "withdraw_promise",
]  # fmt: skip
