"""Where everything is: the stages in chain order, the pages that belong to none, the API."""

from importlib import import_module

from django.contrib.auth.decorators import login_not_required, login_required
from django.urls import include, path
from django.views.i18n import set_language
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from crm.api.chain import CaseView, EventViewSet
from crm.api.guard import guarded
from crm.api.router import router
from crm.desk import home, profile, security
from crm.desk.api import MeView
from crm.doors import signed_in

STAGES = ("leads", "opportunities", "contracts", "billing", "feedback", "kpis")


def stage_urls():
    """Each stage's pages under its own namespace, and its endpoints in the router."""
    for module in ("crm.desk", "crm.imports", "crm.webhooks", *STAGES):
        import_module(f"{module}.api")
    return [path("", include(f"{stage}.urls")) for stage in STAGES]


router.register("events", EventViewSet, basename="api-event")

docs = signed_in(login_required(SpectacularSwaggerSplitView.as_view(url_name="api-schema")))

handler404, handler500 = "crm.api.problems.unknown_address", "crm.api.problems.crashed"
urlpatterns = [
    path("", home.home, name="home"),
    path("chain/", home.chain_menu, name="chain"),
    path("search/", home.search_everything, name="search"),
    path("notifications/", home.notifications, name="notifications"),
    path("language/", login_not_required(set_language), name="set_language"),
    path("profile/", profile.profile, name="profile"),
    path("profile/security/", security.overview, name="security"),
    path("profile/security/sessions/<int:pk>/end/", security.end_session, name="session_end"),
    path("profile/security/sessions/end-others/", security.end_other_sessions, name="sessions_end_others"),
    path("profile/tokens/", profile.tokens, name="api_tokens"),
    path("profile/tokens/<int:pk>/revoke/", profile.revoke_token, name="api_token_revoke"),
    path("account/", include("crm.accounts.urls")),
    path("", include("crm.desk.urls")),
    *stage_urls(),
    path("api/v1/me/", guarded(MeView).as_view(), name="api-me"),
    path("api/v1/cases/<int:pk>/", guarded(CaseView).as_view(), name="api-case"),
    path("api/v1/schema/", signed_in(guarded(SpectacularAPIView).as_view()), name="api-schema"),
    path("api/v1/docs/", docs, name="api-docs"),
    path("api/v1/", include(router.urls)),
]
