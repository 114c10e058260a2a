"""Webhooks, managed by an administrator: the addresses, and what became of each message to them."""

import django_filters
from django import forms
from django.contrib import messages
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from crm import access
from crm.models import WebhookDelivery, WebhookEndpoint
from crm.web import Column, ListFilter, RecordForm, RecordPages, respond
from crm.webhooks import kinds, services


class WebhookFilter(ListFilter):
    ORDERING = ("description", "url", "created_at")
    q = None

    class Meta:
        model = WebhookEndpoint
        fields = ("active",)


class DeliveryFilter(ListFilter):
    ORDERING = ("kind", "created_at", "finished_at")
    q = None
    kind = django_filters.CharFilter(label=_("event"), lookup_expr="istartswith")

    class Meta:
        model = WebhookDelivery
        fields = ("endpoint", "status")


def kind_choices():
    """Every kind of event, by record type, in words and as other programs know it."""
    return [
        (str(name).capitalize(), [(kind, f"{label} · {kind}") for kind, label in found])
        for name, found in kinds.all_kinds().items()
    ]


class WebhookForm(RecordForm):
    event_types = forms.MultipleChoiceField(
        label=_("events"), choices=kind_choices, required=False, help_text=_("None chosen means all."),
        widget=forms.SelectMultiple(attrs={"size": 12}),
    )  # fmt: skip

    class Meta(RecordForm.Meta):
        model = WebhookEndpoint
        fields = ("url", "description", "acts_as", "event_types", "active")
        widgets = {"url": forms.URLInput(attrs={"placeholder": "https://example.com/hooks"})}


class ReplayForm(forms.Form):
    from_event = forms.IntegerField(
        label=_("from event number"), min_value=1, max_value=2**63 - 1, initial=1,
        help_text=_("All events from this one on are sent again, those never sent included."),
    )  # fmt: skip


class DeliveryPages(RecordPages):
    model = WebhookDelivery
    filterset_class = DeliveryFilter
    detail_template = "desk/webhook_delivery.html"
    section = "admin"
    may_follow_up = False
    select_related = ("endpoint",)
    columns = (
        Column("kind", sort="kind"),
        Column("status"),
        Column("attempts", align="end"),
        Column("endpoint", render=lambda delivery: delivery.endpoint),
        Column("message_id"),
        Column("created_at", sort="created_at"),
        Column("finished_at", sort="finished_at"),
    )
    in_brief = tuple(column for column in columns if column.name != "endpoint")
    facts = ("endpoint", "message_id", "attempts", "due_at", "created_at", "finished_at")

    def action(self, record):
        return None

    def extra(self, delivery):
        return {"tries": delivery.tries.all()}

    def moves(self, delivery):
        if not access.allows(self.request.user, "crm.change_webhookendpoint"):
            return []
        url = reverse("crm:webhookdelivery_again", args=[delivery.pk])
        return [{"key": "again", "label": _("Send again"), "url": url, "primary": True}]

    def again(self, pk):
        """Queue the message once more."""
        if self.request.method == "POST":
            services.send_again(self.get(pk), by=self.request.user)
            messages.success(self.request, _t("The message will be sent again."))
        return redirect("crm:webhookdelivery_detail", pk)

    @classmethod
    def urls(cls, prefix):
        return [
            path(f"{prefix}/<int:pk>/again/", cls.view("again"), name="webhookdelivery_again"), *super().urls(prefix),
        ]  # fmt: skip


class WebhookPages(RecordPages):
    model = WebhookEndpoint
    filterset_class = WebhookFilter
    form_class = WebhookForm
    section = "admin"
    may_follow_up = False
    select_related = ("owner__team", "acts_as")
    store = staticmethod(services.save_endpoint)
    columns = (
        Column("description", sort="description", render=str),
        Column("url", sort="url"),
        Column("acts_as"),
        Column("active"),
        Column("failing_since"),
    )
    facts = ("url", "acts_as", "active", "failing_since", "disabled_reason", "owner", "created_at")
    empty_text = _("A webhook tells another program what happens here, as it happens.")

    def action(self, record):
        return None

    def shown_facts(self, endpoint):
        return self.facts

    def related(self, endpoint):
        shown = endpoint.deliveries.order_by("-pk")
        return [self.related_list(_("Deliveries"), DeliveryPages, shown, columns=DeliveryPages.in_brief)]

    def moves(self, endpoint):
        if not access.allows(self.request.user, "crm.change_webhookendpoint"):
            return []
        offered = [("test", _("Send a test"), {"primary": True})] if endpoint.active else []
        offered += [("replay", _("Send events again"), {"dialog": True}), ("rotate", _("New secret"), {"danger": True})]
        return [
            {"key": key, "label": label, "url": reverse(f"crm:webhook_{key}", args=[endpoint.pk]), **how}
            for key, label, how in offered
        ]

    def edit_form(self, record, heading):
        """A new address is followed by the one page that shows its secret."""
        response = super().edit_form(record, heading)
        secret = getattr(record, "shown_secret", None)
        return self.secret_page(record, secret) if secret and response.status_code == 302 else response

    def secret_page(self, endpoint, secret):
        return render(self.request, "desk/webhook_secret.html", {"record": endpoint, "secret": secret})

    def rotate(self, pk):
        endpoint = self.get(pk)
        if self.request.method != "POST":
            return redirect(endpoint)
        return self.secret_page(endpoint, services.rotate(endpoint, by=self.request.user))

    def test(self, pk):
        endpoint = self.get(pk)
        if self.request.method != "POST":
            return redirect(endpoint)
        return redirect(services.send_test(endpoint, by=self.request.user))

    def replay(self, pk):
        endpoint = self.get(pk)
        access.authorize(self.request.user, "crm.change_webhookendpoint", endpoint)
        form = ReplayForm(self.request.POST or None)
        if form.is_valid():
            job = services.replay(endpoint, from_event=form.cleaned_data["from_event"], by=self.request.user)
            return redirect("crm:job_detail", job.pk)
        context = {
            "form": form,
            "heading": f"{_t('Send events again')} · {endpoint}",
            "submit_label": _t("Send events again"),
            "action": reverse("crm:webhook_replay", args=[pk]),
            "cancel_url": endpoint.get_absolute_url(),
        }
        status = 422 if form.errors else 200
        return respond(self.request, "_form.html", context, partial="_dialog.html", status=status)

    @classmethod
    def urls(cls, prefix):
        own = [path(f"{prefix}/<int:pk>/{act}/", cls.view(act), name=f"webhook_{act}") for act in cls.ACTS]
        return [*own, *super().urls(prefix)]

    ACTS = ("rotate", "test", "replay")
