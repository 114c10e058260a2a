"""`user.has_perm(...)` and `{% if perms... %}` answered by the one access table."""

from allauth.account.auth_backends import AuthenticationBackend

from crm import access
from crm.models import User


class RoleBackend(AuthenticationBackend):
    """Signs in by e-mail; every request's person comes with their team, which all scopes ask for."""

    def get_user(self, user_id):
        user = User.objects.select_related("team").filter(pk=user_id).first()
        return user if self.user_can_authenticate(user) else None

    def has_perm(self, user, permission, obj=None):
        return access.allows(user, permission, obj)

    def has_module_perms(self, user, app_label):
        return any(
            access.scope(user, permission) for permission in access.GRANTS if permission.startswith(f"{app_label}.")
        )
