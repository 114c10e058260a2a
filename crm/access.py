"""Who may do what: one table. Pages, API, search, exports, jobs and dashboards all ask here.

A permission is `app.verb_model`. What a role is not granted here, it may not do.
"""

from enum import IntEnum
from functools import cache

from django.core.exceptions import PermissionDenied
from django.db.models import Q, TextChoices
from django.utils.translation import gettext_lazy as _


class Role(TextChoices):
    MARKETING = "marketing", _("Marketing")
    SALES = "sales", _("Sales")
    SALES_SUPPORT = "sales_support", _("Sales support")
    OPERATIONS = "operations", _("Operations")
    FINANCE = "finance", _("Finance")
    SERVICE = "service", _("Service")
    MANAGER = "manager", _("Manager")
    ADMIN = "admin", _("Administrator")


class Scope(IntEnum):
    """How far a grant reaches: nothing, one's own records, those of one's team and the teams below, everything."""

    NO = 0
    OWN = 1
    TEAM = 2
    ALL = 3


class Actor:
    """Somebody who acts without a login: a job of ours, or a customer who holds a secret link."""

    pk = None
    is_authenticated = True

    def __init__(self, name):
        self.name = name

    def __repr__(self):
        return f"<{self.name}>"


SYSTEM = Actor("system")
CUSTOMER = Actor("customer")

NO, OWN, TEAM, ALL = Scope

