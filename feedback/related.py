"""Tickets and surveys on the pages of customers and orders."""

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from contracts.models import Order
from crm import access
from crm.models import Customer
from crm.web import relate
from feedback.views import SurveyPages, TicketPages


def tickets(field):
    def of(pages, record):
        may = access.allows(pages.request.user, "feedback.add_ticket")
        query = f"?customer={record.pk}" if field == "customer" else f"?customer={record.customer_id}&order={record.pk}"
        create = (reverse("feedback:ticket_new") + query, _("New ticket")) if may else ("", "")
        return pages.related_list(_("Tickets"), TicketPages, record.tickets.order_by("-pk"), *create)

    return of


def customer_surveys(pages, customer):
    return pages.related_list(_("Surveys"), SurveyPages, customer.surveyinvitations.order_by("-pk"))


def order_surveys(pages, order):
    return pages.related_list(_("Surveys"), SurveyPages, order.surveys.order_by("-pk"))


relate(Customer, tickets("customer"))
relate(Customer, customer_surveys)
relate(Order, tickets("order"))
relate(Order, order_surveys)
