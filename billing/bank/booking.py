"""What is said about bank lines: matched, undone, ignored, taken up again. Money moves by the payments' own verbs."""

from collections import defaultdict
from dataclasses import dataclass, field
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from billing import services
from billing.bank import aliases
from billing.bank.models import BankLine, BankMatch, MatchedPayment
from billing.models import Invoice, Payment, Refund
from billing.services.periods import refuse_closed
from crm import money
from crm.access import authorize
from crm.transitions import IllegalMove, advance, legal_verbs, locked, require

Act = MatchedPayment.Act
UNMATCHED = (Payment.Status.REGISTERED, Payment.Status.CONFIRMED)


@dataclass
class Booking:
    """What some lines are to be booked as. What is left of the money becomes the customer's credit."""

    invoices: list = field(default_factory=list)  # [(invoice, amount)]
    payments: list = field(default_factory=list)  # registered or confirmed before
    refunds: list = field(default_factory=list)  # for money that went out
    customer: object = None  # whose credit the rest is; the invoices' customer where there is one
    fee: Decimal = money.ZERO  # what the bank kept of what was paid

    def asked(self):
        """The same as plain data, to know it again."""
        return {
            "invoices": sorted([invoice.pk, str(amount)] for invoice, amount in self.invoices),
            "payments": sorted(payment.pk for payment in self.payments),
            "refunds": sorted(refund.pk for refund in self.refunds),
            "customer": self.customer.pk if self.customer else None,
            "fee": str(self.fee),
        }

    @property
    def rest_customer(self):
        """Whose the rest is; None where nobody can tell."""
        named = {
            record.customer_id: record.customer for record in (*self.payments, *(i for i, _amount in self.invoices))
        }
        return self.customer or (next(iter(named.values())) if len(named) == 1 else None)

    def rest(self, lines):
        """What is left of the lines' money and the fee; below zero where more is booked than came in."""
        spent = sum((arrived(payment) for payment in self.payments), money.ZERO)
        spent += sum((amount for _invoice, amount in self.invoices), money.ZERO)
        return sum((line.amount for line in lines), money.ZERO) + self.fee - spent


def arrived(payment):
    """What of a payment came to the account: all but what the bank kept."""
    return payment.amount - payment.bank_fee


@transaction.atomic
def match(lines, booking, *, score=None, reasons=(), by):
    """Book lines: confirm what was claimed, register and allocate what was not. The same again, by a double click or a
    colleague, is done once."""
    lines = _held(lines, "billing.match_bankline", by)
    asked = booking.asked()
    if known := _done_already(lines, asked):
        return known
    for line in lines:
        require(line, "match")
    _refuse_mixed(lines)
    made = BankMatch.objects.create(
        made_by=by if by.pk else None, fee=booking.fee, score=score, reasons=list(reasons), asked=asked
    )
    customers = _give_back(made, lines, booking) if lines[0].amount < 0 else _receive(made, lines, booking, by)
    words = _words(booking)
    for line in lines:
        line.match = made
        line.save(update_fields=["match"])
        advance(line, "match", by=by, data={"text": words, "match": made.pk, **asked})
    for customer in customers:
        aliases.learn(lines, customer)
    return made


def _held(lines, permission, by):
    """The lines with their rows held, in one order for everybody."""
    if not lines:
        raise ValidationError(_("Choose a line."))
    keys = [line.pk for line in lines]
    rows = BankLine.objects.select_for_update(of=("self",)).select_related("account")
    lines = list(rows.filter(pk__in=keys).order_by("pk"))
    for line in lines:
        authorize(by, permission, line)
    return lines


def _done_already(lines, asked):
    made = {line.match_id for line in lines}
    if len(made) != 1 or made == {None}:
        return None
    known = lines[0].match
    return known if known.asked == asked and known.lines.count() == len(lines) else None


def _refuse_mixed(lines):
    if len({line.account.currency for line in lines}) > 1:
        raise ValidationError(_("These lines are in different currencies."))
    if len({line.amount > 0 for line in lines}) > 1:
        raise ValidationError(_("Money in and money out are matched apart."))


def _words(booking):
    parts = [f"{invoice} · {amount}" for invoice, amount in booking.invoices]
    parts += [str(record) for record in (*booking.payments, *booking.refunds)]
    if booking.fee:
        parts.append(f"{BankLine.IgnoredAs.FEE.label} · {booking.fee}")
    return "\n".join(parts) or str(booking.customer or "")


