"""All test data. Records of later stages are made by their apps' own factories in this module's style."""

import factory
from django.contrib.auth.hashers import make_password

from crm.access import Role
from crm.models import Case, Contact, Customer, Product, Team, User
from leads.models import Campaign, Lead

PASSWORD = "correct horse battery"


class TeamFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Team

    name = factory.Sequence(lambda n: f"Team {n}")


class UserFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = User

    name = factory.Sequence(lambda n: f"Person {n}")
    email = factory.Sequence(lambda n: f"person{n}@example.com")
    password = factory.LazyFunction(lambda: make_password(PASSWORD))
    roles = [Role.SALES]
    language = "en"


class CustomerFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Customer

    name = factory.Sequence(lambda n: f"华兴制造{n}")
    owner = factory.SubFactory(UserFactory)


class ContactFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Contact

    customer = factory.SubFactory(CustomerFactory)
    name = factory.Sequence(lambda n: f"张伟{n}")
    email = factory.Sequence(lambda n: f"contact{n}@example.com")


class ProductFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Product

    sku = factory.Sequence(lambda n: f"SKU-{n}")
    name = factory.Sequence(lambda n: f"Product {n}")
    price = 1000


class CampaignFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Campaign

    name = factory.Sequence(lambda n: f"Campaign {n}")
    channel = "exhibition"


class CaseFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Case


class LeadFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Lead

    case = factory.SubFactory(CaseFactory)
    company_name = factory.Sequence(lambda n: f"云帆信息{n}")
    contact_name = "李敏"
    phone = factory.Sequence(lambda n: f"138{n:08d}")
