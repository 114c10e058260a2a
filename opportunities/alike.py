"""Customers that may be the company of a lead."""

from django.db.models import Q

from crm import search
from crm.duplicates import name_words, sharing
from crm.models import Contact, Customer


def customers_like(lead):
    """Customers with the lead's phone or e-mail, also at a contact, or with its name in theirs, whoever owns them."""
    found = Q(pk__in=sharing(Customer, [lead.phone], []).values("pk"))
    found |= Q(pk__in=sharing(Contact, [lead.phone], [lead.email]).values("customer"))
    name = name_words(lead.company_name)
    if len(name) > 1:
        found |= Q(pk__in=search.matching(Customer, name))
    return Customer.objects.filter(found).order_by("name")
