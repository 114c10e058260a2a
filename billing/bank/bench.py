"""The work bench: what came in on the left, what it could be on the right, one line after the other."""

from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import Count
from django.http import QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from billing.bank import booking, matching
from billing.bank.bench_forms import BookingForm, SplitForm
from billing.bank.filters import BankLineFilter
from billing.bank.matching.proposals import words_of
from billing.bank.models import BankAccount, BankLine, BankMatch
from crm.doors import needs
from crm.verbs import add_refusal
from crm.web import respond

SHOWN = 50  # lines in the queue
Status = BankLine.Status
KEPT = ("status", "account", "direction", "statement", "q", "page")  # of the address, from one line to the next


@needs("billing.view_bankline")
def bench(request):
    """The queue with one line chosen; `split` lays its money out over invoices."""
    return show(request, request.GET)


def show(request, query, *, refused=None, split=None, status=200):
    """The bench as the address asks for it, with what was refused."""
    state = query.get("status", Status.IMPORTED)
    page, counts = _queue(request, query, state)
    line = _chosen(request, query, page)
    kept = _kept(query)
    context = {
        "page": page,
        "line": line,
        "tabs": _tabs(kept, counts, state),
        "done": counts.get(Status.MATCHED, 0) + counts.get(Status.IGNORED, 0),
        "total": sum(counts.values()),
        "accounts": BankAccount.objects.visible_to(request.user),
        "query": query,
        "state": state,
        "kept": kept.urlencode(),
        "next": _after(page, line),
        "last": _last_match(request.user),
        "refused": refused,
        **_right(request, line, query, split),
    }
    return respond(request, "billing/bank/bench.html", context, partial="billing/bank/_bench.html", status=status)


def _queue(request, query, state):
    """The page of the queue, and how many lines are in which state."""
    asked = query.copy()
    asked.pop("status", None)
    rows = BankLine.objects.visible_to(request.user).select_related("account", "match__made_by")
    rows = BankLineFilter(asked, rows, request=request).qs
    counts = dict(rows.order_by().values_list("status").annotate(count=Count("pk")))
    rows = rows.filter(status=state) if state in Status.values else rows
    return Paginator(rows.order_by("booked_on", "pk"), SHOWN).get_page(query.get("page")), counts


def _chosen(request, query, page):
    """The line asked for, else the first of the queue."""
    asked = query.get("line", "")
    if asked.isdecimal():
        rows = BankLine.objects.visible_to(request.user).select_related("account", "statement", "match__made_by")
        if line := rows.filter(pk=asked).first():
            return line
    return next(iter(page), None)


def _after(page, line):
    """The line to go on with when this one is done."""
    keys = [row.pk for row in page]
    if line is None or line.pk not in keys:
        return keys[0] if keys else ""
    at = keys.index(line.pk)
    return keys[at + 1] if at + 1 < len(keys) else (keys[at - 1] if at else "")


def _kept(query):
    kept = QueryDict(mutable=True)
    kept.update({key: query[key] for key in KEPT if query.get(key)})
    return kept


def _tabs(kept, counts, state):
    found = []
    for value in Status.values:
        query = kept.copy()
        query.pop("page", None)
        query["status"] = value
        found.append((Status(value).label, counts.get(value, 0), f"?{query.urlencode()}", value == state))
    return found


def _last_match(user):
    """A line of the match this person made last, to be undone."""
    made = BankMatch.objects.filter(made_by=user).order_by("-pk").first()
    return made.lines.select_related("account").order_by("pk").first() if made else None


def _right(request, line, query, split):
    """What stands beside the line: what it was booked as, how it is split, or what it could be."""
    if line is None:
        return {}
    if line.status == Status.MATCHED:
        return {
            "made": line.match,
            "parts": _parts(line.match),
            "why": [words_of(*reason) for reason in line.match.reasons],
        }
    if line.status == Status.IGNORED:
        return {}
    if split or query.get("split"):
        return {"split": split or SplitForm(line=line, by=request.user)}
    return {"proposals": matching.best(line)}


def _parts(made):
    """The payments of a match with what they pay, and its refunds."""
    rows = made.payments.select_related("payment__customer", "refund__payment__customer").order_by("pk")
    return rows.prefetch_related("payment__allocations__invoice")


# Acts


@needs("billing.match_bankline")
@require_POST
def match(request):
    """Book the lines as asked; go on with the next one."""
    form = BookingForm(request.POST, by=request.user)
    if form.is_valid():
        try:
            booking.match(form.lines, form.booking, by=request.user, **_found_by(form))
            return _go_on(request)
        except ValidationError as refusal:
            add_refusal(form, refusal)
    return _refuse(request, form)


