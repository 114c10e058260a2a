"""The acts on statements and lines that need no bench, with their input."""

from django import forms
from django.utils.translation import gettext_lazy as _

from billing.bank import booking, statements
from billing.bank.models import BankLine, BankStatement
from crm.verbs import Verb, VerbForm, register


class IgnoreForm(VerbForm):
    ignored_as = forms.ChoiceField(label=_("ignored as"), choices=BankLine.IgnoredAs)
    reason = forms.CharField(label=_("reason"), required=False, max_length=500)

    def prepare(self):
        line = self.record
        self.fields["ignored_as"].initial = BankLine.IgnoredAs.FEE if line.amount < 0 else BankLine.IgnoredAs.TRANSFER


register(
    BankStatement,
    Verb("take_in", statements.take_in),
    Verb("resume", statements.resume),
    Verb("discard", statements.discard),
)
register(
    BankLine,
    Verb("undo", booking.undo),
    Verb("ignore", booking.ignore, IgnoreForm),
    Verb("restore", booking.restore),
)
