from django.urls import path
from django.utils.translation import gettext_lazy as _

from crm import frame
from kpis import views
from kpis.cuts import VIEW
from kpis.pages import CostPages, IndustrySalesPages, TargetPages

app_name = "kpis"
frame.add("kpis", _("Dashboard"), "kpis:dashboard", VIEW)
urlpatterns = [
    path("kpis/", views.dashboard, name="dashboard"),
    path("kpis/definitions/", views.help_page, name="definitions"),
    path("kpis/recompute/", views.recompute, name="recompute"),
    path("kpis/jobs/<int:pk>/", views.job, name="job"),
    path("kpis/<slug:key>/rows/", views.rows, name="rows"),
    path("kpis/<slug:key>/rows/export.<str:kind>", views.rows_export, name="rows_export"),
    *TargetPages.urls("targets"),
    *CostPages.urls("costs"),
    *IndustrySalesPages.urls("industry-sales"),
]
frame.add("kpis", _("Definitions"), "kpis:definitions", VIEW)
