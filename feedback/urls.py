from django.urls import path

from feedback.views import SurveyPages, TicketPages, survey

app_name = "feedback"
urlpatterns = [
    *TicketPages.urls("tickets"),
    *SurveyPages.urls("surveys"),
    path("s/<str:key>/", survey, name="survey"),
]
