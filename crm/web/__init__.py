"""The shapes every page falls into: list, record, form, act."""

from crm.web.columns import Column
from crm.web.filters import ListFilter
from crm.web.forms import RecordForm
from crm.web.pages import RecordPages
from crm.web.related import Related, relate
from crm.web.responses import respond

__all__ = ["Column", "ListFilter", "RecordForm", "RecordPages", "Related", "relate", "respond"]
