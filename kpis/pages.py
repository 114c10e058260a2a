"""The pages of targets, costs and the market's size."""

from django.core.exceptions import ValidationError
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils.translation import gettext_lazy as _

from crm import access
from crm.verbs import add_refusal
from crm.web import Column, RecordPages
from kpis import plans, services
from kpis.filters import CostFilter, IndustrySalesFilter, PlanFilter
from kpis.forms import AmountsForm, CostForm, IndustrySalesForm, PlanForm
from kpis.models import Cost, IndustrySales, Target


def month(record):
    return f"{record.month:%Y-%m}"


class TargetPages(RecordPages):
    """Plans by year; a plan's page is its grid of months by company, team and person."""

    model = Target
    filterset_class = PlanFilter
    form_class = PlanForm
    detail_template = "kpis/target_detail.html"
    section = "kpis"
    may_follow_up = False
    select_related = ("owner__team", "team", "person__team", "plan")
    empty_text = _("No targets yet. Plan a year first.")
    columns = (
        Column("kpi", sort="kpi"),
        Column("year", _("year"), render=lambda target: str(target.starts_on.year), sort="starts_on"),
        Column("place", _("for")),
        Column("status", sort="status"),
        Column("revision", sort="revision", align="end"),
        Column("base", render=lambda target: plans.amount(target, "base"), sort="base", align="end"),
        Column("owner", _("planned by")),
    )
    facts = ("kpi", "team", "person", "revision", "owner", "created_at")

    def rows(self):
        rows = super().rows().filter(span=Target.Span.YEAR)
        whole = access.scope(self.request.user, "kpis.view_target") == access.ALL
        return rows.filter(plan=None) if whole else rows

    @property
    def create_url(self):
        whole = access.scope(self.request.user, "kpis.add_target") == access.ALL
        return reverse(self.url_name("new")) if whole else None

    def save(self, form, parts):
        values = {name: form.cleaned_data[name] for name in form.cleaned_data if name != "seen"}
        return services.plan(**values, by=self.request.user)

    def editable(self, record):
        """Targets are edited in the grid of their plan."""
        return False

    def extra(self, record, form=None):
        level = self.level()
        lines = plans.grid(record)
        form = form or self.amounts_form(record, lines)
        return {
            "lines": [self.line(line, level, form) for line in lines],
            "form": form,
            "may_change": len(form.fields) > 1,
            "level": level,
            "levels": [(name, Target._meta.get_field(name).verbose_name) for name in Target.LEVELS],
            "months": [row.starts_on for row in lines[0].months],
            "gaps": [gap.text() for gap in plans.gaps(record.plan or record)][:10],
            "amounts_url": f"{reverse('kpis:target_amounts', args=[record.pk])}?level={level}",
        }

    def level(self):
        asked = self.request.GET.get("level")
        return asked if asked in Target.LEVELS else "base"

    def amounts_form(self, record, lines, data=None):
        """The months this person may change while the plan is a draft."""
        head = record.plan or record
        rows = [row for line in lines for row in line.months] if head.status == Target.Status.DRAFT else []
        user = self.request.user
        mine = [row for row in rows if access.allows(user, "kpis.change_target", row)]
        return AmountsForm(data, rows=mine, level=self.level(), initial={"seen": head.version})

    def line(self, line, level, form):
        """One row of the grid: a field for each month that may be changed, the amount for the others."""
        cells = [
            {"field": form[name]} if (name := form.name(row)) in form.fields else {"text": plans.amount(row, level)}
            for row in line.months
        ]
        return {
            "place": line.year.place,
            "depth": line.depth,
            "url": line.year.get_absolute_url(),
            "quarters": [
                (cells[at * 3 : at * 3 + 3], plans.amount(quarter, level)) for at, quarter in enumerate(line.quarters)
            ],
            "year": plans.amount(line.year, level),
        }

    def amounts(self, pk):
        """Save the grid."""
        record = self.get(pk)
        if self.request.method != "POST":
            return redirect(record)
        form = self.amounts_form(record, plans.grid(record), self.request.POST)
        if form.is_valid():
            try:
                seen = form.cleaned_data["seen"]
                services.set_amounts(
                    record, level=self.level(), amounts=form.amounts(), by=self.request.user, seen=seen
                )
                return redirect(f"{record.get_absolute_url()}?level={self.level()}")
            except ValidationError as refusal:
                add_refusal(form, refusal)
        return self.show(record, status=422, **self.extra(record, form))

    @classmethod
    def urls(cls, prefix):
        grid = path(f"{prefix}/<int:pk>/amounts/", cls.view("amounts"), name="target_amounts")
        return [grid, *super().urls(prefix)]


class CostPages(RecordPages):
    model = Cost
    filterset_class = CostFilter
    form_class = CostForm
    section = "kpis"
    may_follow_up = False
    store = staticmethod(services.save_cost)
    select_related = ("team",)
    empty_text = _("No costs yet. They make the customer acquisition cost complete.")
    columns = (
        Column("month", render=month, sort="month"),
        Column("kind", sort="kind"),
        Column("amount", sort="amount"),
        Column("team"),
        Column("note"),
    )
    facts = ("kind", "amount", "team", "note", "created_at")


class IndustrySalesPages(RecordPages):
    model = IndustrySales
    filterset_class = IndustrySalesFilter
    form_class = IndustrySalesForm
    section = "kpis"
    may_follow_up = False
    store = staticmethod(services.save_industry_sales)
    empty_text = _("No market size yet. Enter it to see the market share.")
    columns = (
        Column("month", render=month, sort="month"),
        Column("industry", render=lambda figure: figure.get_industry_display() or _("Whole market"), sort="industry"),
        Column("amount", sort="amount"),
        Column("source"),
    )
    facts = ("industry", "amount", "currency", "source", "created_at")
