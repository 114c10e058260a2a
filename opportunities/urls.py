from django.urls import path

from opportunities.public import customer_quote, customer_quote_pdf
from opportunities.views import OpportunityPages, QuotePages

app_name = "opportunities"
urlpatterns = [
    *OpportunityPages.urls("opportunities"),
    *QuotePages.urls("quotes"),
    path("q/<str:key>/", customer_quote, name="customer_quote"),
    path("q/<str:key>/quote.pdf", customer_quote_pdf, name="customer_quote_pdf"),
]
