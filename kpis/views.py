"""The dashboard, the rows behind each number, what each KPI means, and computing them anew."""

from django.core.paginator import Paginator
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from crm import access, clock
from crm.doors import needs
from crm.models import Channel, Job
from crm.web import respond
from crm.web.exports import rows_response
from kpis import charts, periods, present, services, tally
from kpis.cuts import VIEW, cut_for, people_of, teams_of
from kpis.dashboard import COMPARISONS, Dashboard, definitions
from kpis.definitions import REGISTRY
from kpis.rows import Rows

PAGE_SIZE = 50


def period_of(request):
    """The period the address asks for; the present quarter where it asks for none that exists."""
    try:
        return periods.asked(request.GET)
    except ValueError:
        return periods.of("quarter", clock.today())


def picker(request, period, cut):
    """What the pickers above a page of numbers offer, and what is picked."""
    return {
        "period": period,
        "cut": cut,
        "periods": [(str(group[0].span), [(one.key, str(one)) for one in group]) for group in periods.offered()],
        "teams": teams_of(request.user),
        "people": people_of(request.user),
        "channels": Channel.choices,
    }


@needs(VIEW)
def dashboard(request):
    """The numbers of a period at a glance."""
    period, cut = period_of(request), cut_for(request.user, request.GET)
    comparison = request.GET.get("compare")
    board = Dashboard(period, cut, comparison if comparison in COMPARISONS else "previous")
    context = {
        **picker(request, period, cut),
        "board": board,
        "tiles": board.tiles(),
        "more_tiles": board.more_tiles(),
        "charts": charts.all_of(board),
        "computed_at": board.computed_at(),
        "may_recompute": access.allows(request.user, "kpis.recompute_kpi"),
    }
    return render(request, "kpis/dashboard.html", context)


class Behind:
    """What an address of rows asks for: a KPI, its part above or below the line, a period and a cut."""

    def __init__(self, request, key):
        self.user = request.user
        self.kpi = REGISTRY.get(key)
        if self.kpi is None:
            raise Http404
        self.period, self.cut = period_of(request), cut_for(request.user, request.GET)
        asked = request.GET.get("part", "of")
        self.part = asked if asked in self.kpi.parts else "of"

    @property
    def measure(self):
        return self.kpi.parts[self.part]

    @property
    def told(self):
        """Can the number be told for this cut?"""
        return self.cut.whole or self.kpi.divisible

    @cached_property
    def rows(self):
        return Rows(self.measure, self.kpi.window(self.period), self.cut, self.user)

    @property
    def figure(self):
        return tally.figures(self.kpi, [self.period], self.cut)[0]

    def amount(self, value):
        """A row's amount as it reads."""
        return present.text("money" if self.measure.money else "count", value, compact=False)

    def links(self):
        """(label, address, is shown) of the parts above and below the line."""
        return [
            (measure.label, present.rows_url(self.kpi, self.period, self.cut, part=part), part == self.part)
            for part, measure in self.kpi.parts.items()
        ]


@needs(VIEW)
def rows(request, key):
    """The records a number is made of. They sum to it; what is not the viewer's to see is told as one sum."""
    behind = Behind(request, key)
    if not behind.told:
        raise Http404
    found = behind.rows
    page = Paginator(range(found.count), PAGE_SIZE).get_page(request.GET.get("page"))
    hidden_count, hidden_sum = found.hidden()
    figure = behind.figure
    context = {
        **picker(request, behind.period, behind.cut),
        "behind": behind,
        "kpi": behind.kpi,
        "window": behind.kpi.window(behind.period),
        "value": present.text(behind.kpi.unit, figure.value, compact=False),
        "remarks": present.remarks(behind.kpi, figure),
        "rows": [(row, behind.amount(row.counts)) for row in found.page(page.start_index() - 1, page.end_index())]
        if found.count
        else [],
        "page": page,
        "seen_sum": behind.amount(found.total),
        "hidden_count": hidden_count,
        "hidden_sum": behind.amount(hidden_sum),
        "whole_sum": behind.amount(found.total + hidden_sum),
        "export_urls": [(kind.upper(), export_url(request, key, kind)) for kind in ("csv", "xlsx")],
    }
    return respond(request, "kpis/rows.html", context)


def export_url(request, key, kind):
    return f"{reverse('kpis:rows_export', args=[key, kind])}?{request.GET.urlencode()}"


@needs(VIEW)
def rows_export(request, key, kind):
    """The rows behind a number as a file."""
    behind = Behind(request, key)
    if not behind.told:
        raise Http404
    headers = [_("Kind"), _("Record"), _("Customer"), _("Person"), _("Day"), str(behind.measure.label)]
    lines = (
        [capfirst(row.kind), row.label, str(row.customer or ""), str(row.person or ""), row.on_day, row.counts]
        for row in behind.rows.every()
    )
    return rows_response(headers, lines, f"{key}-{behind.period.key or behind.period.first}", kind)


@needs(VIEW)
def help_page(request):
    """Every KPI with its definition."""
    return render(request, "kpis/definitions.html", {"definitions": definitions()})


@needs("kpis.recompute_kpi")
@require_POST
def recompute(request):
    """Ask for all stored months to be computed anew; the progress is shown."""
    job = services.ask_recompute(by=request.user)
    return redirect("kpis:job", pk=job.pk)


@needs("crm.view_job")
def job(request, pk):
    """How far the computing is."""
    found = get_object_or_404(Job.objects.visible_to(request.user), pk=pk, task="kpis.recompute_all")
    context = {"job": found, "results": [(_("Open the dashboard"), reverse("kpis:dashboard"))]}
    return respond(request, "kpis/job.html", context, partial="_progress.html")
