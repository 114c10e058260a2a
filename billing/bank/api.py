"""Bank accounts, statements and lines over the API."""

import json

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import parsers, serializers, status
from rest_framework.decorators import action
from rest_framework.response import Response

from billing.bank import booking, checking, matching, statements
from billing.bank.booking import Booking
from billing.bank.filters import BankAccountFilter, BankLineFilter, BankStatementFilter
from billing.bank.models import BankAccount, BankLine, BankStatement
from billing.bank.reading import headers
from billing.models import Invoice, Payment, Refund
from crm.access import authorize
from crm.api.records import RecordSerializer, RecordViewSet
from crm.api.router import router
from crm.models import Customer

MOST = 1000  # lines proposed for at once


class BankAccountSerializer(RecordSerializer):
    balance = serializers.DecimalField(
        16, 2, read_only=True, allow_null=True,
        help_text="The opening balance and all lines since; null until an opening balance is known.",
    )  # fmt: skip
    waiting = serializers.IntegerField(read_only=True, default=0, help_text="How many lines are to be matched.")

    class Meta:
        model = BankAccount
        fields = (
            "id", "name", "bank", "number", "currency", "opening_balance", "balance", "waiting", "book_from",
            "is_active", "columns", "created_at", "updated_at", "version", "moves",
        )  # fmt: skip
        read_only_fields = ("columns",)

    READ_ONLY = ("id", "created_at", "updated_at", "version")  # its number is the bank's, and may be changed


class BankAccountViewSet(RecordViewSet):
    model = BankAccount
    serializer_class = BankAccountSerializer
    filterset_class = BankAccountFilter

    def get_queryset(self):
        return super().get_queryset().with_balance()


class StatementProblemSerializer(serializers.Serializer):
    key = serializers.CharField()
    text = serializers.CharField()
    serious = serializers.BooleanField(help_text="A reason to stop until somebody takes it in all the same.")


class BankStatementSerializer(RecordSerializer):
    problems = serializers.SerializerMethodField()
    repeated = serializers.IntegerField(read_only=True, help_text="Lines that were here already.")

    class Meta:
        model = BankStatement
        fields = (
            "id", "account", "name", "format", "status", "headers", "columns", "sample", "first_day", "last_day",
            "opening", "closing", "total", "done", "added", "repeated", "problems", "refusal", "uploaded_by",
            "taken_by", "created_at", "version", "moves",
        )  # fmt: skip
        read_only_fields = fields

    @extend_schema_field(StatementProblemSerializer(many=True))
    def get_problems(self, statement):
        return checking.told(statement.problems)


class ColumnsField(serializers.CharField):
    """A JSON object of known fields and the headers they stand under."""

    def to_internal_value(self, data):
        try:
            columns = json.loads(super().to_internal_value(data))
        except ValueError:
            columns = None
        known = {*headers.KNOWN, *headers.OPTIONS}
        if not isinstance(columns, dict) or not all(k in known and isinstance(v, str) for k, v in columns.items()):
            raise serializers.ValidationError(_("Give a JSON object of field names and headers."))
        return columns


COLUMNS_HELP = 'Of CSV and Excel, JSON: {"booked_on": "交易日期", "income": "收入"}; without it they are recognised.'


class StatementUploadSerializer(serializers.Serializer):
    account = serializers.PrimaryKeyRelatedField(queryset=BankAccount.objects.none())
    file = serializers.FileField()
    columns = ColumnsField(required=False, help_text=COLUMNS_HELP)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if request := self.context.get("request"):
            self.fields["account"].queryset = BankAccount.objects.visible_to(request.user)


class StatementColumnsSerializer(serializers.Serializer):
    columns = ColumnsField(help_text=COLUMNS_HELP)


class BankStatementViewSet(RecordViewSet):
    """Send a file of the bank, then ask what became of it. The same file again is answered with the first one."""

    http_method_names = ("get", "post", "head", "options")
    model = BankStatement
    serializer_class = BankStatementSerializer
    filterset_class = BankStatementFilter
    select_related = ("account", "uploaded_by", "job")
    parser_classes = [parsers.MultiPartParser, parsers.JSONParser]

    @extend_schema(
        request={"multipart/form-data": StatementUploadSerializer},
        responses={201: BankStatementSerializer},
    )
    def create(self, request):
        """Take a file in. A table whose columns are recognised is read at once; else `start` it with its columns."""
        asked = StatementUploadSerializer(data=request.data, context={"request": request})
        asked.is_valid(raise_exception=True)
        values = dict(asked.validated_data)
        statement = statements.receive(values.pop("account"), by=request.user, **values)
        if statement.status == BankStatement.Status.RECEIVED and headers.is_enough(statement.columns):
            statements.start(statement, columns=statement.columns, by=request.user)
        body = self.get_serializer(self.get_queryset().get(pk=statement.pk)).data
        return Response(body, status=status.HTTP_201_CREATED)

    @extend_schema(request=StatementColumnsSerializer, responses={200: BankStatementSerializer})
    @action(detail=True, methods=["post"])
    def start(self, request, pk=None):
        """Say which column holds what, and read the file."""
        statement = self.get_object()
        asked = StatementColumnsSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        statements.start(statement, by=request.user, **asked.validated_data)
        return Response(self.get_serializer(self.get_object()).data)


