"""Stored results of the KPIs, the targets set for them, and the figures people enter."""

from django.core.validators import MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from crm import access
from crm.models import Company, Industry, Owned, OwnedQuerySet, Shared
from crm.models.company import Currency
from crm.transitions import Move


class KpiValue(models.Model):
    """One KPI in one month, for the company, one team or one person, as last computed. Null means n/a, never 0."""

    kpi = models.CharField(max_length=40)
    month = models.DateField()  # its first day, in the business time zone
    team = models.ForeignKey("crm.Team", models.CASCADE, null=True, related_name="+")
    person = models.ForeignKey("crm.User", models.CASCADE, null=True, related_name="+")
    numerator = models.DecimalField(max_digits=20, decimal_places=6, null=True)
    denominator = models.DecimalField(max_digits=20, decimal_places=6, null=True)
    value = models.DecimalField(max_digits=20, decimal_places=6, null=True)
    computed_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["kpi", "month", "team", "person"], name="one_kpi_value", nulls_distinct=False
            )
        ]

    def __str__(self):
        return f"{self.kpi} {self.month:%Y-%m}: {self.value}"


class TargetQuerySet(OwnedQuerySet):
    def plans(self):
        """The heads of the plans: the company's target for a whole year, which all others of a plan belong to."""
        return self.filter(plan=None, span=Target.Span.YEAR, team=None, person=None)

    def published(self):
        return self.filter(status=Target.Status.PUBLISHED)


class Target(Owned):
    """What a period is to bring (目标), for the company, a team or a person. A re-plan is a new revision.

    A plan is a tree of targets under its head, the company's year: years hold quarters, quarters months; the company
    holds teams, teams their people.
    """

    class Status(models.TextChoices):
        DRAFT = "draft", _("Draft")
        PUBLISHED = "published", _("Published")
        SUPERSEDED = "superseded", _("Superseded")

    class Kpi(models.TextChoices):
        REVENUE = "revenue", _("Sales revenue")
        REVENUE_COLLECTED = "revenue_collected", _("Collections")
        NEW_CUSTOMERS = "new_customers", _("New customers")

    class Span(models.TextChoices):
        YEAR = "year", _("Year")
        QUARTER = "quarter", _("Quarter")
        MONTH = "month", _("Month")

    OWNER_PATHS = ("owner", "person")
    LEVELS = ("base", "stretch", "challenge")
    MOVES = {
        "publish": Move(_("Publish"), (Status.DRAFT,), Status.PUBLISHED, when=lambda target: target.plan_id is None),
        "replan": Move(_("Plan anew"), (Status.PUBLISHED,), when=lambda target: target.plan_id is None),
        "supersede": Move(_("Supersede"), (Status.PUBLISHED,), Status.SUPERSEDED),
    }
    status = models.CharField(_("status"), max_length=20, choices=Status, default=Status.DRAFT, editable=False)
    status_since = models.DateTimeField(auto_now_add=True)
    kpi = models.CharField(_("KPI"), max_length=20, choices=Kpi)
    span = models.CharField(pgettext_lazy("year, quarter or month", "period"), max_length=10, choices=Span)
    starts_on = models.DateField(_("begins"))
    team = models.ForeignKey(
        "crm.Team", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("team")
    )
    person = models.ForeignKey(
        "crm.User", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("person")
    )
    plan = models.ForeignKey("self", models.PROTECT, null=True, blank=True, editable=False, related_name="parts")
    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="children")
    revision = models.PositiveIntegerField(_("version"), default=1, editable=False)
    base = models.DecimalField(_("target"), max_digits=16, decimal_places=2, validators=[MinValueValidator(0)])
    stretch = models.DecimalField(
        _("stretch"), max_digits=16, decimal_places=2, null=True, blank=True, validators=[MinValueValidator(0)]
    )
    challenge = models.DecimalField(
        _("challenge"), max_digits=16, decimal_places=2, null=True, blank=True, validators=[MinValueValidator(0)]
    )

    objects = TargetQuerySet.as_manager()

    class Meta:
        verbose_name = _("target")
        verbose_name_plural = _("targets")
        indexes = [models.Index(fields=["kpi", "span", "starts_on"]), models.Index(fields=["person", "starts_on"])]

    def __str__(self):
        if self.span == self.Span.YEAR:
            return f"{self.get_kpi_display()} {self.starts_on:%Y}"
        return f"{self.get_kpi_display()} {self.starts_on:%Y-%m}"

    def holds(self, month):
        """Does this year or quarter hold the month of that target?"""
        length = 12 if self.span == self.Span.YEAR else 3
        ahead = (month.starts_on.year - self.starts_on.year) * 12 + month.starts_on.month - self.starts_on.month
        return 0 <= ahead < length

    @property
    def place(self):
        """Whose target it is."""
        return str(self.person or self.team or _("Whole company"))

    @classmethod
    def visible_besides(cls, user):
        """Whoever sees a team's targets sees those of the team itself and of the teams below."""
        if access.scope(user, "kpis.view_target") == access.TEAM:
            return models.Q(team__path__startswith=user.team.path)
        return super().visible_besides(user)


class Cost(Shared):
    """Sales and marketing cost of a month besides campaign spend; an input of CAC."""

    class Kind(models.TextChoices):
        MARKETING = "marketing", _("Marketing")
        SALES = "sales", _("Sales")

    month = models.DateField(_("month"))
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    team = models.ForeignKey(
        "crm.Team", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("team")
    )
    amount = models.DecimalField(
        _("amount"), max_digits=16, decimal_places=2, validators=[MinValueValidator(0)],
        help_text=_("In the base currency."),
    )  # fmt: skip
    note = models.CharField(_("what for"), max_length=200, blank=True)

    class Meta:
        ordering = ["-month", "kind"]
        verbose_name = _("cost")
        verbose_name_plural = _("costs")

    def __str__(self):
        return f"{self.month:%Y-%m} {self.get_kind_display()}"

    @property
    def currency(self):
        """Costs are written down in the base currency."""
        return Company.current().base_currency


class IndustrySales(Shared):
    """What all suppliers together sold to a segment in a month; the denominator of market share."""

    month = models.DateField(_("month"))
    industry = models.CharField(
        _("industry"), max_length=20, choices=Industry, blank=True, help_text=_("Empty means the whole market.")
    )
    amount = models.DecimalField(_("amount"), max_digits=18, decimal_places=2, validators=[MinValueValidator(0)])
    currency = models.CharField(_("currency"), max_length=3, choices=Currency, default=Currency.CNY)
    rate = models.DecimalField(max_digits=18, decimal_places=8, default=1, editable=False)
    source = models.CharField(_("source"), max_length=200)

    class Meta:
        ordering = ["-month", "industry"]
        verbose_name = _("industry sales")
        verbose_name_plural = _("industry sales")
        constraints = [models.UniqueConstraint(fields=["month", "industry"], name="one_market_size")]

    def __str__(self):
        return f"{self.month:%Y-%m} {self.get_industry_display()}"
