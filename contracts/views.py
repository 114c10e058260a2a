"""The pages of contracts and their amendments."""

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import path, reverse
from django.utils.translation import gettext_lazy as _

from contracts import papers
from contracts.filters import AmendmentFilter, ContractFilter
from contracts.forms import AmendmentForm, ContractForm, PlanFormSet
from contracts.models import Amendment, AmendmentLine, Contract, ContractLine
from contracts.plan import standings
from contracts.services import amendments, contracts, plans
from contracts.services.orders import rest_of
from crm import access, money
from crm.web import Column
from crm.web.lines import DocumentPages, as_new, lines_of, priced, typed


class WithPapers:
    """Offers the record as PDF in Chinese and English."""

    def papers(self, record):
        name = self.url_name("paper")
        return [
            (label, reverse(name, args=[record.pk, language]))
            for language, label in (("zh", _("PDF in Chinese")), ("en", _("PDF in English")))
        ]

    def paper(self, pk, language):
        record = self.get(pk)
        if language not in papers.LANGUAGES:
            raise Http404
        response = HttpResponse(papers.pdf(record, papers.LANGUAGES[language]), content_type="application/pdf")
        response["Content-Disposition"] = f'inline; filename="{record.number}.pdf"'
        return response

    @classmethod
    def urls(cls, prefix):
        name = cls.model._meta.model_name
        paper = path(f"{prefix}/<int:pk>/paper.<str:language>.pdf", cls.view("paper"), name=f"{name}_paper")
        return [paper, *super().urls(prefix)]


class ContractPages(WithPapers, DocumentPages):
    model = Contract
    line_model = ContractLine
    filterset_class = ContractFilter
    form_class = ContractForm
    form_template = "contracts/contract_form.html"
    detail_template = "contracts/contract_detail.html"
    section = "contracts"
    quick_create = True
    store = staticmethod(contracts.save_contract)
    select_related = (
        "owner__team", "customer__owner__team", "contact", "opportunity__owner__team", "quote", "submitted_by",
    )  # fmt: skip
    empty_text = _("No contracts yet. Draft one from an accepted quote, or for a customer.")
    columns = (
        Column("number", sort="number"),
        Column("title", sort="title"),
        Column("status", sort="status"),
        Column("customer", sort="customer__name"),
        Column("gross", sort="gross"),
        Column("owner"),
        Column("signed_on", sort="signed_on"),
        Column("promised_on", sort="promised_on"),
    )
    facts = (
        "customer", "contact", "opportunity", "quote", "owner", "gross", "net", "starts_on", "ends_on", "promised_on",
        "signed_on", "submitted_by", "terms",
    )  # fmt: skip

    def heading(self, contract):
        return contract.title

    def editable(self, contract):
        return contract.status == Contract.Status.DRAFT

    def action(self, contract):
        """Amending is possible on every signed contract, but the likely next step on none."""
        act = super().action(contract)
        return None if act and act["url"] == self.amend_url(contract) else act

    def moves(self, contract):
        found = super().moves(contract)
        for move in found:
            move["primary"] = move["primary"] and move["key"] != "amend"
        return found

    def amend_url(self, contract):
        return reverse(self.url_name("act"), args=[contract.pk, "amend"])

    def extra(self, contract):
        plan_gap = plans.in_words(plans.missing(contract), contract.currency)
        return {**super().extra(contract), "plan": standings(contract), "plan_gap": plan_gap}

    def related(self, contract):
        from contracts.order_views import OrderPages

        orders = self.related_list(_("Orders"), OrderPages, contract.orders.order_by("pk"), columns=OrderPages.in_brief)
        may = contract.status == Contract.Status.SIGNED and access.allows(self.request.user, "contracts.add_order")
        if may and rest_of(contract):
            orders.create_url = f"{reverse(OrderPages.url_name('new'))}?contract={contract.pk}"
            orders.create_label = _("New order")
        changes = self.related_list(_("Amendments"), AmendmentPages, contract.amendments.order_by("pk"))
        return [orders, changes] if changes.rows else [orders]

    # The form: lines, and the payment plan beside them

    def form_parts(self, contract):
        data = self.request.POST if self.request.method == "POST" else None
        gap = plans.in_words(plans.missing(contract), contract.currency) if contract.pk else ""
        return {
            **super().form_parts(contract),
            "plan": PlanFormSet(data, instance=contract, prefix="plan"),
            "plan_gap": gap,
            "plan_fits": bool(contract.pk and contract.gross) and not gap,
            "is_new": contract.pk is None,
        }

    def typed_rows(self, form, parts):
        instalments = lines_of(parts["plan"]) or (None if form.instance.pk is None else [])
        return {**super().typed_rows(form, parts), "instalments": instalments}

    def preview(self):
        """Totals of what is typed so far, and what the payment plan lacks to it."""
        contract = self.model(currency=self.request.POST.get("currency") or "CNY")
        sheet = as_new(self.formset_class(), self.request.POST, "lines")
        money.total(contract, priced(sheet, contract.currency))
        parts = typed(as_new(PlanFormSet, self.request.POST, "plan"))
        gap = contract.gross - sum((part.amount for part in parts), money.ZERO)
        words = plans.in_words(gap, contract.currency) if parts else ""
        context = {"document": contract, "plan_gap": words, "plan_fits": bool(parts) and not gap}
        return render(self.request, "contracts/_totals_and_plan.html", context)


class AmendmentPages(DocumentPages):
    model = Amendment
    line_model = AmendmentLine
    filterset_class = AmendmentFilter
    form_class = AmendmentForm
    detail_template = "contracts/amendment_detail.html"
    section = "contracts"
    store = staticmethod(amendments.save_amendment)
    select_related = ("owner__team", "customer__owner__team", "contract", "submitted_by")
    empty_text = _("No amendments. A signed contract is amended from its own page.")
    create_url = None  # an amendment begins on its contract
    columns = (
        Column("number", sort="number"),
        Column("contract", sort="contract__number"),
        Column("status", sort="status"),
        Column("delta", sort="delta", align="end", render=lambda amendment: signed(amendment)),
        Column("reason"),
        Column("approved_on", sort="approved_on"),
    )
    facts = ("contract", "customer", "reason", "due_on", "owner", "submitted_by", "approved_on")

    def new(self):
        raise Http404

    def heading(self, amendment):
        return amendment.reason

    def editable(self, amendment):
        return amendment.status == Amendment.Status.DRAFT

    def form_parts(self, amendment):
        parts = super().form_parts(amendment)
        return {**parts, "preview_url": f"{parts['preview_url']}?currency={amendment.currency}"}

    def extra(self, amendment):
        return {**super().extra(amendment), "difference": signed(amendment)}


def signed(amendment):
    """The difference with its sign, in the contract's currency."""
    from crm.templatetags.formatting import money as in_words

    text = in_words(amendment.delta, amendment.currency)
    return f"+{text}" if amendment.delta > 0 else text
