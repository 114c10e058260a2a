"""Customers, the people there, and the titles they are billed under."""

from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from crm.models.expressions import name_key, phone_ending
from crm.models.shared import Versioned
from crm.models.stage import Owned


class Industry(models.TextChoices):
    MANUFACTURING = "manufacturing", _("Manufacturing")
    RETAIL = "retail", _("Retail")
    SOFTWARE = "software", _("Software and IT")
    LOGISTICS = "logistics", _("Logistics")
    HEALTHCARE = "healthcare", _("Healthcare")
    EDUCATION = "education", _("Education")
    FINANCE = "finance", _("Financial services")
    CONSTRUCTION = "construction", _("Construction")
    ENERGY = "energy", _("Energy")
    OTHER = "other", _("Other")


class Channel(models.TextChoices):
    EXHIBITION = "exhibition", _("Exhibition")
    WEBSITE = "website", _("Website")
    SEARCH_ADS = "search_ads", _("Search ads")
    SOCIAL = "social", _("Social media")
    REFERRAL = "referral", _("Referral")
    PARTNER = "partner", _("Partner")
    PHONE = "phone", _("Cold call")
    EMAIL = "email", _("E-mail")
    OTHER = "other", _("Other")


class Customer(Owned):
    """A company (or person) we sell to."""

    may_be_tagged = True
    name = models.CharField(_("name"), max_length=200)
    industry = models.CharField(_("industry"), max_length=20, choices=Industry, blank=True)
    region = models.CharField(_("region"), max_length=60, blank=True)
    phone = models.CharField(_("phone"), max_length=40, blank=True)
    website = models.URLField(_("website"), blank=True)
    address = models.CharField(_("address"), max_length=300, blank=True)
    notes = models.TextField(_("notes"), blank=True)

    class Meta:
        verbose_name = _("customer")
        verbose_name_plural = _("customers")
        indexes = [
            models.Index(fields=["name"]),
            models.Index(fields=["owner", "-created_at"]),
            models.Index(fields=["phone"]),
            models.Index(fields=["industry", "-id"]),
            models.Index(fields=["region", "-id"]),
            models.Index(phone_ending("phone"), include=["phone", "id"], name="customer_phone_ending"),
            models.Index(name_key("name"), include=["name", "id"], name="customer_name_key"),
        ]

    def __str__(self):
        return self.name


class OfCustomer(Versioned):
    """Something that hangs on a customer and is seen by whoever sees the customer."""

    OWNER_PATHS = ("customer__owner",)

    class Meta:
        abstract = True


class Contact(OfCustomer):
    """A person at a customer."""

    may_be_tagged = True
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="contacts", verbose_name=_("customer"))
    name = models.CharField(_("name"), max_length=100)
    title = models.CharField(_("position"), max_length=100, blank=True)
    phone = models.CharField(_("phone"), max_length=40, blank=True)
    email = models.EmailField(_("e-mail"), blank=True)
    is_primary = models.BooleanField(_("main contact"), default=False)
    consent = models.BooleanField(_("agreed to be contacted"), default=False)

    class Meta:
        ordering = ["-is_primary", "name"]
        verbose_name = _("contact")
        verbose_name_plural = _("contacts")
        indexes = [
            models.Index(fields=["phone"]),
            models.Index(fields=["email"]),
            models.Index(fields=["name"]),
            models.Index(phone_ending("phone"), include=["phone", "id"], name="contact_phone_ending"),
            models.Index(Lower("email"), include=["email", "id"], name="contact_email_lower"),
        ]

    def __str__(self):
        return self.name


class BillingTitle(OfCustomer):
    """What an invoice to this customer is made out to (发票抬头)."""

    customer = models.ForeignKey(Customer, models.PROTECT, related_name="billing_titles", verbose_name=_("customer"))
    title = models.CharField(_("billing title"), max_length=200)
    tax_number = models.CharField(_("tax number"), max_length=40, blank=True)
    address = models.CharField(_("registered address and phone"), max_length=300, blank=True)
    bank_account = models.CharField(_("bank and account"), max_length=200, blank=True)
    email = models.EmailField(_("e-mail for invoices"), blank=True)
    is_default = models.BooleanField(_("default"), default=True)

    class Meta:
        ordering = ["-is_default", "title"]
        verbose_name = _("billing title")
        verbose_name_plural = _("billing titles")

    def __str__(self):
        return self.title
