"""Users and teams, managed by an administrator."""

import django_filters
from allauth.account.forms import ResetPasswordForm
from django import forms
from django.contrib import messages
from django.db.models import Count
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from crm import access, people
from crm.access import Role
from crm.accounts import second_factor, sessions
from crm.desk import sight
from crm.models import Team, User
from crm.web import Column, ListFilter, RecordForm, RecordPages
from crm.web.forms import language_choices, time_zone_choices


class UserFilter(ListFilter):
    ORDERING = ("name", "email", "team__name", "created_at")
    DEFAULT_ORDER = "name"
    role = django_filters.ChoiceFilter(choices=Role.choices, method="with_role", label=_("role"))

    class Meta:
        model = User
        fields = ("team", "is_active")

    def with_role(self, queryset, name, value):
        return queryset.filter(roles__contains=[value])


class TeamFilter(ListFilter):
    ORDERING = ("name",)
    DEFAULT_ORDER = "path"

    class Meta:
        model = Team
        fields = ("parent",)


class UserForm(RecordForm):
    roles = forms.MultipleChoiceField(
        label=_("roles"), choices=Role.choices, widget=forms.CheckboxSelectMultiple, required=False
    )
    language = forms.ChoiceField(label=_("language"), choices=language_choices, required=False)
    time_zone = forms.ChoiceField(label=_("time zone"), choices=time_zone_choices, required=False)

    class Meta(RecordForm.Meta):
        model = User
        fields = ("name", "email", "phone", "team", "roles", "language", "time_zone", "is_active")


class TeamForm(RecordForm):
    class Meta(RecordForm.Meta):
        model = Team
        fields = ("name", "parent")


class UserPages(RecordPages):
    model = User
    filterset_class = UserFilter
    form_class = UserForm
    section = "admin"
    select_related = ("team",)
    may_follow_up = False
    store = staticmethod(people.save_user)
    detail_template = "desk/user_detail.html"
    columns = (
        Column("name", sort="name"),
        Column("email", sort="email"),
        Column("roles", render=lambda user: ", ".join(str(Role(role).label) for role in user.roles)),
        Column("team", sort="team__name", render=lambda user: user.team),
        Column("is_active"),
        Column("last_login", label=_("last sign-in")),
    )
    facts = ("email", "phone", "team", "language", "time_zone", "is_active", "last_login", "created_at")

    def moves(self, user):
        if not access.allows(self.request.user, "crm.change_user"):
            return []
        moves = [
            self._move("invite", _("Send password link"), user, primary=True),
            self._move("sign_out", _("Sign out everywhere"), user),
        ]
        if second_factor.has(user):
            moves.append(self._move("reset_second_factor", _("Reset two-factor login"), user))
        return moves

    def _move(self, key, label, user, primary=False):
        address = reverse(f"crm:user_{key}", args=[user.pk])
        return {"key": key, "label": label, "url": address, "primary": primary, "danger": not primary, "dialog": False}

    def invite(self, pk):
        """Mail the person a link by which they set their password."""
        user = self.get(pk)
        access.authorize(self.request.user, "crm.change_user")
        if self.request.method == "POST":
            form = ResetPasswordForm({"email": user.email})
            if form.is_valid():
                form.save(self.request)
                told = _t("A link to set the password is on its way to %(mail)s.") % {"mail": user.email}
                messages.success(self.request, told)
        return redirect(user)

    def sign_out(self, pk):
        """End all of the person's sessions."""
        user = self.get(pk)
        if self.request.method == "POST":
            sessions.end_all(user, by=self.request.user)
            messages.success(self.request, _t("%(who)s is signed out everywhere.") % {"who": user})
        return redirect(user)

    def reset_second_factor(self, pk):
        """Take away second factors somebody has lost."""
        user = self.get(pk)
        if self.request.method == "POST":
            second_factor.reset(user, by=self.request.user)
            messages.success(self.request, _t("%(who)s sets up two-factor login anew.") % {"who": user})
        return redirect(user)

    def sight(self, pk):
        return sight.page(self, pk)

    def extra(self, user):
        return {"sight_url": reverse("crm:user_sight", args=[user.pk])}

    @classmethod
    def urls(cls, prefix):
        acts = ("sight", "invite", "sign_out", "reset_second_factor")
        own = [path(f"{prefix}/<int:pk>/{act}/", cls.view(act), name=f"user_{act}") for act in acts]
        return [*own, *super().urls(prefix)]


class TeamPages(RecordPages):
    model = Team
    filterset_class = TeamFilter
    form_class = TeamForm
    section = "admin"
    may_follow_up = False
    columns = (
        Column("name", label=_("team"), render=lambda team: "　" * (team.path.count("/") - 2) + team.name),
        Column("parent"),
        Column("members", label=_("people"), render=lambda team: team.size, align="end"),
    )
    facts = ("parent",)

    def rows(self):
        return super().rows().select_related("parent").annotate(size=Count("members"))

    def related(self, team):
        return [self.related_list(_("People"), UserPages, team.members.order_by("name"))]
