"""One small company: the same chain of records for a rep, a colleague and a stranger, and a viewer of every kind.

Every record carries a mark no other record has, and every invoice and campaign an amount no other has, so that what
comes back can be searched for what must not be there.
"""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from django.core.files.base import ContentFile

from billing import services as billing
from billing.bank.models import BankAccount, BankLine, BankStatement
from billing.models import (
    AccountCode,
    CreditLimit,
    CreditNote,
    CreditRelease,
    Dispute,
    DunningLevel,
    Invoice,
    InvoiceLine,
    JournalFormat,
    Payment,
    Period,
    Promise,
    Reminder,
    WriteOff,
)
from contracts.models import Contract, ContractLine
from contracts.services import amendments, contracts, orders, save_contract
from crm import bin, clock, search, work
from crm.access import SYSTEM, Role
from crm.models import (
    Attachment,
    BillingTitle,
    Job,
    PriceList,
    Tag,
    Task,
    Team,
    User,
    WebhookDelivery,
    WebhookEndpoint,
)
from kpis.models import Cost, IndustrySales, Target
from leads import services as leads
from tests import factories as make
from tests.feedback.factories import TicketFactory, survey_for

SELLERS = ("sales", "colleague", "stranger")


@dataclass
class World:
    people: dict = field(default_factory=dict)
    records: list = field(default_factory=list)
    marks: dict = field(default_factory=dict)  # (record type, key) -> text that tells it
    secrets: dict = field(default_factory=dict)  # (record type, key) -> its amounts, as digits
    files: dict = field(default_factory=dict)  # (record type, key) -> key of its attachment

    def add(self, record, mark="", *secrets):
        key = (record._meta.model_name, record.pk)
        self.records.append(record)
        if mark or getattr(record, "number", ""):
            self.marks[key] = mark or record.number
        self.secrets[key] = secrets
        return record

    def of(self, kind, whose=None):
        """The records of a type; whose names the seller they are made for."""
        found = [record for record in self.records if record._meta.model_name == kind]
        return found[SELLERS.index(whose)] if whose else found


def build():
    world = World()
    teams = company()
    staff(world, teams)
    shared(world)
    for at, name in enumerate(SELLERS):
        chain(world, world.people[name], name, at)
    world.add(make.LeadFactory(company_name="mark-pool", campaign=world.campaign), "mark-pool")
    search.index(*world.records)
    return world


def company():
    root = make.TeamFactory(name="HQ")
    return {name: make.TeamFactory(name=name.title(), parent=root) for name in ("north", "south")} | {"root": root}


def staff(world, teams):
    """One viewer per role in the north, the sellers, and those whose scope is unusual."""

    def hire(name, roles, team="north", **more):
        team = teams.get(team)
        email = f"{name.lower().replace(' ', '.')}@example.com"
        world.people[name] = make.UserFactory(name=name.title(), email=email, roles=roles, team=team, **more)

    for role in Role.values:
        hire(role, [role])
    hire("colleague", [Role.SALES])
    hire("stranger", [Role.SALES], "south")
    hire("boss", [Role.MANAGER], "root")
    hire("teamless support", [Role.SALES_SUPPORT], None)
    hire("sales and operations", [Role.SALES, Role.OPERATIONS])
    hire("finance and admin", [Role.FINANCE, Role.ADMIN])
    hire("without roles", [])


def shared(world):
    world.product = world.add(make.ProductFactory(name="mark-product"), "mark-product")
    world.add(PriceList.objects.create(name="mark-pricelist"), "mark-pricelist")
    world.campaign = make.CampaignFactory(
        name="mark-campaign", owner=world.people["marketing"], budget=Decimal("98761.43"), starts_on="2026-01-01",
        ends_on="2026-12-31", status="active",
    )  # fmt: skip
    world.add(world.campaign, "mark-campaign", "98761.43", "8642.97")
    leads.book_spend(world.campaign, amount=Decimal("8642.97"), spent_on=clock.today(), by=SYSTEM)
    world.add(
        Cost.objects.create(month=clock.today().replace(day=1), kind="sales", amount=1, note="mark-cost"), "mark-cost"
    )
    world.add(
        IndustrySales.objects.create(month=clock.today().replace(day=1), amount=1, source="mark-market"), "mark-market"
    )
    world.add(Period.objects.of(clock.today()))
    world.add(BankAccount.objects.create(name="mark-account", number="6222"), "mark-account")
    bank(world, world.records[-1])
    books_and_programs(world)
    world.add(Team.objects.get(name="South"))
    world.add(User.objects.get(name="Stranger"))


def bank(world, account):
    """A statement of the bank with one line that nobody has said anything about."""
    today, kept = clock.today(), ContentFile(b"Hello", name="statement.csv")
    statement = BankStatement.objects.create(
        account=account, file=kept, name="mark-statement", digest="1", format="csv", status="imported",
        uploaded_by=world.people["finance"],
    )  # fmt: skip
    world.add(statement, "mark-statement")
    line = {"payer": "mark-line", "amount": Decimal("5671.23"), "booked_on": today, "key": "1", "position": 1}
    world.add(BankLine.objects.create(account=account, statement=statement, **line), "mark-line", "5671.23")


