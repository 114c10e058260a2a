"""The addresses of the records behind a figure."""

from urllib.parse import urlencode

from django.urls import reverse


def invoices(**query):
    return _address("billing:invoice_list", query)


def payments(**query):
    return _address("billing:payment_list", query)


def contracts(**query):
    return _address("contracts:contract_list", query)


def notes(**query):
    return _address("billing:creditnote_list", query)


def write_offs(**query):
    return _address("billing:writeoff_list", query)


def _address(name, query):
    known = {key: value for key, value in query.items() if value not in (None, "")}
    return f"{reverse(name)}?{urlencode(known)}"