GRANTS = {
    #                                    MARKET SALES  SUPPRT OPERAT FINANC SERVIC MANAGR ADMIN
    # Customers, catalogue, work on records
    "crm.view_customer":                (NO,    OWN,   TEAM,  ALL,   ALL,   ALL,   TEAM,  NO),
    "crm.add_customer":                 (NO,    OWN,   TEAM,  NO,    NO,    NO,    TEAM,  NO),
    "crm.change_customer":              (NO,    OWN,   TEAM,  NO,    NO,    NO,    TEAM,  NO),
    "crm.delete_customer":              (NO,    OWN,   NO,    NO,    NO,    NO,    TEAM,  NO),
    "crm.merge_customer":               (NO,    OWN,   TEAM,  NO,    NO,    NO,    TEAM,  NO),
    "crm.assign_customer":              (NO,    NO,    NO,    NO,    NO,    NO,    TEAM,  NO),
    "crm.import_customer":              (NO,    OWN,   TEAM,  NO,    NO,    NO,    TEAM,  NO),
    "crm.view_contact":                 (NO,    OWN,   TEAM,  ALL,   ALL,   ALL,   TEAM,  NO),
    "crm.add_contact":                  (NO,    OWN,   TEAM,  NO,    NO,    ALL,   TEAM,  NO),
    "crm.change_contact":               (NO,    OWN,   TEAM,  NO,    NO,    ALL,   TEAM,  NO),
    "crm.delete_contact":               (NO,    OWN,   TEAM,  NO,    NO,    NO,    TEAM,  NO),
    "crm.merge_contact":                (NO,    OWN,   TEAM,  NO,    NO,    ALL,   TEAM,  NO),
    "crm.view_duplicates":              (ALL,   OWN,   TEAM,  NO,    NO,    ALL,   TEAM,  NO),
    "crm.view_billingtitle":            (NO,    OWN,   TEAM,  NO,    ALL,   NO,    TEAM,  NO),
    "crm.add_billingtitle":             (NO,    OWN,   TEAM,  NO,    ALL,   NO,    TEAM,  NO),
    "crm.change_billingtitle":          (NO,    OWN,   TEAM,  NO,    ALL,   NO,    TEAM,  NO),
    "crm.view_product":                 (ALL,   ALL,   ALL,   ALL,   ALL,   ALL,   ALL,   ALL),
    "crm.add_product":                  (NO,    NO,    NO,    NO,    NO,    NO,    ALL,   ALL),
    "crm.change_product":               (NO,    NO,    NO,    NO,    NO,    NO,    ALL,   ALL),
    "crm.delete_product":               (NO,    NO,    NO,    NO,    NO,    NO,    ALL,   ALL),
    "crm.import_product":               (NO,    NO,    NO,    NO,    NO,    NO,    ALL,   ALL),
    "crm.view_pricelist":               (NO,    ALL,   ALL,   NO,    ALL,   NO,    ALL,   ALL),
    "crm.add_pricelist":                (NO,    NO,    NO,    NO,    NO,    NO,    ALL,   ALL),
    "crm.change_pricelist":             (NO,    NO,    NO,    NO,    NO,    NO,    ALL,   ALL),
    "crm.delete_pricelist":             (NO,    NO,    NO,    NO,    NO,    NO,    ALL,   ALL),
    "crm.view_followup":                (ALL,   ALL,   ALL,   ALL,   ALL,   ALL,   ALL,   NO),
    "crm.add_followup":                 (ALL,   ALL,   ALL,   ALL,   ALL,   ALL,   ALL,   NO),
    "crm.delete_followup":              (OWN,   OWN,   OWN,   OWN,   OWN,   OWN,   TEAM,  NO),
    "crm.delete_comment":               (OWN,   OWN,   OWN,   OWN,   OWN,   OWN,   TEAM,  OWN),
    "crm.delete_attachment":            (OWN,   OWN,   OWN,   OWN,   OWN,   OWN,   TEAM,  OWN),
    "crm.view_task":                    (OWN,   OWN,   OWN,   OWN,   OWN,   OWN,   TEAM,  OWN),
    "crm.add_task":                     (ALL,   ALL,   ALL,   ALL,   ALL,   ALL,   ALL,   ALL),
    "crm.change_task":                  (OWN,   OWN,   OWN,   OWN,   OWN,   OWN,   TEAM,  OWN),
    "crm.complete_task":                (OWN,   OWN,   OWN,   OWN,   OWN,   OWN,   TEAM,  OWN),
    "crm.delete_task":                  (OWN,   OWN,   OWN,   OWN,   OWN,   OWN,   TEAM,  OWN),
    "crm.view_binentry":                (OWN,   OWN,   OWN,   OWN,   OWN,   OWN,   TEAM,  ALL),
    "crm.restore_binentry":             (OWN,   OWN,   OWN,   OWN,   OWN,   OWN,   TEAM,  ALL),
    "crm.view_tag":                     (ALL,   ALL,   ALL,   ALL,   ALL,   ALL,   ALL,   ALL),
    "crm.add_tag":                      (ALL,   ALL,   ALL,   ALL,   ALL,   ALL,   ALL,   ALL),
    "crm.change_tag":                   (NO,    NO,    NO,    NO,    NO,    NO,    ALL,   ALL),
    # Running the system
    "crm.view_user":                    (NO,    NO,    NO,    NO,    NO,    NO,    NO,    ALL),
    "crm.add_user":                     (NO,    NO,    NO,    NO,    NO,    NO,    NO,    ALL),
    "crm.change_user":                  (NO,    NO,    NO,    NO,    NO,    NO,    NO,    ALL),
    "crm.view_team":                    (NO,    NO,    NO,    NO,    NO,    NO,    NO,    ALL),
    "crm.add_team":                     (NO,    NO,    NO,    NO,    NO,    NO,    NO,    ALL),
    "crm.change_team":                  (NO,    NO,    NO,    NO,    NO,    NO,    NO,    ALL),
    "crm.change_company":               (NO,    NO,    NO,    NO,    NO,    NO,    NO,    ALL),
    "crm.view_audit":                   (NO,    NO,    NO,    NO,    NO,    NO,    NO,    ALL),
    "crm.view_job":                     (OWN,   OWN,   OWN,   OWN,   OWN,   OWN,   OWN,   ALL),
    "crm.view_webhookendpoint":         (NO,    NO,    NO,    NO,    NO,    NO,    NO,    ALL),
    "crm.add_webhookendpoint":          (NO,    NO,    NO,    NO,    NO,    NO,    NO,    ALL),
    "crm.change_webhookendpoint":       (NO,    NO,    NO,    NO,    NO,    NO,    NO,    ALL),
    "crm.view_webhookdelivery":         (NO,    NO,    NO,    NO,    NO,    NO,    NO,    ALL),
    "crm.run_job":                      (NO,    NO,    NO,    NO,    NO,    NO,    NO,    ALL),
    "crm.cancel_job":                   (OWN,   OWN,   OWN,   OWN,   OWN,   OWN,   OWN,   ALL),
    # Marketing and leads
    "leads.view_campaign":              (ALL,   ALL,   ALL,   NO,    ALL,   NO,    ALL,   NO),
    "leads.view_campaign_money":        (ALL,   NO,    NO,    NO,    ALL,   NO,    ALL,   NO),
    "leads.add_campaign":               (ALL,   NO,    NO,    NO,    NO,    NO,    NO,    NO),
    "leads.change_campaign":            (ALL,   NO,    NO,    NO,    NO,    NO,    NO,    NO),
    "leads.delete_campaign":            (ALL,   NO,    NO,    NO,    NO,    NO,    NO,    NO),
    "leads.activate_campaign":          (ALL,   NO,    NO,    NO,    NO,    NO,    NO,    NO),
    "leads.pause_campaign":             (ALL,   NO,    NO,    NO,    NO,    NO,    NO,    NO),
    "leads.complete_campaign":          (ALL,   NO,    NO,    NO,    NO,    NO,    NO,    NO),
    "leads.cancel_campaign":            (ALL,   NO,    NO,    NO,    NO,    NO,    NO,    NO),
    "leads.book_spend_campaign":        (ALL,   NO,    NO,    NO,    NO,    NO,    NO,    NO),
    "leads.view_lead":                  (ALL,   OWN,   TEAM,  NO,    ALL,   NO,    TEAM,  NO),
    "leads.view_pool":                  (ALL,   ALL,   ALL,   NO,    ALL,   NO,    ALL,   NO),
    "leads.add_lead":                   (ALL,   OWN,   NO,    NO,    NO,    NO,    TEAM,  NO),
    "leads.change_lead":                (ALL,   OWN,   NO,    NO,    NO,    NO,    TEAM,  NO),
    "leads.delete_lead":                (ALL,   OWN,   NO,    NO,    NO,    NO,    TEAM,  NO),
    "leads.merge_lead":                 (ALL,   OWN,   NO,    NO,    NO,    NO,    TEAM,  NO),
    "leads.import_lead":                (ALL,   NO,    NO,    NO,    NO,    NO,    ALL,   NO),
    "leads.claim_lead":                 (NO,    ALL,   NO,    NO,    NO,    NO,    NO,    NO),
    "leads.assign_lead":                (ALL,   NO,    NO,    NO,    NO,    NO,    TEAM,  NO),
    "leads.contact_lead":               (NO,    OWN,   NO,    NO,    NO,    NO,    TEAM,  NO),
    "leads.nurture_lead":               (ALL,   NO,    NO,    NO,    NO,    NO,    NO,    NO),
    "leads.qualify_lead":               (NO,    OWN,   NO,    NO,    NO,    NO,    TEAM,  NO),
    "leads.convert_lead":               (NO,    OWN,   NO,    NO,    NO,    NO,    TEAM,  NO),
    "leads.disqualify_lead":            (ALL,   OWN,   NO,    NO,    NO,    NO,    TEAM,  NO),
    "leads.return_to_pool_lead":        (NO,    OWN,   NO,    NO,    NO,    NO,    TEAM,  NO),
    "leads.reopen_lead":                (ALL,   OWN,   NO,    NO,    NO,    NO,    TEAM,  NO),
    # Opportunities and quotes
    "opportunities.view_opportunity":   (NO,    OWN,   TEAM,  NO,    ALL,   NO,    TEAM,  NO),
    "opportunities.add_opportunity":    (NO,    OWN,   NO,    NO,    NO,    NO,    TEAM,  NO),
    "opportunities.change_opportunity": (NO,    OWN,   NO,    NO,    NO,    NO,    TEAM,  NO),
    "opportunities.delete_opportunity": (NO,    OWN,   NO,    NO,    NO,    NO,    TEAM,  NO),
    "opportunities.import_opportunity": (NO,    NO,    NO,    NO,    NO,    NO,    TEAM,  NO),
    "opportunities.move_opportunity":   (NO,    OWN,   NO,    NO,    NO,    NO,    TEAM,  NO),
    "opportunities.hold_opportunity":   (NO,    OWN,   NO,    NO,    NO,    NO,    TEAM,  NO),
    "opportunities.resume_opportunity": (NO,    OWN,   NO,    NO,    NO,    NO,    TEAM,  NO),
    "opportunities.win_opportunity":    (NO,    OWN,   NO,    NO,    NO,    NO,    TEAM,  NO),
    "opportunities.lose_opportunity":   (NO,    OWN,   NO,    NO,    NO,    NO,    TEAM,  NO),
    "opportunities.reopen_opportunity": (NO,    NO,    NO,    NO,    NO,    NO,    TEAM,  NO),
    "opportunities.request_quote_opportunity": (NO, OWN, NO,  NO,    NO,    NO,    TEAM,  NO),
    "opportunities.view_quote":         (NO,    OWN,   TEAM,  NO,    ALL,   NO,    TEAM,  NO),
    "opportunities.add_quote":          (NO,    OWN,   TEAM,  NO,    NO,    NO,    TEAM,  NO),
    "opportunities.change_quote":       (NO,    OWN,   TEAM,  NO,    NO,    NO,    TEAM,  NO),
    "opportunities.delete_quote":       (NO,    OWN,   TEAM,  NO,    NO,    NO,    TEAM,  NO),
    "opportunities.submit_quote":       (NO,    OWN,   TEAM,  NO,    NO,    NO,    TEAM,  NO),
    "opportunities.approve_quote":      (NO,    NO,    NO,    NO,    NO,    NO,    TEAM,  NO),
    "opportunities.return_quote":       (NO,    NO,    NO,    NO,    NO,    NO,    TEAM,  NO),
    "opportunities.send_quote":         (NO,    OWN,   NO,    NO,    NO,    NO,    TEAM,  NO),
    "opportunities.accept_quote":       (NO,    OWN,   NO,    NO,    NO,    NO,    TEAM,  NO),
    "opportunities.decline_quote":      (NO,    OWN,   NO,    NO,    NO,    NO,    TEAM,  NO),
    "opportunities.revise_quote":       (NO,    OWN,   TEAM,  NO,    NO,    NO,    TEAM,  NO),
    "opportunities.draft_contract_quote": (NO,  OWN,   TEAM,  NO,    NO,    NO,    TEAM,  NO),
    # Contracts, orders, deliveries
    "contracts.view_contract":          (NO,    OWN,   TEAM,  ALL,   ALL,   NO,    TEAM,  NO),
    "contracts.add_contract":           (NO,    OWN,   TEAM,  NO,    NO,    NO,    TEAM,  NO),
    "contracts.change_contract":        (NO,    OWN,   TEAM,  NO,    NO,    NO,    TEAM,  NO),
    "contracts.delete_contract":        (NO,    OWN,   TEAM,  NO,    NO,    NO,    TEAM,  NO),
    "contracts.import_contract":        (NO,    NO,    NO,    NO,    NO,    NO,    TEAM,  NO),
    "contracts.submit_contract":        (NO,    OWN,   NO,    NO,    NO,    NO,    TEAM,  NO),
    "contracts.approve_contract":       (NO,    NO,    NO,    NO,    ALL,   NO,    NO,    NO),
    "contracts.return_contract":        (NO,    NO,    NO,    NO,    ALL,   NO,    NO,    NO),
    "contracts.sign_contract":          (NO,    OWN,   NO,    NO,    NO,    NO,    TEAM,  NO),
    "contracts.fulfil_contract":        (NO,    NO,    NO,    ALL,   NO,    NO,    NO,    NO),
    "contracts.close_contract":         (NO,    NO,    NO,    NO,    ALL,   NO,    NO,    NO),
    "contracts.terminate_contract":     (NO,    NO,    NO,    NO,    NO,    NO,    TEAM,  NO),
    "contracts.void_contract":          (NO,    OWN,   NO,    NO,    NO,    NO,    TEAM,  NO),
    "contracts.amend_contract":         (NO,    OWN,   TEAM,  NO,    NO,    NO,    TEAM,  NO),
    "contracts.view_instalment":        (NO,    OWN,   TEAM,  ALL,   ALL,   NO,    TEAM,  NO),
    "contracts.view_amendment":         (NO,    OWN,   TEAM,  ALL,   ALL,   NO,    TEAM,  NO),
    "contracts.add_amendment":          (NO,    OWN,   TEAM,  NO,    NO,    NO,    TEAM,  NO),
    "contracts.change_amendment":       (NO,    OWN,   TEAM,  NO,    NO,    NO,    TEAM,  NO),
    "contracts.submit_amendment":       (NO,    OWN,   NO,    NO,    NO,    NO,    TEAM,  NO),
    "contracts.approve_amendment":      (NO,    NO,    NO,    NO,    ALL,   NO,    NO,    NO),
    "contracts.return_amendment":       (NO,    NO,    NO,    NO,    ALL,   NO,    NO,    NO),
    "contracts.withdraw_amendment":     (NO,    OWN,   NO,    NO,    NO,    NO,    TEAM,  NO),
    "contracts.view_order":             (NO,    OWN,   TEAM,  ALL,   ALL,   ALL,   TEAM,  NO),
    "contracts.add_order":              (NO,    OWN,   TEAM,  NO,    NO,    NO,    TEAM,  NO),
    "contracts.change_order":           (NO,    OWN,   TEAM,  NO,    NO,    NO,    TEAM,  NO),
    "contracts.delete_order":           (NO,    OWN,   TEAM,  NO,    NO,    NO,    TEAM,  NO),
    "contracts.confirm_order":          (NO,    OWN,   NO,    NO,    NO,    NO,    TEAM,  NO),
    "contracts.start_order":            (NO,    NO,    NO,    ALL,   NO,    NO,    NO,    NO),
    "contracts.plan_order":             (NO,    NO,    NO,    ALL,   NO,    NO,    NO,    NO),
    "contracts.hold_order":             (NO,    NO,    NO,    ALL,   NO,    NO,    NO,    NO),
    "contracts.resume_order":           (NO,    NO,    NO,    ALL,   NO,    NO,    NO,    NO),
    "contracts.complete_order":         (NO,    NO,    NO,    ALL,   NO,    NO,    NO,    NO),
    "contracts.cancel_order":           (NO,    NO,    NO,    NO,    NO,    NO,    TEAM,  NO),
    "contracts.view_delivery":          (NO,    OWN,   TEAM,  ALL,   ALL,   ALL,   TEAM,  NO),
    "contracts.add_delivery":           (NO,    NO,    NO,    ALL,   NO,    NO,    NO,    NO),
    "contracts.change_delivery":        (NO,    NO,    NO,    ALL,   NO,    NO,    NO,    NO),
    "contracts.delete_delivery":        (NO,    NO,    NO,    ALL,   NO,    NO,    NO,    NO),
    "contracts.ship_delivery":          (NO,    NO,    NO,    ALL,   NO,    NO,    NO,    NO),
    "contracts.deliver_delivery":       (NO,    NO,    NO,    ALL,   NO,    NO,    NO,    NO),
    "contracts.accept_delivery":        (NO,    NO,    NO,    ALL,   NO,    NO,    NO,    NO),
    "contracts.return_delivery":        (NO,    NO,    NO,    ALL,   NO,    NO,    NO,    NO),
    "contracts.cancel_delivery":        (NO,    NO,    NO,    ALL,   NO,    NO,    NO,    NO),
    # Billing
    "billing.view_invoice":             (NO,    OWN,   TEAM,  ALL,   ALL,   ALL,   TEAM,  NO),
    "billing.view_invoice_terms":       (NO,    OWN,   TEAM,  NO,    ALL,   NO,    TEAM,  NO),
    "billing.add_invoice":              (NO,    OWN,   TEAM,  NO,    ALL,   NO,    TEAM,  NO),
    "billing.change_invoice":           (NO,    OWN,   TEAM,  NO,    ALL,   NO,    TEAM,  NO),
    "billing.import_invoice":           (NO,    NO,    NO,    NO,    ALL,   NO,    NO,    NO),
    "billing.approve_invoice":          (NO,    NO,    NO,    NO,    ALL,   NO,    NO,    NO),
    "billing.return_invoice":           (NO,    NO,    NO,    NO,    ALL,   NO,    NO,    NO),
    "billing.issue_invoice":            (NO,    NO,    NO,    NO,    ALL,   NO,    NO,    NO),
    "billing.send_invoice":             (NO,    NO,    NO,    NO,    ALL,   NO,    NO,    NO),
    "billing.resend_invoice":           (NO,    NO,    NO,    NO,    ALL,   NO,    NO,    NO),
    "billing.record_payment_invoice":   (NO,    OWN,   NO,    NO,    ALL,   NO,    NO,    NO),
    "billing.write_off_invoice":        (NO,    NO,    NO,    NO,    ALL,   NO,    NO,    NO),
    "billing.note_tax_number_invoice":  (NO,    NO,    NO,    NO,    ALL,   NO,    NO,    NO),
    "billing.void_invoice":             (NO,    NO,    NO,    NO,    ALL,   NO,    NO,    NO),
    "billing.reverse_invoice":          (NO,    NO,    NO,    NO,    ALL,   NO,    NO,    NO),
    "billing.view_payment":             (NO,    OWN,   TEAM,  NO,    ALL,   NO,    TEAM,  NO),
    "billing.add_payment":              (NO,    OWN,   NO,    NO,    ALL,   NO,    NO,    NO),
    "billing.import_payment":           (NO,    NO,    NO,    NO,    ALL,   NO,    NO,    NO),
    "billing.confirm_payment":          (NO,    NO,    NO,    NO,    ALL,   NO,    NO,    NO),
    "billing.allocate_payment":         (NO,    NO,    NO,    NO,    ALL,   NO,    NO,    NO),
    "billing.unconfirm_payment":        (NO,    NO,    NO,    NO,    ALL,   NO,    NO,    NO),
    "billing.deallocate_payment":       (NO,    NO,    NO,    NO,    ALL,   NO,    NO,    NO),
    "billing.bounce_payment":           (NO,    NO,    NO,    NO,    ALL,   NO,    NO,    NO),
    "billing.reverse_payment":          (NO,    NO,    NO,    NO,    ALL,   NO,    NO,    NO),
    "billing.request_refund_payment":   (NO,    NO,    NO,    NO,    ALL,   NO,    NO,    NO),
    "billing.refund_payment":           (NO,    NO,    NO,    NO,    NO,    NO,    TEAM,  NO),
    "billing.decline_refund_payment":   (NO,    NO,    NO,    NO,    NO,    NO,    TEAM,  NO),
    "billing.view_creditnote":          (NO,    OWN,   TEAM,  NO,    ALL,   NO,    TEAM,  NO),
    "billing.add_creditnote":           (NO,    NO,    NO,    NO,    ALL,   NO,    NO,    NO),
    "billing.change_creditnote":        (NO,    NO,    NO,    NO,    ALL,   NO,    NO,    NO),
    "billing.issue_creditnote":         (NO,    NO,    NO,    NO,    ALL,   NO,    NO,    NO),
    "billing.view_writeoff":            (NO,    OWN,   TEAM,  NO,    ALL,   NO,    TEAM,  NO),
    "billing.add_writeoff":             (NO,    NO,    NO,    NO,    ALL,   NO,    NO,    NO),
    "billing.approve_writeoff":         (NO,    NO,    NO,    NO,    NO,    NO,    TEAM,  NO),
    "billing.decline_writeoff":         (NO,    NO,    NO,    NO,    NO,    NO,    TEAM,  NO),
    "billing.reverse_writeoff":         (NO,    NO,    NO,    NO,    ALL,   NO,    NO,    NO),
    "billing.promise_invoice":          (NO,    OWN,   NO,    NO,    ALL,   NO,    TEAM,  NO),
    "billing.dispute_invoice":          (NO,    OWN,   TEAM,  ALL,   ALL,   ALL,   TEAM,  NO),
    "billing.view_promise":             (NO,    OWN,   TEAM,  NO,    ALL,   NO,    TEAM,  NO),
    "billing.add_promise":              (NO,    OWN,   NO,    NO,    ALL,   NO,    TEAM,  NO),
    "billing.withdraw_promise":         (NO,    OWN,   NO,    NO,    ALL,   NO,    TEAM,  NO),
    "billing.view_dispute":             (NO,    OWN,   TEAM,  ALL,   ALL,   ALL,   TEAM,  NO),
    "billing.add_dispute":              (NO,    OWN,   TEAM,  ALL,   ALL,   ALL,   TEAM,  NO),
    "billing.resolve_dispute":          (NO,    OWN,   NO,    OWN,   ALL,   OWN,   TEAM,  NO),
    "billing.hand_over_dispute":        (NO,    OWN,   NO,    OWN,   ALL,   OWN,   TEAM,  NO),
    "billing.view_reminder":            (NO,    OWN,   TEAM,  NO,    ALL,   NO,    TEAM,  NO),
    "billing.add_reminder":             (NO,    NO,    NO,    NO,    ALL,   NO,    NO,    NO),
    "billing.send_reminder":            (NO,    NO,    NO,    NO,    ALL,   NO,    NO,    NO),
    "billing.drop_reminder":            (NO,    NO,    NO,    NO,    ALL,   NO,    NO,    NO),
    "billing.view_dunninglevel":        (NO,    NO,    NO,    NO,    ALL,   NO,    ALL,   ALL),
    "billing.add_dunninglevel":         (NO,    NO,    NO,    NO,    ALL,   NO,    NO,    ALL),
    "billing.change_dunninglevel":      (NO,    NO,    NO,    NO,    ALL,   NO,    NO,    ALL),
    "billing.view_creditlimit":         (NO,    OWN,   TEAM,  NO,    ALL,   NO,    TEAM,  NO),
    "billing.add_creditlimit":          (NO,    NO,    NO,    NO,    ALL,   NO,    TEAM,  NO),
    "billing.change_creditlimit":       (NO,    NO,    NO,    NO,    ALL,   NO,    TEAM,  NO),
    "billing.hold_creditlimit":         (NO,    NO,    NO,    NO,    ALL,   NO,    TEAM,  NO),
    "billing.lift_creditlimit":         (NO,    NO,    NO,    NO,    NO,    NO,    TEAM,  NO),
    "billing.view_creditrelease":       (NO,    OWN,   TEAM,  NO,    ALL,   NO,    TEAM,  NO),
    "billing.add_creditrelease":        (NO,    OWN,   NO,    NO,    NO,    NO,    TEAM,  NO),
    "billing.approve_creditrelease":    (NO,    NO,    NO,    NO,    NO,    NO,    TEAM,  NO),
    "billing.decline_creditrelease":    (NO,    NO,    NO,    NO,    NO,    NO,    TEAM,  NO),
    "billing.send_statement":           (NO,    OWN,   NO,    NO,    ALL,   NO,    TEAM,  NO),
    "billing.view_period":              (NO,    NO,    NO,    NO,    ALL,   NO,    ALL,   NO),
    "billing.close_period":             (NO,    NO,    NO,    NO,    ALL,   NO,    NO,    NO),
    "billing.reopen_period":            (NO,    NO,    NO,    NO,    NO,    NO,    ALL,   NO),
    "billing.view_report":              (ALL,   OWN,   TEAM,  NO,    ALL,   NO,    TEAM,  NO),
    "billing.view_tax_report":          (NO,    NO,    NO,    NO,    ALL,   NO,    TEAM,  NO),
    "billing.view_campaign_cash":       (ALL,   NO,    NO,    NO,    ALL,   NO,    TEAM,  NO),
    "billing.view_journal":             (NO,    NO,    NO,    NO,    ALL,   NO,    NO,    NO),
    "billing.view_accountcode":         (NO,    NO,    NO,    NO,    ALL,   NO,    NO,    ALL),
    "billing.change_accountcode":       (NO,    NO,    NO,    NO,    ALL,   NO,    NO,    ALL),
    "billing.view_journalformat":       (NO,    NO,    NO,    NO,    ALL,   NO,    NO,    ALL),
    "billing.add_journalformat":        (NO,    NO,    NO,    NO,    ALL,   NO,    NO,    ALL),
    "billing.change_journalformat":     (NO,    NO,    NO,    NO,    ALL,   NO,    NO,    ALL),
    "billing.view_moneycheck":          (NO,    NO,    NO,    NO,    ALL,   NO,    ALL,   ALL),
    "billing.view_bankaccount":          (NO,    NO,    NO,    NO,    ALL,   NO,    NO,    ALL),
    "billing.add_bankaccount":           (NO,    NO,    NO,    NO,    ALL,   NO,    NO,    ALL),
    "billing.change_bankaccount":        (NO,    NO,    NO,    NO,    ALL,   NO,    NO,    ALL),
    "billing.view_bankstatement":        (NO,    NO,    NO,    NO,    ALL,   NO,    NO,    NO),
    "billing.add_bankstatement":         (NO,    NO,    NO,    NO,    ALL,   NO,    NO,    NO),
    "billing.start_bankstatement":       (NO,    NO,    NO,    NO,    ALL,   NO,    NO,    NO),
    "billing.take_in_bankstatement":     (NO,    NO,    NO,    NO,    ALL,   NO,    NO,    NO),
    "billing.resume_bankstatement":      (NO,    NO,    NO,    NO,    ALL,   NO,    NO,    NO),
    "billing.discard_bankstatement":     (NO,    NO,    NO,    NO,    ALL,   NO,    NO,    NO),
    "billing.view_bankline":             (NO,    NO,    NO,    NO,    ALL,   NO,    NO,    NO),
    "billing.match_bankline":            (NO,    NO,    NO,    NO,    ALL,   NO,    NO,    NO),
    "billing.undo_bankline":             (NO,    NO,    NO,    NO,    ALL,   NO,    NO,    NO),
    "billing.ignore_bankline":           (NO,    NO,    NO,    NO,    ALL,   NO,    NO,    NO),
    "billing.restore_bankline":          (NO,    NO,    NO,    NO,    ALL,   NO,    NO,    NO),
    # Feedback
    "feedback.view_ticket":             (NO,    OWN,   TEAM,  ALL,   ALL,   ALL,   TEAM,  NO),
    "feedback.add_ticket":              (NO,    OWN,   NO,    ALL,   NO,    ALL,   TEAM,  NO),
    "feedback.change_ticket":           (NO,    NO,    NO,    NO,    NO,    ALL,   NO,    NO),
    "feedback.take_ticket":             (NO,    NO,    NO,    ALL,   NO,    ALL,   NO,    NO),
    "feedback.answer_ticket":           (NO,    NO,    NO,    ALL,   NO,    ALL,   NO,    NO),
    "feedback.wait_ticket":             (NO,    NO,    NO,    ALL,   NO,    ALL,   NO,    NO),
    "feedback.resume_ticket":           (NO,    NO,    NO,    ALL,   NO,    ALL,   NO,    NO),
    "feedback.resolve_ticket":          (NO,    NO,    NO,    ALL,   NO,    ALL,   NO,    NO),
    "feedback.close_ticket":            (NO,    NO,    NO,    NO,    NO,    ALL,   NO,    NO),
    "feedback.reopen_ticket":           (NO,    NO,    NO,    ALL,   NO,    ALL,   NO,    NO),
    "feedback.view_surveyinvitation":   (NO,    OWN,   TEAM,  ALL,   ALL,   ALL,   TEAM,  NO),
    "feedback.add_surveyinvitation":    (NO,    NO,    NO,    NO,    NO,    ALL,   NO,    NO),
    # Numbers
    "kpis.view_dashboard":              (ALL,   OWN,   TEAM,  ALL,   ALL,   ALL,   TEAM,  NO),
    "kpis.narrow_dashboard":            (NO,    NO,    TEAM,  NO,    NO,    NO,    TEAM,  NO),
    "kpis.recompute_kpi":               (NO,    NO,    NO,    NO,    NO,    NO,    ALL,   NO),
    "kpis.view_target":                 (NO,    OWN,   TEAM,  NO,    ALL,   NO,    TEAM,  NO),
    "kpis.add_target":                  (NO,    NO,    NO,    NO,    NO,    NO,    TEAM,  NO),
    "kpis.change_target":               (NO,    NO,    NO,    NO,    NO,    NO,    TEAM,  NO),
    "kpis.publish_target":              (NO,    NO,    NO,    NO,    NO,    NO,    TEAM,  NO),
    "kpis.replan_target":               (NO,    NO,    NO,    NO,    NO,    NO,    TEAM,  NO),
    "kpis.view_cost":                   (ALL,   NO,    NO,    NO,    ALL,   NO,    ALL,   NO),
    "kpis.add_cost":                    (ALL,   NO,    NO,    NO,    ALL,   NO,    ALL,   NO),
    "kpis.change_cost":                 (ALL,   NO,    NO,    NO,    ALL,   NO,    ALL,   NO),
    "kpis.import_cost":                 (ALL,   NO,    NO,    NO,    ALL,   NO,    ALL,   NO),
    "kpis.view_industrysales":          (ALL,   NO,    NO,    NO,    ALL,   NO,    ALL,   NO),
    "kpis.add_industrysales":           (ALL,   NO,    NO,    NO,    NO,    NO,    ALL,   NO),
    "kpis.change_industrysales":        (ALL,   NO,    NO,    NO,    NO,    NO,    ALL,   NO),
}  # fmt: skip

