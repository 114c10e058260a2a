"""Tickets, surveys, and the order they are about."""

import factory
from django.utils import timezone

from contracts.models import Contract, Order
from crm import links
from feedback.models import SurveyInvitation, Ticket
from tests.factories import CaseFactory, ContactFactory


def accepted_order(owner, contact=None):
    """An order whose customer has accepted everything."""
    contact = contact or ContactFactory(customer__owner=owner)
    common = {"customer": contact.customer, "owner": owner, "case": CaseFactory(customer=contact.customer)}
    contract = Contract.objects.create(title="Sensors", status="signed", signed_on="2026-01-05", **common)
    return Order.objects.create(contract=contract, status="accepted", **common)


class TicketFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Ticket

    contact = factory.SubFactory(ContactFactory)
    customer = factory.SelfAttribute("contact.customer")
    case = factory.SubFactory(CaseFactory)
    subject = "Sensor is silent"
    response_due_at = factory.LazyFunction(timezone.now)
    resolution_due_at = factory.LazyFunction(timezone.now)


def survey_for(order):
    """A survey that has been sent, with its key."""
    survey = SurveyInvitation.objects.create(
        customer=order.customer, case=order.case, owner=order.owner, order=order, status="sent",
        contact=order.customer.contacts.first(), expires_at=timezone.now() + timezone.timedelta(days=1),
    )  # fmt: skip
    links.seal(survey)
    survey.save()
    return survey, links.key_of(survey)