class BankLineSerializer(RecordSerializer):
    currency = serializers.CharField(read_only=True)
    booked_as = serializers.SerializerMethodField(help_text="What a matched line was booked as.")

    class Meta:
        model = BankLine
        fields = (
            "id", "account", "statement", "position", "status", "booked_on", "value_on", "amount", "currency",
            "running", "payer", "payer_account", "memo", "reference", "ignored_as", "ignored_note", "match",
            "booked_as", "created_at", "version", "moves",
        )  # fmt: skip
        read_only_fields = fields

    @extend_schema_field(serializers.DictField(allow_null=True))
    def get_booked_as(self, line):
        return line.match.asked if line.match_id else None


class PartSerializer(serializers.Serializer):
    invoice = serializers.IntegerField()
    amount = serializers.DecimalField(16, 2)


class BookingSerializer(serializers.Serializer):
    """What lines are booked as. What is left of the money becomes the customer's credit."""

    lines = serializers.ListField(
        child=serializers.IntegerField(), required=False, help_text="Other lines booked together with this one."
    )
    invoices = PartSerializer(many=True, required=False)
    payments = serializers.ListField(
        child=serializers.IntegerField(), required=False, help_text="Registered before: the match confirms them."
    )
    refunds = serializers.ListField(child=serializers.IntegerField(), required=False)
    customer = serializers.IntegerField(required=False, allow_null=True)
    fee = serializers.DecimalField(16, 2, required=False, help_text="What the bank kept of what was paid.")


class ProposalSerializer(BookingSerializer):
    score = serializers.IntegerField(help_text="Percent.")
    reasons = serializers.ListField(child=serializers.CharField())
    rest = serializers.DecimalField(16, 2, help_text="Left over as the customer's credit.")
    ignored_as = serializers.CharField(allow_blank=True)


class ProposeSerializer(serializers.Serializer):
    lines = serializers.ListField(child=serializers.IntegerField(), max_length=MOST)


class LineProposalsSerializer(serializers.Serializer):
    line = serializers.IntegerField()
    proposals = ProposalSerializer(many=True)


def described(proposal):
    """A proposal as data; sent back to `match` it books just that."""
    booking_ = proposal.booking
    return {
        "score": proposal.score,
        "reasons": proposal.told,
        "ignored_as": str(proposal.ignored_as),
        "lines": [line.pk for line in proposal.lines],
        "invoices": [{"invoice": invoice.pk, "amount": str(amount)} for invoice, amount in booking_.invoices],
        "payments": [payment.pk for payment in booking_.payments],
        "refunds": [refund.pk for refund in booking_.refunds],
        "customer": booking_.customer.pk if booking_.customer else None,
        "fee": str(booking_.fee),
        "rest": str(proposal.rest if proposal.amount > 0 else 0),
    }


class BankLineViewSet(RecordViewSet):
    """The movements of the accounts: what they could be, what they were booked as."""

    http_method_names = ("get", "post", "head", "options")
    model = BankLine
    serializer_class = BankLineSerializer
    filterset_class = BankLineFilter
    select_related = ("account", "statement", "match")

    @extend_schema(responses={200: ProposalSerializer(many=True)})
    @action(detail=True, pagination_class=None, filter_backends=[])
    def proposals(self, request, pk=None):
        """What this line could be, best first."""
        return Response([described(proposal) for proposal in matching.best(self.get_object())])

    @extend_schema(request=ProposeSerializer, responses={200: LineProposalsSerializer(many=True)})
    @action(detail=False, methods=["post"], pagination_class=None, filter_backends=[])
    def propose(self, request):
        """What many lines could be, at once."""
        authorize(request.user, "billing.match_bankline")
        asked = ProposeSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        lines = list(self.get_queryset().waiting().filter(pk__in=asked.validated_data["lines"]))
        found = matching.propose(lines)
        return Response(
            [{"line": key, "proposals": [described(one) for one in proposals]} for key, proposals in found.items()]
        )

    @extend_schema(request=BookingSerializer, responses={200: BankLineSerializer})
    @action(detail=True, methods=["post"])
    def match(self, request, pk=None):
        """Book this line, alone or with others. The same again is done once."""
        line = self.get_object()
        asked = BookingSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        values = asked.validated_data
        keys = {line.pk, *values.get("lines", ())}
        lines = self.found(self.get_queryset(), keys, "lines")
        booking.match(lines, self.booking_of(values), by=request.user)
        return Response(self.get_serializer(self.get_object()).data)

    def booking_of(self, values):
        user = self.request.user
        payments = Payment.objects.visible_to(user).select_related("customer")
        invoices = Invoice.objects.visible_to(user).with_balance().select_related("customer")
        amounts = {part["invoice"]: part["amount"] for part in values.get("invoices", ())}
        customer = values.get("customer")
        return Booking(
            invoices=[(invoice, amounts[invoice.pk]) for invoice in self.found(invoices, amounts, "invoices")],
            payments=self.found(payments, values.get("payments", ()), "payments"),
            refunds=self.found(Refund.objects.filter(payment__in=payments), values.get("refunds", ()), "refunds"),
            customer=self.found(Customer.objects.visible_to(user), [customer], "customer")[0] if customer else None,
            fee=values.get("fee", Booking().fee),
        )

    def found(self, rows, keys, name):
        """The rows of these keys as far as one may see them; one that is missing is told."""
        known = rows.in_bulk(list(keys))
        if missing := sorted(set(keys) - known.keys()):
            raise ValidationError({name: _("There is no %(key)s.") % {"key": missing[0]}})
        return [known[key] for key in keys]


router.add("bank-accounts", BankAccountViewSet)
router.add("bank-statements", BankStatementViewSet)
router.add("bank-lines", BankLineViewSet)
