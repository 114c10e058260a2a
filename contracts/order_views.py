"""The pages of orders: list, record, form, and the board by state."""

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import path, reverse
from django.utils.translation import gettext_lazy as _

from contracts import board
from contracts.filters import OrderFilter
from contracts.forms import OrderForm, order_lines
from contracts.models import Order, OrderLine
from contracts.services import orders
from contracts.views import WithPapers
from crm import frame, money, verbs
from crm.templatetags.formatting import percent
from crm.transitions import IllegalMove, legal_verbs
from crm.web import Column
from crm.web.lines import DocumentPages, lines_of, priced


def share(part, whole):
    return percent(part / whole) if whole else ""


class OrderPages(WithPapers, DocumentPages):
    model = Order
    line_model = OrderLine
    filterset_class = OrderFilter
    form_class = OrderForm
    form_template = "contracts/order_form.html"
    detail_template = "contracts/order_detail.html"
    list_template = "contracts/order_list.html"
    section = "contracts"
    store = staticmethod(orders.save_order)
    select_related = ("owner__team", "customer__owner__team", "contract__contact")
    empty_text = _("No orders yet. Signing a contract drafts its order.")
    in_brief = (
        Column("number", sort="number"),
        Column("status", sort="status"),
        Column("gross", sort="gross"),
        Column("promised_on", sort="promised_on"),
    )
    columns = (
        Column("number", sort="number"),
        Column("customer", sort="customer__name"),
        Column("status", sort="status"),
        Column("contract"),
        Column("gross", sort="gross"),
        Column("delivered", label=_("delivered"), align="end", render=lambda o: share(o.delivered, o.ordered)),
        Column("billed", label=_("invoiced"), align="end", render=lambda o: share(o.billed, o.gross)),
        Column("owner"),
        Column("promised_on", sort="promised_on"),
    )
    facts = ("customer", "contract", "owner", "gross", "promised_on", "ship_to", "created_at")

    def rows(self):
        return super().rows().with_progress()

    def heading(self, order):
        return order.contract.title

    def editable(self, order):
        return order.status == Order.Status.DRAFT

    def extra(self, order):
        lines = list(order.lines.with_delivered().select_related("product"))
        return {
            "lines": lines,
            "document": order,
            "billed": order.billed,
            "billed_share": share(order.billed, order.gross),
        }

    def related(self, order):
        from contracts.delivery_views import DeliveryPages

        rows = order.deliveries.order_by("pk")
        found = self.related_list(_("Deliveries"), DeliveryPages, rows, columns=DeliveryPages.in_brief)
        return [found]

    # The form: a new order takes what its contract has left, a draft's quantities can be lowered

    def form_parts(self, order):
        if order.pk is None:
            return {}
        data = self.request.POST if self.request.method == "POST" else None
        preview = f"{reverse(self.url_name('preview'))}?order={order.pk}"
        return {"sheet": order_lines(data, order), "document": order, "preview_url": preview}

    def typed_rows(self, form, parts):
        return {"lines": lines_of(parts["sheet"])} if "sheet" in parts else {}

    def preview(self):
        asked = self.request.GET.get("order", "")
        order = self.get(int(asked) if asked.isdigit() else 0)
        money.total(order, priced(order_lines(self.request.POST, order), order.currency))
        return render(self.request, "_document_totals.html", {"document": order})

    # The board

    def board(self):
        self.may("view")
        found = self.found()
        context = {
            "pages": self,
            "filter": found,
            "heading": _("Order board"),
            "columns": board.columns(found.qs, self.request.user),
        }
        return render(self.request, "contracts/order_board.html", context)

    def board_move(self, pk):
        """A card was dropped on a column: do the act that leads there, or ask for what it needs."""
        order, stage = self.get(pk), self.request.POST.get("stage", "")
        verb = board.verb_to(order, stage, self.request.user)
        if verb is None:
            refusal = IllegalMove(_("Nobody moves an order there by hand from where it is."), legal_verbs(order))
            return render(self.request, "_refusal.html", {"texts": refusal.messages, "status": 409}, status=409)
        if verb.form:
            return self.act_form(order, verb, verb.bind(order, self.request.user))
        verbs.perform(verb, order, self.request.user, None)
        return HttpResponse(status=204)

    @classmethod
    def urls(cls, prefix):
        found = super().urls(prefix)
        frame.add(cls.section, _("Order board"), cls.url_name("board"), "contracts.view_order")
        return [
            path(f"{prefix}/board/", cls.view("board"), name="order_board"),
            path(f"{prefix}/<int:pk>/board-move/", cls.view("board_move"), name="order_board_move"),
            *found,
        ]
