"""What a customer with the secret link sees: the quote, its PDF, and the answer they can give. No login."""

from django import forms
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import ValidationError
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache

from crm.access import CUSTOMER
from crm.verbs import add_refusal
from opportunities import links, quoting
from opportunities.models import Quote
from opportunities.views import pdf_response

SHOWN = (Quote.Status.SENT, Quote.Status.ACCEPTED, Quote.Status.DECLINED)


class AcceptForm(forms.Form):
    accepted_by = forms.CharField(label=_("Your name"), max_length=100)


class DeclineForm(forms.Form):
    reason = forms.CharField(label=_("Why not?"), widget=forms.Textarea(attrs={"rows": 3}), max_length=500)


ANSWERS = {"accept": (AcceptForm, quoting.accept), "decline": (DeclineForm, quoting.decline)}


@login_not_required
@never_cache
def customer_quote(request, key):
    """The quote on a page made for phones. Opening it is noted once; colleagues who look do not count."""
    quote = links.find(key)
    if quote is None or quote.status not in SHOWN:
        return unknown(request)
    if request.method == "POST":
        return answer(request, key, quote)
    if quote.viewed_at is None and not request.user.is_authenticated:
        quoting.note_view(quote)
    return show(request, key, quote)


def unknown(request):
    """The same words whether a link never existed, was replaced or withdrawn."""
    return render(request, "opportunities/customer_quote_unknown.html", status=404)


def answer(request, key, quote):
    given = request.POST.get("answer")
    if given not in ANSWERS:
        return show(request, key, quote, status=422)
    form_class, service = ANSWERS[given]
    form = form_class(request.POST)
    if form.is_valid():
        try:
            service(quote, by=CUSTOMER, **form.cleaned_data)
            return redirect("opportunities:customer_quote", key=key)
        except ValidationError as refusal:
            add_refusal(form, refusal)
    return show(request, key, quote, status=422, **{f"{given}_form": form})


def show(request, key, quote, status=200, **changed):
    context = {
        "quote": quote,
        "lines": quote.lines.select_related("product"),
        "key": key,
        "open": quote.status == Quote.Status.SENT and not quote.expired and not quote.opportunity.closed_at,
        "accept_form": AcceptForm(initial={"accepted_by": quote.contact.name if quote.contact else ""}),
        "decline_form": DeclineForm(),
        **changed,
    }
    response = render(request, "opportunities/customer_quote.html", context, status=status)
    response["X-Robots-Tag"] = "noindex"
    return response


@login_not_required
@never_cache
def customer_quote_pdf(request, key):
    quote = links.find(key)
    if quote is None or quote.status not in SHOWN:
        return unknown(request)
    return pdf_response(quote, get_language())
