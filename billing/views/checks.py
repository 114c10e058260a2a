"""The result of the nightly check of the money."""

from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from billing import checks
from billing.models import MoneyCheck
from crm import chain, jobs
from crm.doors import needs


@needs("billing.view_moneycheck")
def money_checks(request):
    """The last results of the nightly check, with what does not add up."""
    runs = list(MoneyCheck.objects.all()[:30])
    latest = runs[0] if runs else None
    context = {"latest": latest, "rules": _by_rule(latest) if latest else [], "runs": runs[1:]}
    return render(request, "billing/checks.html", context)


def _by_rule(check):
    """(rule, what breaks it) of one run."""
    return [
        (title, [_finding(found) for found in check.findings if found["rule"] == key])
        for key, title in checks.TITLES.items()
    ]


def _finding(found):
    model = chain.model_of(found["record_type"])
    record = model.objects.filter(pk=found["record_id"]).first() if model else None
    return {"text": found["text"], "record": record, "url": record.get_absolute_url() if record else ""}


@needs("billing.view_moneycheck")
@require_POST
def check_now(request):
    """Ask for a run outside the nightly rhythm."""
    jobs.enqueue("billing.check_money", by=request.user)
    messages.success(request, _("The check is running; look again in a moment."))
    return redirect("billing:checks")