COLUMN = {role: number for number, role in enumerate(Role.values)}


def name(verb, model):
    """The permission for a verb on a record type: `name("sign", Contract)` is `contracts.sign_contract`."""
    return f"{model._meta.app_label}.{verb}_{model._meta.model_name}"


def scope(user, permission):
    """The furthest any of the user's roles reaches with this permission."""
    if permission not in GRANTS or not getattr(user, "is_active", False):
        return NO
    reach = _furthest(tuple(user.roles), permission)
    if reach == TEAM and user.team is None:
        return OWN
    if reach == TEAM and user.team.parent_id is None:
        return ALL
    return reach


@cache
def _furthest(roles, permission):
    return max((GRANTS[permission][COLUMN[role]] for role in roles), default=NO)


def standing(user):
    """All that `scope` goes by, as a value: the same for everybody who may do the same, but for whose records."""
    if not getattr(user, "is_active", False):
        return None
    return tuple(sorted(user.roles)), user.team and (user.team.parent_id is None)


def acting_role(user, permission):
    """The role that lets the user do this, for the event log; the user's first role where none is asked for."""
    if isinstance(user, Actor):
        return user.name
    row = GRANTS.get(permission, ())
    granting = [role for role in user.roles if row and row[COLUMN[role]] > NO]
    return max(granting, key=lambda role: row[COLUMN[role]], default=user.roles[0] if user.roles else "")


