"""The addresses of signing in; what the library offers beside them stays closed."""

from allauth.account import views
from allauth.mfa.base import views as second_factor
from allauth.mfa.recovery_codes import views as codes
from allauth.mfa.totp import views as app
from allauth.mfa.webauthn import views as keys
from django.urls import path, re_path

from crm.accounts import single_sign_on
from crm.accounts.views import confirm_by_password, local, remove_key, to_security, to_sign_in

urlpatterns = [
    path("login/", local(views.login, see=True), name="account_login"),
    path("logout/", views.logout, name="account_logout"),
    path("inactive/", views.account_inactive, name="account_inactive"),
    path("confirm/", confirm_by_password, name="account_reauthenticate"),
    path("password/change/", views.password_change, name="account_change_password"),
    path("password/reset/", local(views.password_reset), name="account_reset_password"),
    path("password/reset/done/", views.password_reset_done, name="account_reset_password_done"),
    re_path(
        r"^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        local(views.password_reset_from_key),
        name="account_reset_password_from_key",
    ),
    path(
        "password/reset/key/done/",
        views.password_reset_from_key_done,
        name="account_reset_password_from_key_done",
    ),
    path("company/<str:provider_id>/", single_sign_on.begin, name="openid_connect_login"),
    path("company/<str:provider_id>/back/", single_sign_on.come_back, name="openid_connect_callback"),
    path("cancelled/", to_sign_in, name="socialaccount_login_cancelled"),
    path("second-factor/", to_security, name="mfa_index"),
    path("second-factor/enter/", second_factor.authenticate, name="mfa_authenticate"),
    path("second-factor/confirm/", second_factor.reauthenticate, name="mfa_reauthenticate"),
    path("app/add/", app.activate_totp, name="mfa_activate_totp"),
    path("app/remove/", app.deactivate_totp, name="mfa_deactivate_totp"),
    path("codes/", codes.view_recovery_codes, name="mfa_view_recovery_codes"),
    path("codes/new/", codes.generate_recovery_codes, name="mfa_generate_recovery_codes"),
    path("codes/download/", codes.download_recovery_codes, name="mfa_download_recovery_codes"),
    path("keys/", to_security, name="mfa_list_webauthn"),
    path("keys/add/", keys.add_webauthn, name="mfa_add_webauthn"),
    path("keys/<int:pk>/rename/", keys.edit_webauthn, name="mfa_edit_webauthn"),
    path("keys/<int:pk>/remove/", remove_key, name="mfa_remove_webauthn"),
    path("keys/login/", local(keys.login_webauthn), name="mfa_login_webauthn"),
    path("keys/confirm/", keys.reauthenticate_webauthn, name="mfa_reauthenticate_webauthn"),
]
