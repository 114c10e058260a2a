"""Whose numbers are looked at, and how far a viewer may look."""

from dataclasses import dataclass, replace

from django.db.models import Q
from django.http import Http404
from django.utils.translation import gettext as _

from crm import access
from crm.access import Role
from crm.models import Channel, Team, User
from leads.models import Lead

VIEW, NARROW = "kpis.view_dashboard", "kpis.narrow_dashboard"


@dataclass(frozen=True)
class Cut:
    """A person's numbers, a team's with the teams below it, or the company's where neither is given.

    A channel narrows them further, to what began with a lead of that channel.
    """

    team: Team | None = None
    person: User | None = None
    channel: str = ""

    def __str__(self):
        whose = str(self.person or self.team or _("Whole company"))
        return f"{whose} · {Channel(self.channel).label}" if self.channel else whose

    @property
    def whole(self):
        return self.team is None and self.person is None and not self.channel

    @property
    def query(self):
        """The parameters of an address that stand for this cut."""
        found = {"team": self.team and self.team.pk, "person": self.person and self.person.pk, "channel": self.channel}
        return {key: value for key, value in found.items() if value}

    @property
    def place(self):
        """The conditions under which a stored number is this cut's own."""
        return {"team": None if self.person else self.team, "person": self.person}

    def narrow(self, rows):
        """Only the rows that count for this cut; `of_person` says whose a row is, `of_case` its chain."""
        if self.channel:
            rows = rows.filter(of_case__in=Lead.objects.filter(channel=self.channel).values("case"))
        if self.person:
            return rows.filter(of_person=self.person.pk)
        if self.team:
            members = User.objects.filter(team__path__startswith=self.team.path)
            return rows.filter(of_person__in=members.values("pk"))
        return rows


def teams_of(user):
    """The teams whose numbers this person may pick."""
    reach = access.scope(user, NARROW)
    if reach == access.ALL:
        return Team.objects.all()
    return Team.objects.filter(path__startswith=user.team.path) if reach == access.TEAM else Team.objects.none()


def people_of(user):
    """The people whose numbers this person may pick: those who sell."""
    sellers = Q(roles__overlap=[Role.SALES, Role.MANAGER])
    return User.objects.filter(sellers, is_active=True, team__in=teams_of(user)).select_related("team")


def cut_for(user, query):
    """The cut an address asks for, within what the viewer may see: their own, their team's, or the company's."""
    channel = query.get("channel", "")
    if channel and channel not in Channel.values:
        raise Http404
    return replace(_whose(user, query), channel=channel)


def _whose(user, query):
    if person := query.get("person"):
        return Cut(person=_known(people_of(user) | User.objects.filter(pk=user.pk), person))
    if team := query.get("team"):
        return Cut(team=_known(teams_of(user), team))
    reach = access.scope(user, VIEW)
    if reach == access.ALL:
        return Cut()
    return Cut(team=user.team) if reach == access.TEAM else Cut(person=user)


def _known(rows, key):
    found = rows.filter(pk=key).first() if str(key).isdigit() else None
    if found is None:
        raise Http404
    return found