def allows(by, permission, record=None):
    """May this person do this, to this record? SYSTEM and CUSTOMER are let through: their verbs guard themselves."""
    if isinstance(by, Actor):
        return True
    reach = scope(by, permission)
    if record is None or reach in (NO, ALL):
        return reach > NO
    owners = [owner for owner in record.owners() if owner]
    if any(owner.pk == by.pk for owner in owners):
        return True
    return reach == TEAM and any(owner.team and owner.team.path.startswith(by.team.path) for owner in owners)


MONEY_APART = {"invoice": "billing.view_invoice_terms", "campaign": "leads.view_campaign_money"}


MONEY_FIELDS = {
    "gross", "net", "tax", "amount", "budget", "balance", "unallocated", "price", "outstanding", "allocated", "base",
    "bank_fee", "lines", "rate", "buyer", "spends",
}  # fmt: skip


def sees_money(user, record):
    """May this person see the amounts on a record they see? Invoices and campaigns keep theirs apart."""
    permission = MONEY_APART.get(record._meta.model_name)
    return permission is None or allows(user, permission, record)


def sees_all_money(user, model):
    """Does this person see the amounts on every record of this type that they see at all?"""
    permission = MONEY_APART.get(model._meta.model_name)
    return permission is None or scope(user, permission) >= scope(user, name("view", model))


