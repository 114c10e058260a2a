"""The acts on statements and lines that need no bench, with their input."""

from billing.bank import statements
from billing.bank.models import BankStatement
from crm.verbs import Verb, register

register(
    BankStatement,
    Verb("take_in", statements.take_in),
    Verb("resume", statements.resume),
    Verb("discard", statements.discard),
)
