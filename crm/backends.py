"""`user.has_perm(...)` and `{% if perms... %}` answered by the one access table."""

from django.contrib.auth.backends import ModelBackend

from crm import access


class RoleBackend(ModelBackend):
    def has_perm(self, user, permission, obj=None):
        return access.allows(user, permission, obj)

    def has_module_perms(self, user, app_label):
        return any(
            access.scope(user, permission) for permission in access.GRANTS if permission.startswith(f"{app_label}.")
        )
