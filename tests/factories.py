"""All test data. Records of later stages are made by their apps' own factories in this module's style."""

from datetime import timedelta
from decimal import Decimal
from unittest import mock

import factory
from django.contrib.auth.hashers import make_password
from django.utils import timezone

from crm import clock, records
from crm.access import Role
from crm.models import Case, Contact, Customer, Product, Team, User
from leads.models import Campaign, Lead
from opportunities.models import Opportunity, Quote, QuoteLine

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


def signed_contract(owner=None, amounts=((1, 1000, 13),), plan=None, **values):
    """A signed contract whose lines are (quantity, unit price, tax rate), with instalments of the given amounts."""
    from contracts.models import Contract, ContractLine, Instalment
    from crm import clock, records

    customer = values.pop("customer", None) or CustomerFactory(owner=owner or UserFactory())
    values = {"title": "CRM", "status": "signed", "signed_on": clock.today(), "case": CaseFactory()} | values
    contract = Contract.objects.create(customer=customer, owner=owner or customer.owner, **values)
    lines = [ContractLine(quantity=q, unit_price=price, tax_rate=rate, description="CRM") for q, price, rate in amounts]
    records.set_lines(contract, lines)
    for position, amount in enumerate(plan or [contract.gross], start=1):
        Instalment.objects.create(contract=contract, position=position, due_on=clock.today(), amount=amount)
    return contract


def issued_invoice(owner=None, gross=1000, on=None, due=None, **values):
    """An invoice over this amount without tax that finance has approved and issued; it stands on its own."""
    from billing import services
    from billing.models import Invoice, InvoiceLine
    from crm import clock
    from crm.access import SYSTEM

    customer = values.pop("customer", None) or CustomerFactory(owner=owner or UserFactory())
    line = InvoiceLine(description="CRM", quantity=1, unit_price=gross, tax_rate=0)
    with mock.patch.object(clock, "today", return_value=on or clock.today()):
        invoice = Invoice(customer=customer, owner=owner or customer.owner, due_on=due, **values)
        services.save_invoice(invoice, lines=[line], by=SYSTEM)
        services.approve_invoice(invoice, by=SYSTEM)
        return services.issue_invoice(invoice, by=SYSTEM)


def payment_of(invoice=None, amount=1000, **values):
    """A payment that finance has still to confirm."""
    from billing import services
    from billing.models import Payment
    from crm import clock
    from crm.access import SYSTEM

    values = {"received_on": clock.today(), "customer": invoice.customer if invoice else None} | values
    return services.register_payment(Payment(invoice=invoice, amount=amount, **values), by=SYSTEM)


class OpportunityFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Opportunity

    case = factory.SubFactory(CaseFactory, customer=factory.SelfAttribute("..customer"))
    customer = factory.SubFactory(CustomerFactory, owner=factory.SelfAttribute("..owner"))
    owner = factory.SubFactory(UserFactory)
    name = factory.Sequence(lambda n: f"智能仓储项目{n}")
    amount = 100000
    last_activity_at = factory.SelfAttribute("created_at")
    created_at = factory.LazyFunction(timezone.now)


class QuoteFactory(factory.django.DjangoModelFactory):
    """A quote of one line: 10 pieces at 1,000 less `discount` per cent, 13 % tax."""

    class Meta:
        model = Quote
        skip_postgeneration_save = True

    opportunity = factory.SubFactory(OpportunityFactory)
    case = factory.SelfAttribute("opportunity.case")
    customer = factory.SelfAttribute("opportunity.customer")
    owner = factory.SelfAttribute("opportunity.owner")
    valid_until = factory.LazyFunction(lambda: clock.today() + timedelta(days=30))

    @factory.post_generation
    def discount(quote, create, value, **kwargs):
        line = QuoteLine(product=ProductFactory(), quantity=10, unit_price=Decimal(1000), discount_percent=value or 0)
        records.set_lines(quote, [line])


def drafted_contract(owner, **values):
    """A draft over one line: 10 pieces at 1,000 and 13 % tax, so 11,300.00, with the usual payment plan."""
    from contracts.models import Contract, ContractLine
    from contracts.services import save_contract
    from crm.access import SYSTEM

    customer = values.pop("customer", None) or CustomerFactory(owner=owner)
    product = values.pop("product", None) or ProductFactory()
    line = ContractLine(product=product, quantity=10, unit_price=Decimal(1000), tax_rate=13, description=product.name)
    contract = Contract(customer=customer, owner=owner, title="智能仓储", **values)
    return save_contract(contract, lines=[line], by=SYSTEM)


def running_order(owner, **values):
    """The order of a signed contract (10 pieces), confirmed and started."""
    from contracts.services import contracts, orders
    from crm.access import SYSTEM

    contract = drafted_contract(owner, **values)
    contracts.submit(contract, by=SYSTEM)
    contracts.approve(contract, by=SYSTEM)
    contracts.sign(contract, signed_on=clock.today(), by=SYSTEM)
    order = contract.orders.get()
    orders.confirm(order, by=SYSTEM)
    return orders.start(order, by=SYSTEM)


def planned_delivery(order, quantity=None):
    """A planned delivery of the order's only line: so much of it, or all that is left."""
    from contracts.models import Delivery, DeliveryLine
    from contracts.services import save_delivery
    from crm.access import SYSTEM

    lines = [DeliveryLine(order_line=order.lines.get(), quantity=quantity)] if quantity else None
    return save_delivery(Delivery(order=order, planned_on=clock.today()), lines=lines, by=SYSTEM)


def whole_customer(owner, **values):
    """A customer with everything one can have: a chain from lead to cash, people, papers, work and outside names."""
    from django.core.files.base import ContentFile

    from contracts.models import Contract
    from crm import search, work
    from crm.models import BillingTitle, ExternalId
    from feedback.models import Ticket

    customer = CustomerFactory(owner=owner, **values)
    contact = ContactFactory(customer=customer, is_primary=True)
    title = BillingTitle.objects.create(customer=customer, title=customer.name, tax_number=f"91310000{customer.pk}")
    lead = LeadFactory(owner=owner, status=Lead.Status.CONVERTED, customer=customer, case__customer=customer)
    deal = OpportunityFactory(lead=lead, case=lead.case, customer=customer, owner=owner, contact=contact)
    QuoteFactory(opportunity=deal, contact=contact)
    order = running_order(owner, customer=customer, opportunity=deal, contact=contact, case=deal.case)
    planned_delivery(order, quantity=4)
    contract = Contract.objects.get(pk=order.contract_id)
    invoice = issued_invoice(owner, 1000, customer=customer, contract=contract, billing_title=title)
    payment_of(invoice, 400)
    Ticket.objects.create(customer=customer, order=order, contact=contact, case=order.case, subject="货到破损")
    for record in (customer, contact, lead, deal, contract):
        ExternalId.objects.create(
            system="erp",
            external_id=f"{record.record_type}-{record.pk}",
            record_type=record.record_type,
            record_id=record.pk,
        )
        work.log_follow_up(record, kind="call", summary="谈了价格", next_step="寄样品", by=owner)
        work.comment(record, text="看过了", by=owner)
        work.attach(record, file=ContentFile("名片".encode(), name="card.txt"), by=owner)
        search.index(record)
    return customer