def authorize(by, permission, record=None):
    """The first line of every verb. Raises PermissionDenied with a reason in the user's language."""
    if not allows(by, permission, record):
        raise PermissionDenied(_("Your role does not allow this."))


def refuse_own(by, submitted_by):
    """Nobody approves what they submitted."""
    if by.pk is not None and submitted_by is not None and by.pk == submitted_by.pk:
        raise PermissionDenied(_("You submitted this yourself; somebody else has to decide."))


def visible(queryset, user, permission=None):
    """The rows the user may see: all, those of the team, their own, or none; by another permission if one is given."""
    model = queryset.model
    if isinstance(user, Actor):
        return queryset
    reach = scope(user, permission or name("view", model))
    if reach == ALL:
        return queryset
    if reach == NO:
        return queryset.none()
    return queryset.filter(_owned(model, user, reach) | model.visible_besides(user))


def reached(queryset, user, permission):
    """The rows a permission reaches by their owners: those that `allows` lets the user act on, one by one."""
    reach = scope(user, permission)
    if reach in (NO, ALL):
        return queryset if reach else queryset.none()
    return queryset.filter(_owned(queryset.model, user, reach))


def _owned(model, user, reach):
    condition = Q()
    for path in model.OWNER_PATHS:
        condition |= Q(**{path: user}) if reach == OWN else Q(**{f"{path}__team__path__startswith": user.team.path})
    return condition
