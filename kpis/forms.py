"""The fields people fill in for targets, costs and the market."""

from django import forms
from django.utils.translation import gettext_lazy as _

from crm import clock
from crm.web import RecordForm
from kpis.models import Cost, IndustrySales, Target
from kpis.planning import EQUAL, LAST_YEAR

HOW = ((EQUAL, _("Equally")), (LAST_YEAR, _("By last year's shares")))


class MonthInput(forms.widgets.Input):
    """The browser's own month picker; a month stands for its first day."""

    input_type = "month"

    def format_value(self, value):
        return value.strftime("%Y-%m") if hasattr(value, "strftime") else value


class MonthField(forms.DateField):
    widget = MonthInput

    def __init__(self, **kwargs):
        super().__init__(input_formats=["%Y-%m", "%Y-%m-%d"], **kwargs)


class PlanForm(RecordForm):
    year = forms.IntegerField(label=_("year"), min_value=2000, max_value=2100)
    months = forms.ChoiceField(label=_("split to months"), choices=HOW)
    people = forms.ChoiceField(label=_("split to teams and people"), choices=HOW)
    field_order = ("kpi", "year", "base", "stretch", "challenge", "months", "people")

    class Meta(RecordForm.Meta):
        model = Target
        fields = ("kpi", "base", "stretch", "challenge")

    def prepare(self):
        self.fields["year"].initial = clock.today().year


class CostForm(RecordForm):
    month = MonthField(label=_("month"))

    class Meta(RecordForm.Meta):
        model = Cost
        fields = ("month", "kind", "amount", "team", "note")


class IndustrySalesForm(RecordForm):
    month = MonthField(label=_("month"))

    class Meta(RecordForm.Meta):
        model = IndustrySales
        fields = ("month", "industry", "amount", "currency", "source")


class AmountsForm(forms.Form):
    """The months of a plan's grid, one field for each that may be changed."""

    seen = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args, rows, level, **kwargs):
        super().__init__(*args, **kwargs)
        for row in rows:
            self.fields[self.name(row)] = self.field(row, level)

    @staticmethod
    def field(row, level):
        """An amount of money or, for customers, a whole number."""
        whole, value = row.kpi == Target.Kpi.NEW_CUSTOMERS, getattr(row, level)
        return forms.DecimalField(
            label=f"{row.place} {row.starts_on:%Y-%m}",
            min_value=0,
            max_digits=16,
            decimal_places=0 if whole else 2,
            required=level == "base",
            initial=int(value) if whole and value is not None else value,
        )

    @staticmethod
    def name(row):
        return f"target-{row.pk}"

    def amounts(self):
        """{target key: amount}."""
        return {
            int(name.removeprefix("target-")): value
            for name, value in self.cleaned_data.items()
            if name.startswith("target-")
        }
