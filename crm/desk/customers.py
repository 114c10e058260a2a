"""Customers, the people there, and the titles they are billed under."""

import django_filters
from django import forms
from django.shortcuts import render
from django.urls import path, reverse
from django.utils.translation import gettext_lazy as _

from crm import access, chain, customers
from crm.models import BillingTitle, Contact, Customer, User
from crm.verbs import add_refusal
from crm.web import Column, ListFilter, RecordForm, RecordPages
from crm.web.filters import people
from crm.web.responses import go


class CustomerFilter(ListFilter):
    ORDERING = ("name", "industry", "region", "created_at")
    owner = django_filters.ModelChoiceFilter(queryset=people, label=_("owner"))

    class Meta:
        model = Customer
        fields = ("industry", "region")


class ContactFilter(ListFilter):
    ORDERING = ("name", "customer__name")

    class Meta:
        model = Contact
        fields = ("customer", "is_primary")


class BillingTitleFilter(ListFilter):
    ORDERING = ("title",)

    class Meta:
        model = BillingTitle
        fields = ("customer",)


class CustomerForm(RecordForm):
    class Meta(RecordForm.Meta):
        model = Customer
        fields = ("name", "industry", "region", "phone", "website", "address", "owner", "notes")

    def prepare(self):
        """Who owns a customer is chosen on creation; later a manager reassigns."""
        if self.instance.pk:
            del self.fields["owner"]


class ContactForm(RecordForm):
    class Meta(RecordForm.Meta):
        model = Contact
        fields = ("customer", "name", "title", "phone", "email", "is_primary", "consent")


class BillingTitleForm(RecordForm):
    class Meta(RecordForm.Meta):
        model = BillingTitle
        fields = ("customer", "title", "tax_number", "address", "bank_account", "email", "is_default")


class AssignForm(forms.Form):
    owner = forms.ModelChoiceField(label=_("new owner"), queryset=User.objects.none())

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["owner"].queryset = User.objects.filter(is_active=True, roles__overlap=["sales", "manager"])


class ContactPages(RecordPages):
    model = Contact
    filterset_class = ContactFilter
    form_class = ContactForm
    section = "customers"
    select_related = ("customer__owner__team",)
    empty_text = _("No contacts yet.")
    columns = (
        Column("name", sort="name"),
        Column("title"),
        Column("customer", sort="customer__name"),
        Column("phone"),
        Column("email"),
        Column("is_primary"),
    )
    facts = ("customer", "title", "phone", "email", "is_primary", "consent")


class BillingTitlePages(RecordPages):
    model = BillingTitle
    filterset_class = BillingTitleFilter
    form_class = BillingTitleForm
    select_related = ("customer__owner__team",)
    may_follow_up = False
    empty_text = _("No billing titles yet.")
    columns = (
        Column("title", sort="title"),
        Column("tax_number"),
        Column("customer"),
        Column("bank_account"),
        Column("is_default"),
    )
    facts = ("customer", "title", "tax_number", "address", "bank_account", "email", "is_default")


class CustomerPages(RecordPages):
    model = Customer
    filterset_class = CustomerFilter
    form_class = CustomerForm
    form_template = "desk/customer_form.html"
    section = "customers"
    quick_create = True
    select_related = ("owner__team",)
    empty_text = _("No customers yet. Convert a lead, or create one.")
    columns = (
        Column("name", sort="name"),
        Column("industry", sort="industry"),
        Column("region", sort="region"),
        Column("phone"),
        Column("owner"),
        Column("created_at", sort="created_at"),
    )
    facts = ("industry", "region", "phone", "website", "address", "owner", "notes", "created_at")

    def moves(self, customer):
        if not access.allows(self.request.user, "crm.assign_customer", customer):
            return []
        address = reverse("crm:customer_assign", args=[customer.pk])
        return [
            {"key": "assign", "label": _("Assign"), "url": address, "primary": False, "danger": False, "dialog": True}
        ]

    def related(self, customer):
        user, query = self.request.user, f"?customer={customer.pk}"
        found = [
            self.related_list(
                _("Contacts"), ContactPages, customer.contacts.all(), *self.create("contact", query, _("New contact")),
                columns=[column for column in ContactPages.columns if column.name != "customer"],
            )
        ]  # fmt: skip
        if access.allows(user, "crm.view_billingtitle"):
            create = self.create("billingtitle", query, _("New billing title"))
            columns = [column for column in BillingTitlePages.columns if column.name != "customer"]
            titles = customer.billing_titles.all()
            found.append(self.related_list(_("Billing titles"), BillingTitlePages, titles, *create, columns=columns))
        return found

    def create(self, model_name, query, label):
        """(address, label) of a create link, empty where the person may not."""
        if not access.allows(self.request.user, f"crm.add_{model_name}"):
            return "", ""
        return reverse(f"crm:{model_name}_new") + query, label

    read_timeline = staticmethod(chain.customer_timeline)

    def assign(self, pk):
        """Hand a customer to another rep."""
        customer = self.get(pk)
        access.authorize(self.request.user, "crm.assign_customer", customer)
        form = AssignForm(self.request.POST or None)
        if form.is_valid():
            try:
                customers.assign(customer, owner=form.cleaned_data["owner"], by=self.request.user)
                return go(self.request, customer.get_absolute_url())
            except forms.ValidationError as refusal:
                add_refusal(form, refusal)
        context = {
            "form": form,
            "heading": _("Assign %(customer)s") % {"customer": customer},
            "submit_label": _("Assign"),
            "action": self.request.path,
            "cancel_url": customer.get_absolute_url(),
        }
        template = "_dialog.html" if self.request.htmx else "_form.html"
        return render(self.request, template, context, status=422 if form.errors else 200)

    @classmethod
    def urls(cls, prefix):
        assign = path(f"{prefix}/<int:pk>/assign/", cls.view("assign"), name="customer_assign")
        return [assign, *super().urls(prefix)]
