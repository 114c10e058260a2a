"""A small company's year, made to be worked out by hand."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from billing.models import CreditNote, Invoice, Payment, Refund
from contracts.models import Amendment, Contract
from crm.models import Case
from feedback.models import SurveyInvitation
from leads.models import Lead, Spend
from opportunities.models import Opportunity
from tests.factories import CampaignFactory, CustomerFactory

SHANGHAI = ZoneInfo("Asia/Shanghai")


def noon(day):
    return datetime.combine(day, time(12), tzinfo=SHANGHAI)


def make_contract(owner, customer, day, net, *, case=None, status="signed", **more):
    net = Decimal(net)
    return Contract.objects.create(
        title="Contract", owner=owner, customer=customer, case=case or Case.objects.create(customer=customer),
        status=status, signed_on=day, net=net, tax=0, gross=net, **more,
    )  # fmt: skip


def make_lead(owner, day, *, case=None, status="converted", **more):
    return Lead.objects.create(
        owner=owner, company_name="云帆信息", phone="13800000000", case=case or Case.objects.create(),
        created_at=day if isinstance(day, datetime) else noon(day), status=status, **more,
    )  # fmt: skip


def make_deal(owner, customer, opened, closed, status="won", amount=100, **more):
    return Opportunity.objects.create(
        owner=owner, customer=customer, name="Deal", status=status, amount=amount, created_at=noon(opened),
        closed_at=noon(closed), case=Case.objects.create(customer=customer), **more,
    )  # fmt: skip


def make_invoice(contract, day, net, **more):
    made = Invoice.objects.count() + 1
    return Invoice.objects.create(
        **{
            "owner": contract.owner, "customer": contract.customer, "case": contract.case, "contract": contract,
            "status": "sent", "issued_on": day, "due_on": day + timedelta(30), "issue_year": day.year,
            "sequence": made, "net": net, "gross": net, **more,
        }
    )  # fmt: skip


def make_payment(contract, day, amount, **more):
    return Payment.objects.create(
        **{
            "owner": contract.owner, "customer": contract.customer, "case": contract.case, "status": "confirmed",
            "received_on": day, "amount": amount, **more,
        }
    )  # fmt: skip


def make_survey(customer, day, **more):
    return SurveyInvitation.objects.create(
        customer=customer, case=Case.objects.create(customer=customer), sent_at=noon(day), **{"status": "sent", **more}
    )


def make_answer(customer, day, score, **more):
    return make_survey(customer, day - timedelta(2), status="answered", score=score, answered_at=noon(day), **more)


def make_amendment(contract, day, delta):
    return Amendment.objects.create(
        owner=contract.owner, customer=contract.customer, case=contract.case, contract=contract, status="approved",
        reason="more", approved_on=day, delta_net=delta, delta=delta,
    )  # fmt: skip


def make_credit(invoice, day, net):
    made = CreditNote.objects.count() + 1
    return CreditNote.objects.create(
        owner=invoice.owner, customer=invoice.customer, case=invoice.case, invoice=invoice, status="applied",
        amount=net, net=net, issued_on=day, reason="wrong", issue_year=day.year, sequence=made,
    )  # fmt: skip


def make_refund(payment, day, amount):
    return Refund.objects.create(payment=payment, refunded_on=day, amount=amount)


def make_spend(day, amount, **more):
    return Spend.objects.create(campaign=CampaignFactory(), spent_on=day, amount=amount, **more)


def customer_of(owner, **more):
    return CustomerFactory(owner=owner, **more)


def utc(*parts):
    return datetime(*parts, tzinfo=UTC)


def on(month, day, year=2025):
    return date(year, month, day)