# Money in


def _receive(made, lines, booking, by):
    """Confirm the claims, then register what is left per line and customer; returns the customers who paid."""
    for payment in booking.payments:
        locked(payment)
    rest = booking.rest(lines)
    _refuse_sums(lines, booking, rest)
    pool = _Pool(lines, booking.fee)
    customers = set()
    for payment in booking.payments:
        pool.take(arrived(payment))
        customers.add(payment.customer)
    parts = [(invoice.customer, invoice, amount) for invoice, amount in booking.invoices]
    if rest > 0:
        parts.append((booking.rest_customer, None, rest))
    for number, payment in enumerate(booking.payments, start=1):
        last = not parts and number == len(booking.payments)
        _claim(made, payment, lines[0].account.currency, booking.fee if last else money.ZERO, by)
    shares = [(line, *share) for line, found in pool.spread(parts).items() for share in enumerate(found.items())]
    for at, (line, number, (customer, owed)) in enumerate(shares, start=1):
        _register(made, line, customer, owed, number, booking.fee if at == len(shares) else money.ZERO, by)
        customers.add(customer)
    return customers


def _refuse_sums(lines, booking, rest):
    if any(amount <= 0 for _invoice, amount in booking.invoices) or booking.fee < 0:
        raise ValidationError({"amount": _("Give an amount above zero.")})
    if rest < 0:
        raise ValidationError({"amount": _("%(over)s more would be booked than came in.") % {"over": -rest}})
    if rest > 0 and booking.rest_customer is None:
        raise ValidationError({"customer": _("Say whose credit the remaining %(rest)s are.") % {"rest": rest}})
    if booking.refunds:
        raise ValidationError(_("A refund is matched with money that went out."))


class _Pool:
    """The lines' money, spent line by line; the fee counts as received with the last one."""

    def __init__(self, lines, fee):
        self.left = [[line, line.amount] for line in lines]
        self.left[-1][1] += fee

    def take(self, amount):
        """[(line, part)] that make up the amount."""
        taken = []
        while amount > 0:
            entry = next(entry for entry in self.left if entry[1] > 0)
            part = min(amount, entry[1])
            entry[1] -= part
            amount -= part
            taken.append((entry[0], part))
        return taken

    def spread(self, parts):
        """{line: {customer: [(invoice or None, amount)]}}"""
        found = defaultdict(lambda: defaultdict(list))
        for customer, invoice, amount in parts:
            for line, part in self.take(amount):
                found[line][customer].append((invoice, part))
        return found


def _claim(made, payment, currency, fee, by):
    """What sales or finance registered before: confirm it, or only note that the bank has it too."""
    if payment.status not in UNMATCHED:
        raise IllegalMove(
            _("%(record)s is %(state)s; this step is not possible now."), legal_verbs(payment),
            {"record": payment, "state": payment.get_status_display()},
        )  # fmt: skip
    if payment.currency != currency:
        raise ValidationError(_("%(payment)s is in another currency.") % {"payment": payment})
    if fee:
        _keep(payment, fee)
    _link(made, payment, Act.CONFIRMED if payment.status == Payment.Status.REGISTERED else Act.LINKED, fee)
    services.confirm(payment, by=by)


def _keep(payment, fee):
    """The bank kept so much of a claim; below zero gives it back."""
    if payment.status != Payment.Status.REGISTERED:
        raise ValidationError({"fee": _("%(payment)s is confirmed already without this fee.") % {"payment": payment}})
    payment.bank_fee += fee
    payment.full_clean()
    payment.save(update_fields=["bank_fee", "updated_at"])


def _link(made, payment, act, fee=money.ZERO):
    if MatchedPayment.objects.filter(payment=payment).exists():
        raise ValidationError(_("%(payment)s is matched with another line.") % {"payment": payment})
    MatchedPayment.objects.create(match=made, payment=payment, act=act, fee=fee)


