from leads.views import CampaignPages, LeadPages

app_name = "leads"
urlpatterns = LeadPages.urls("leads") + CampaignPages.urls("campaigns")
