"""The pages of getting paid: promises, disputes, reminders and their levels."""

from django.urls import path, reverse
from django.utils.translation import gettext_lazy as _

from billing import papers
from billing.collecting_filters import DisputeFilter, DunningLevelFilter, PromiseFilter, ReminderFilter
from billing.collecting_forms import DunningLevelForm, ReminderForm
from billing.models import Dispute, DunningLevel, Promise, Reminder
from billing.services import dunning, save_reminder
from billing.views.columns import CUSTOMER, due
from billing.views.papers import language_of, pdf
from crm.templatetags import badges
from crm.templatetags.formatting import money
from crm.web import Column, RecordPages, Related

Outcomes = Promise.Outcome
TONES = {
    Outcomes.OPEN: badges.AMBER,
    Outcomes.KEPT: badges.GREEN,
    Outcomes.BROKEN: badges.RED,
    Outcomes.LAPSED: badges.GREY,
    Outcomes.WITHDRAWN: badges.GREY,
}


def outcome(promise):
    return badges.tone_badge(promise.outcome.label, TONES[promise.outcome])


OUTCOME = Column("outcome", _("how it stands"), render=outcome)


class PromisePages(RecordPages):
    """They are noted on the page of an invoice."""

    model = Promise
    filterset_class = PromiseFilter
    section = "collection"
    icon = "heart-handshake"
    select_related = ("owner__team", "customer__owner__team", "invoice")
    empty_text = _("No promises. They are noted on the page of the invoice they are about.")
    columns = (
        Column("number", sort="number"),
        Column("invoice"),
        CUSTOMER,
        OUTCOME,
        Column("amount", sort="amount"),
        Column("promised_on", sort="promised_on"),
        Column("note"),
        Column("owner"),
    )
    in_brief = (Column("number"), OUTCOME, Column("amount"), Column("promised_on"), Column("note"))
    facts = ("invoice", "customer", "amount", "promised_on", "note", "owner")

    def rows(self):
        return super().rows().with_received()


class DisputePages(RecordPages):
    """They are opened on the page of an invoice."""

    model = Dispute
    filterset_class = DisputeFilter
    section = "collection"
    icon = "message-exclamation"
    select_related = ("owner__team", "customer__owner__team", "handler__team", "invoice")
    empty_text = _("No disputes. They are opened on the page of the invoice the customer objects to.")
    columns = (
        Column("number", sort="number"),
        Column("invoice"),
        CUSTOMER,
        Column("status"),
        Column("kind"),
        Column("reason"),
        Column("handler"),
        Column("resolved_on", sort="resolved_on"),
    )
    in_brief = (Column("number"), Column("status"), Column("kind"), Column("handler"), Column("reason"))
    facts = (
        "invoice", "customer", "kind", "reason", "handler", "outcome", "resolution", "resolved_on", "resolved_by",
        "owner",
    )  # fmt: skip


class ReminderPages(RecordPages):
    """Letters proposed at night, looked at and sent by finance."""

    model = Reminder
    filterset_class = ReminderFilter
    form_class = ReminderForm
    section = "collection"
    icon = "mail-exclamation"
    store = staticmethod(save_reminder)
    detail_template = "billing/reminder_detail.html"
    select_related = ("owner__team", "customer__owner__team", "level")
    empty_text = _("No reminders. They are proposed each night for what is overdue.")
    columns = (
        Column("number", sort="number"),
        CUSTOMER,
        Column("status"),
        Column("level", sort="level__days"),
        Column("balance", _("amount"), sort="balance"),
        Column("sent_on", sort="sent_on"),
        Column("to"),
        Column("owner"),
    )
    in_brief = (Column("number"), Column("status"), Column("level"), Column("balance", _("amount")), Column("sent_on"))
    facts = ("customer", "level", "currency", "to", "sent_on", "owner")

    def rows(self):
        return super().rows().with_balance()

    def editable(self, letter):
        return False

    def papers(self, letter):
        if letter.status == Reminder.Status.DROPPED:
            return []
        return [
            (label, reverse("billing:reminder_paper", args=[letter.pk, language]))
            for language, label in (("zh", _("PDF in Chinese")), ("en", _("PDF in English")))
        ]

    def paper(self, pk, language):
        letter = self.get(pk)
        return pdf(papers.reminder_pdf(letter, language_of(language)), letter.number)

    def related(self, letter):
        return [self.about(letter)]

    def extra(self, letter):
        """The words that were sent, or would be sent now."""
        subject, text = letter.subject, letter.message
        if letter.status == Reminder.Status.PROPOSED:
            invoices = dunning.overdue_of(letter.customer, letter.currency)
            subject, text = dunning.words(letter, invoices, dunning.language_of(letter)) if invoices else ("", "")
        return super().extra(letter) | {"letter_subject": subject, "letter_text": text}

    def about(self, letter):
        """The invoices in the letter: as they were sent, or as they stand now."""
        rows = [
            {"record": invoice, "url": invoice.get_absolute_url(),
             "cells": [str(invoice), due(invoice), late, money(amount, letter.currency)]}
            for invoice, amount, late in papers.listed(letter)
        ]  # fmt: skip
        columns = [
            ("invoice", _("Invoice"), ""), ("due_on", _("Due on"), ""), ("late", _("Days overdue"), "end"),
            ("amount", _("Owed"), "end"),
        ]  # fmt: skip
        return Related(label=_("Invoices"), columns=columns, rows=rows)

    @classmethod
    def urls(cls, prefix):
        paper = path(f"{prefix}/<int:pk>/paper.<str:language>.pdf", cls.view("paper"), name="reminder_paper")
        return [paper, *super().urls(prefix)]


class DunningLevelPages(RecordPages):
    model = DunningLevel
    filterset_class = DunningLevelFilter
    form_class = DunningLevelForm
    section = "collection"
    icon = "stairs-up"
    may_follow_up = False
    empty_text = _("No dunning levels yet.")
    columns = (
        Column("name"),
        Column("days", sort="days", align="end"),
        Column("minimum", align="end"),
        Column("again_after", align="end"),
        Column("automatic"),
        Column("is_active"),
    )
    facts = (
        "name", "days", "minimum", "again_after", "automatic", "is_active", "subject_zh", "text_zh", "subject_en",
        "text_en",
    )  # fmt: skip

    def rows(self):
        DunningLevel.fill()
        return super().rows()