def _register(made, line, customer, owed, number, fee, by):
    """A payment of this customer for a part of the line, paying these invoices."""
    payment = Payment(
        customer=customer, amount=sum(amount for _invoice, amount in owed), currency=line.account.currency,
        received_on=line.booked_on, reference=_reference(line, number), payer=line.payer, note=line.memo[:300],
        bank_fee=fee,
    )  # fmt: skip
    known = services.register_payment(payment, by=by)
    act = Act.REGISTERED
    if known is not payment:
        act = Act.CONFIRMED if known.status == Payment.Status.REGISTERED else Act.LINKED
    _link(made, known, act)
    services.confirm(known, by=by)
    for invoice, amount in owed:
        if invoice is not None:
            services.allocate(known, invoice=Invoice.objects.get(pk=invoice.pk), amount=amount, by=by)


def _reference(line, number):
    """The bank's reference, as far as it tells this payment from others."""
    told = line.reference[:80]
    unique = told and not BankLine.objects.filter(reference=line.reference).exclude(pk=line.pk).exists()
    base = told if unique else f"{told or 'BANK'}/{line.pk}"
    return f"{base}-{number + 1}" if number else base


# Money out


def _give_back(made, lines, booking):
    """Money that went out: the refunds it was."""
    if booking.invoices or booking.payments or booking.customer or booking.fee:
        raise ValidationError(_("Money that went out is matched with a refund."))
    refunds = list(Refund.objects.select_for_update(of=("self",)).filter(pk__in=[r.pk for r in booking.refunds]))
    for refund in refunds:
        if MatchedPayment.objects.filter(refund=refund).exists():
            raise ValidationError(_("%(payment)s is matched with another line.") % {"payment": refund})
        MatchedPayment.objects.create(match=made, refund=refund, act=Act.LINKED)
    if sum(refund.amount for refund in refunds) != -sum(line.amount for line in lines):
        raise ValidationError({"amount": _("The refunds and the lines are not the same amount.")})
    if {refund.payment.currency for refund in refunds} != {lines[0].account.currency}:
        raise ValidationError(_("The refund is in another currency."))
    return {refund.payment.customer for refund in refunds}


# Taking back, setting aside


@transaction.atomic
def undo(line, *, by):
    """Undo a line's match with all its lines: everything stands again as it did before, while the period is open."""
    fellows = BankLine.objects.filter(match__lines=line.pk)
    lines = _held(list(fellows) or [line], "billing.undo_bankline", by)
    for held in lines:
        require(held, "undo")
        refuse_closed(held.booked_on)
    made = lines[0].match
    parts = list(made.payments.select_related("payment__customer", "refund__payment__customer").order_by("-pk"))
    customers = {(part.payment or part.refund.payment).customer for part in parts}
    for part in parts:
        _take_back(part, by)
    for held in lines:
        advance(held, "undo", by=by, data={"match": made.pk})
        held.match = None
        held.save(update_fields=["match"])
    made.delete()
    for customer in customers:
        aliases.forget(lines, customer)
    line.refresh_from_db()
    return line


def _take_back(part, by):
    payment, act = part.payment, part.act
    part.delete()
    if payment is None or payment.status in (Payment.Status.BOUNCED, Payment.Status.REVERSED):
        return
    if act == Act.REGISTERED:
        services.reverse_payment(
            payment, reason=_("The bank match was undone."), happened_on=payment.received_on, by=by
        )
    elif act == Act.CONFIRMED and payment.status != Payment.Status.REGISTERED:
        services.unconfirm(payment, by=by)
        if part.fee:
            _keep(payment, -part.fee)


@transaction.atomic
def ignore(line, *, ignored_as, reason="", by):
    """Set a line aside that no customer's money is in: fees, interest, wages, own transfers."""
    authorize(by, "billing.ignore_bankline", line)
    locked(line)
    require(line, "ignore")
    if ignored_as == BankLine.IgnoredAs.OTHER and not reason.strip():
        raise ValidationError({"reason": _("Say why.")})
    line.ignored_as, line.ignored_note = ignored_as, reason.strip()[:500]
    line.save(update_fields=["ignored_as", "ignored_note"])
    advance(line, "ignore", by=by, reason=reason, data={"text": str(BankLine.IgnoredAs(ignored_as).label)})
    return line


@transaction.atomic
def restore(line, *, by):
    """Take up again what was set aside."""
    authorize(by, "billing.restore_bankline", line)
    locked(line)
    advance(line, "restore", by=by)
    line.ignored_as = line.ignored_note = ""
    line.save(update_fields=["ignored_as", "ignored_note"])
    return line