def books_and_programs(world):
    """What the books are called elsewhere, a word on records, and another program that is told."""
    world.add(AccountCode.objects.create(account="receivable", code="1122", name="mark-code"), "mark-code")
    columns = {"key": "mark", "name": "mark-format", "columns": "Date = date"}
    world.add(JournalFormat.objects.create(**columns), "mark-format")
    world.add(Tag.objects.create(name="mark-tag"), "mark-tag")
    world.level = DunningLevel.objects.create(name="mark-level", days=97)
    world.add(world.level, "mark-level")
    told = {"url": "https://mark-webhook.example.com/", "description": "mark-webhook", "secret": "x", "active": False}
    endpoint = WebhookEndpoint.objects.create(owner=world.people["admin"], acts_as=world.people["sales"], **told)
    world.add(endpoint, "mark-webhook")
    message = {"kind": "lead.created", "message_id": "mark-message", "lane": "1"}
    world.add(WebhookDelivery.objects.create(endpoint=endpoint, **message), "mark-message")


def chain(world, seller, name, at):
    """From lead to survey, all the seller's."""
    told = {
        kind: f"mark-{name}-{kind}"
        for kind in ("customer", "contact", "title", "lead", "deal", "contract", "task", "bin")
    }
    customer = world.add(make.CustomerFactory(name=told["customer"], owner=seller), told["customer"])
    contact = make.ContactFactory(customer=customer, name=told["contact"], is_primary=True)
    world.add(contact, told["contact"])
    title = BillingTitle.objects.create(customer=customer, title=told["title"], tax_number=f"91310{at}")
    world.add(title, told["title"])
    lead = make.LeadFactory(
        company_name=told["lead"], owner=seller, status="contacted", campaign=world.campaign,
        case=make.CaseFactory(customer=customer),
    )  # fmt: skip
    world.add(lead, told["lead"])
    deal = make.OpportunityFactory(
        name=told["deal"], owner=seller, customer=customer, lead=lead, case=lead.case, contact=contact
    )
    world.add(deal, told["deal"])
    world.add(make.QuoteFactory(opportunity=deal))
    agreement(world, deal, told, at)
    on_the_side(world, seller, deal, told)


def agreement(world, deal, told, at):
    """The contract of a deal, and everything after it."""
    line = ContractLine(product=world.product, quantity=10, unit_price=1000, tax_rate=0, description="Sensors")
    contract = Contract(
        customer=deal.customer, owner=deal.owner, title=told["contract"], opportunity=deal, case=deal.case
    )
    save_contract(contract, lines=[line], by=SYSTEM)
    contracts.submit(contract, by=SYSTEM)
    contracts.approve(contract, by=SYSTEM)
    contracts.sign(contract, signed_on=clock.today(), by=SYSTEM)
    world.add(contract)
    world.marks["contract", contract.pk] = contract.number
    order = contract.orders.get()
    orders.confirm(order, by=SYSTEM)
    world.add(orders.start(order, by=SYSTEM))
    world.add(make.planned_delivery(order))
    world.add(amendments.amend(contract, reason=f"{told['contract']}-amendment", by=SYSTEM))
    money(world, contract, Decimal(f"345{at}.17"))
    ticket = TicketFactory(contact=contract.customer.contacts.get(), order=order, case=order.case, kind="delivery")
    world.add(ticket)
    world.add(survey_for(order)[0])


def money(world, contract, amount):
    invoice = Invoice(contract=contract)
    lines = [InvoiceLine(description="Sensors", quantity=1, unit_price=amount, tax_rate=0)]
    billing.save_invoice(invoice, lines=lines, by=SYSTEM)
    billing.approve_invoice(invoice, by=SYSTEM)
    billing.issue_invoice(invoice, by=SYSTEM)
    world.add(invoice, invoice.number, f"{amount}")
    paid = Payment(invoice=invoice, customer=invoice.customer, amount=100, received_on=clock.today())
    world.add(billing.register_payment(paid, by=SYSTEM))
    note = CreditNote.objects.create(
        invoice=invoice, customer=invoice.customer, owner=invoice.owner, case=invoice.case, amount=5, reason="Less"
    )
    world.add(note)
    given_up = {"amount": 7, "reason": "Gone", "invoice": invoice, "customer": invoice.customer}
    world.add(WriteOff.objects.create(owner=invoice.owner, case=invoice.case, **given_up))
    collecting(world, invoice)


def collecting(world, invoice):
    """What is said about an invoice until it is paid, and how much the customer may owe."""
    kept = {"customer": invoice.customer, "owner": invoice.owner, "case": invoice.case}
    world.add(Promise.objects.create(invoice=invoice, amount=9, promised_on=clock.today(), **kept))
    late = {"kind": Dispute.Kind.values[0], "reason": "Late"}
    world.add(Dispute.objects.create(invoice=invoice, handler=invoice.owner, **late, **kept))
    world.add(Reminder.objects.create(level=world.level, **kept))
    world.add(CreditLimit.objects.create(customer=invoice.customer, limit=9))
    order = invoice.contract.orders.get()
    world.add(CreditRelease.objects.create(order=order, reason="Known well", **kept))


def on_the_side(world, seller, deal, told):
    world.add(Task.objects.create(title=told["task"], owner=seller), told["task"])
    world.add(Job.objects.create(task="kpis.recompute_all", requested_by=seller, status="succeeded"))
    world.add(Target.objects.create(kpi="revenue", span="year", starts_on=date(2026, 1, 1), person=seller, base=1))
    gone = make.LeadFactory(company_name=told["bin"], owner=seller, status="assigned")
    world.add(bin.delete(gone, by=seller), told["bin"])
    work.log_follow_up(deal, kind="call", summary=f"{told['deal']}-call", by=seller)
    for record in world.records:
        if getattr(record, "customer", None) == deal.customer:
            kept = ContentFile(b"Hello", name="note.txt")
            kept = Attachment.objects.create(file=kept, name="note.txt", size=5, **work.belongs_to(record))
            world.files[record._meta.model_name, record.pk] = kept.pk