def _found_by(form):
    """Score and reasons, where what is booked is what was proposed."""
    asked, keys = form.booking.asked(), sorted(line.pk for line in form.lines)
    waiting = [line for line in form.lines if line.status == Status.IMPORTED]
    for proposal in matching.best(waiting[0]) if waiting else []:
        if proposal.booking.asked() == asked and sorted(line.pk for line in proposal.lines) == keys:
            return {"score": proposal.score, "reasons": proposal.reasons}
    return {}


def _go_on(request):
    query = QueryDict(request.POST.get("kept", ""), mutable=True)
    if request.POST.get("next"):
        query["line"] = request.POST["next"]
    return redirect(f"{reverse('billing:bank_bench')}?{query.urlencode()}")


def _refuse(request, form):
    """Nothing typed is lost: the bench again, with what was refused."""
    query = QueryDict(request.POST.get("kept", ""), mutable=True)
    query["line"] = request.POST.get("line", "")
    split = None
    if request.POST.get("split") and (line := _line_of(request)):
        split = SplitForm(request.POST, line=line, by=request.user)
    refused = [message for messages in form.errors.values() for message in messages]
    return show(request, query, refused=refused, split=split, status=422)


def _line_of(request):
    rows = BankLine.objects.visible_to(request.user).select_related("account")
    return rows.filter(pk=request.POST["line"]).first() if request.POST.get("line", "").isdecimal() else None


@needs("billing.match_bankline")
@require_POST
def split(request):
    """The table of a split line again, with the invoices searched for; amounts typed stay."""
    line = _line_of(request)
    query = QueryDict(request.POST.get("kept", ""), mutable=True)
    query["line"] = request.POST.get("line", "")
    return show(request, query, split=SplitForm(request.POST, line=line, by=request.user) if line else None)


@needs("billing.match_bankline")
@require_POST
def left_over(request):
    """What would be left of the line's money, as it is typed."""
    form = BookingForm(request.POST, by=request.user)
    context = {"form": form}
    if form.is_valid():
        context |= {"rest": form.booking.rest(form.lines), "customer": form.booking.rest_customer}
        context["currency"] = form.lines[0].account.currency
    return render(request, "billing/bank/_left_over.html", context)


@needs("billing.undo_bankline")
@require_POST
def undo(request, pk):
    """Undo a match and come back to its line."""
    line = get_object_or_404(BankLine.objects.visible_to(request.user), pk=pk)
    query = QueryDict(request.POST.get("kept", ""), mutable=True)
    query["line"] = str(pk)
    try:
        booking.undo(line, by=request.user)
    except ValidationError as refusal:
        return show(request, query, refused=refusal.messages, status=422)
    query["status"] = Status.IMPORTED
    return redirect(f"{reverse('billing:bank_bench')}?{query.urlencode()}")


@needs("billing.ignore_bankline")
@require_POST
def ignore(request, pk):
    """Set a line aside and go on with the next one."""
    line = get_object_or_404(BankLine.objects.visible_to(request.user), pk=pk)
    ignored_as = request.POST.get("ignored_as", "")
    try:
        if ignored_as not in BankLine.IgnoredAs.values:
            raise ValidationError(_("Say why."))
        booking.ignore(line, ignored_as=ignored_as, reason=request.POST.get("reason", ""), by=request.user)
    except ValidationError as refusal:
        query = QueryDict(request.POST.get("kept", ""), mutable=True)
        query["line"] = str(pk)
        return show(request, query, refused=refusal.messages, status=422)
    return _go_on(request)


@needs("billing.restore_bankline")
@require_POST
def restore(request, pk):
    """Take up again what was set aside."""
    line = get_object_or_404(BankLine.objects.visible_to(request.user), pk=pk)
    booking.restore(line, by=request.user)
    return redirect(f"{reverse('billing:bank_bench')}?line={pk}")


urls = [
    path("bank/bench/", bench, name="bank_bench"),
    path("bank/bench/match/", match, name="bank_match"),
    path("bank/bench/split/", split, name="bank_split"),
    path("bank/bench/left-over/", left_over, name="bank_left_over"),
    path("bank/bench/<int:pk>/undo/", undo, name="bank_undo"),
    path("bank/bench/<int:pk>/ignore/", ignore, name="bank_ignore"),
    path("bank/bench/<int:pk>/restore/", restore, name="bank_restore"),
]
