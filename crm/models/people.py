"""Users, the team tree, and personal API tokens."""

import hashlib
import secrets

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from crm.access import Role, allows, scope
from crm.models.shared import OwnedQuerySet, Reachable


class Team(Reachable, models.Model):
    """A node of the company's tree; a manager sees their team and all below it."""

    name = models.CharField(_("name"), max_length=100)
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="children", verbose_name=_("part of")
    )
    path = models.CharField(max_length=255, editable=False, db_index=True, default="")

    objects = OwnedQuerySet.as_manager()

    class Meta:
        ordering = ["path"]
        verbose_name = _("team")
        verbose_name_plural = _("teams")
        indexes = [models.Index(fields=["path"], name="team_path_prefix", opclasses=["varchar_pattern_ops"])]

    def __str__(self):
        return self.name

    def clean(self):
        if self.pk and self.parent and self.parent.path.startswith(self.path):
            raise ValidationError({"parent": _("A team cannot be part of itself.")})

    def save(self, *args, **kwargs):
        super().save(*args, **kwargs)
        path = f"{self.parent.path if self.parent else '/'}{self.pk}/"
        if path != self.path:
            self.path = path
            super().save(update_fields=["path"])
            for child in self.children.all():
                child.parent = self
                child.save()


class UserManager(BaseUserManager.from_queryset(OwnedQuerySet)):
    def create_user(self, email, password=None, **fields):
        user = self.model(email=self.normalize_email(email), **fields)
        user.set_password(password)
        user.save()
        return user

    def create_superuser(self, email, password=None, **fields):
        return self.create_user(email, password, roles=[Role.ADMIN], **fields)


class User(Reachable, AbstractBaseUser):
    """A person who works in the CRM, with the roles they hold."""

    email = models.EmailField(_("e-mail"), unique=True)
    name = models.CharField(_("name"), max_length=100)
    roles = ArrayField(models.CharField(max_length=20, choices=Role.choices), verbose_name=_("roles"), default=list)
    team = models.ForeignKey(
        Team, models.PROTECT, null=True, blank=True, related_name="members", verbose_name=_("team")
    )
    phone = models.CharField(_("phone"), max_length=40, blank=True)
    language = models.CharField(_("language"), max_length=10, blank=True)
    time_zone = models.CharField(_("time zone"), max_length=50, blank=True)
    is_active = models.BooleanField(_("may sign in"), default=True)
    session_epoch = models.PositiveIntegerField(default=0, editable=False)  # raised to end all sessions
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS = ["name"]
    objects = UserManager()

    class Meta:
        ordering = ["name"]
        verbose_name = _("user")
        verbose_name_plural = _("users")

    def __str__(self):
        return self.name or self.email

    def get_language_display(self):
        return dict(settings.LANGUAGES).get(self.language, "")

    def get_full_name(self):
        return self.name

    def _get_session_auth_hash(self, secret=None):
        known = super()._get_session_auth_hash(secret=secret)
        return salted_hmac(known, str(self.session_epoch), secret=secret).hexdigest() if self.session_epoch else known

    def has_role(self, *roles):
        return any(role in self.roles for role in roles)

    def has_perm(self, permission, obj=None):
        return allows(self, permission, obj)

    def has_module_perms(self, app_label):
        from crm.access import GRANTS

        return any(scope(self, permission) for permission in GRANTS if permission.startswith(f"{app_label}."))


class ApiToken(models.Model):
    """A key for the API; only its SHA-256 is kept, the key itself is shown once."""

    user = models.ForeignKey(User, models.CASCADE, related_name="api_tokens")
    name = models.CharField(_("name"), max_length=100)
    may_write = models.BooleanField(_("may write"), default=False)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    hint = models.CharField(max_length=12, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    last_used_at = models.DateTimeField(null=True, editable=False)
    revoked_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        ordering = ["-created_at"]

    def __str__(self):
        return self.name

    @staticmethod
    def digest_of(key):
        return hashlib.sha256(key.encode()).hexdigest()

    @classmethod
    def make(cls, user, name, may_write):
        """A new token and its key, which is never readable again."""
        key = f"ltc_{secrets.token_urlsafe(32)}"
        return cls.objects.create(
            user=user, name=name, may_write=may_write, digest=cls.digest_of(key), hint=key[:8]
        ), key
