"""Papers a customer receives: quotes, contracts, invoices and the like, as PDF."""

from crm.papers.paper import Instalment, Kind, Paper, PaperLine, Party
from crm.papers.render import render

__all__ = ["Instalment", "Kind", "Paper", "PaperLine", "Party", "render"]
