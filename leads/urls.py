from django.urls import path

from leads import public_form, views
from leads.views import CampaignPages, LeadPages

app_name = "leads"
urlpatterns = [
    path("leads/similar/", views.similar, name="similar"),
    *LeadPages.urls("leads"),
    *CampaignPages.urls("campaigns"),
    path("forms/lead/<str:key>/", public_form.lead_form, name="public_form"),
    path("forms/lead/<str:key>/thanks/", public_form.thanks, name="public_thanks"),
]
