"""Bank lines that wait for finance."""

from django.urls import reverse
from django.utils.translation import gettext as _

from billing.bank.models import BankLine
from billing.bank.pages import BankLinePages
from crm.access import Role
from crm.queues import from_records, queue


def told(line):
    return line.payer or line.memo or str(line.account)


def to_bench(line):
    url = f"{reverse('billing:bank_bench')}?line={line.pk}"
    return {"label": _("Match"), "url": url, "post": False, "dialog": False}


@queue(Role.FINANCE)
def lines_to_match(user):
    rows = BankLine.objects.visible_to(user).waiting().order_by("booked_on", "pk")
    url = reverse("billing:bank_bench")
    return from_records(_("Bank lines to match"), BankLinePages, rows, user, text=told, action=to_bench, url=url)
