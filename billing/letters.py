"""The words of dunning letters: places that are filled in, and the letters everybody begins with."""

import re

from django.utils.translation import gettext_lazy as _

PLACES = {  # what may stand in a text between braces
    "customer": _("the customer's name"),
    "company": _("our own name"),
    "amount": _("what is overdue"),
    "count": _("how many invoices"),
    "days": _("days the oldest is overdue"),
    "invoices": _("the invoices, one per line"),
    "date": _("today"),
    "bank": _("our bank account"),
}
LEVELS = (
    {
        "days": 3, "name": _("Friendly reminder"),
        "subject_zh": "付款提醒：{amount}",
        "text_zh": "{customer}：\n\n贵司以下 {count} 张发票已到期，可能是一时疏忽，烦请安排付款：\n\n{invoices}\n\n"
        "合计 {amount}。如已付款，请忽略本函。\n\n收款账户：{bank}\n\n{company}\n{date}",
        "subject_en": "Payment reminder: {amount}",
        "text_en": "Dear {customer},\n\nThe following {count} invoice(s) have fallen due, which may have escaped your "
        "attention:\n\n{invoices}\n\nTotal {amount}. Please ignore this letter if you have already paid.\n\nOur bank "
        "account: {bank}\n\n{company}\n{date}",
    },
    {
        "days": 15, "name": _("Second reminder"),
        "subject_zh": "催款函：{amount} 已逾期 {days} 天",
        "text_zh": "{customer}：\n\n截至 {date}，贵司尚有 {count} 张发票未付，最早一张已逾期 {days} 天：\n\n"
        "{invoices}\n\n合计 {amount}。请于 7 日内付清；如有异议或困难，请尽快与我们联系。\n\n"
        "收款账户：{bank}\n\n{company}",
        "subject_en": "Second reminder: {amount}, {days} days overdue",
        "text_en": "Dear {customer},\n\nAs of {date}, {count} invoice(s) remain unpaid, the oldest for {days} days:\n\n"
        "{invoices}\n\nTotal {amount}. Please pay within 7 days. If anything is in the way, let us know at once.\n\n"
        "Our bank account: {bank}\n\n{company}",
    },
    {
        "days": 45, "name": _("Final notice"), "minimum": 1000, "again_after": 30,
        "subject_zh": "最后催告：{amount} 已逾期 {days} 天",
        "text_zh": "{customer}：\n\n我司多次提醒后，贵司以下 {count} 张发票仍未付款，最早一张已逾期 {days} 天：\n\n"
        "{invoices}\n\n合计 {amount}。请于收到本函之日起 10 日内付清，逾期我司将暂停供货，"
        "并保留通过法律途径追偿的权利。\n\n"
        "收款账户：{bank}\n\n{company}\n{date}",
        "subject_en": "Final notice: {amount}, {days} days overdue",
        "text_en": "Dear {customer},\n\nDespite our reminders the following {count} invoice(s) remain unpaid, the "
        "oldest for {days} days:\n\n{invoices}\n\nTotal {amount}. Please pay within 10 days of receiving this letter; "
        "after that we shall stop deliveries and reserve the right to take legal action.\n\n"
        "Our bank account: {bank}\n\n"
        "{company}\n{date}",
    },
)  # fmt: skip


def fill(text, values):
    """The text with its places filled in. Nothing but the known names is ever looked up."""
    return re.sub(r"\{(\w+)\}", lambda place: str(values.get(place[1], place[0])), text)
