from crm.models.answers import KeptAnswer
from crm.models.bin import BinEntry
from crm.models.bulk import BulkOutcome, BulkRun, Export
from crm.models.catalog import PriceList, PriceListItem, Product, TaxRate
from crm.models.company import Company, ExchangeRate
from crm.models.customers import BillingTitle, Channel, Contact, Customer, Industry
from crm.models.events import Case, Event
from crm.models.imports import ImportRow, ImportRun, ImportTemplate, ImportTrace
from crm.models.jobs import Job
from crm.models.lists import SavedView
from crm.models.merges import Merge, NotDuplicate
from crm.models.people import ApiToken, Team, User
from crm.models.search import SearchEntry
from crm.models.shared import OwnedQuerySet, Reachable, Shared, Versioned
from crm.models.stage import ExternalId, Money, MoneyLine, Owned, StageRecord
from crm.models.tags import Tag, Tagged
from crm.models.webhooks import WebhookAttempt, WebhookDelivery, WebhookEndpoint
from crm.models.work import Attachment, Comment, FollowUp, Notification, Task

__all__ = [
    "ApiToken",
    "Attachment",
    "BillingTitle",
    "BinEntry",
    "BulkOutcome",
    "BulkRun",
    "Case",
    "Channel",
    "Comment",
    "Company",
    "Contact",
    "Customer",
    "Event",
    "ExchangeRate",
    "Export",
    "ExternalId",
    "FollowUp",
    "ImportRow",
    "ImportRun",
    "ImportTemplate",
    "ImportTrace",
    "Industry",
    "Job",
    "KeptAnswer",
    "Merge",
    "Money",
    "MoneyLine",
    "NotDuplicate",
    "Notification",
    "Owned",
    "OwnedQuerySet",
    "PriceList",
    "PriceListItem",
    "Product",
    "Reachable",
    "SavedView",
    "SearchEntry",
    "Shared",
    "StageRecord",
    "Tag",
    "Tagged",
    "Task",
    "TaxRate",
    "Team",
    "User",
    "Versioned",
    "WebhookAttempt",
    "WebhookDelivery",
    "WebhookEndpoint",
]
