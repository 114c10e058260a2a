"""Why somebody may or may not do something: the answer of the access table in words. It agrees with `access.allows`,
and for seeing with `access.visible`."""

from dataclasses import dataclass, field

from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm import access
from crm.access import ALL, GRANTS, NO, OWN, TEAM, Role

SCOPES = {
    NO: gettext_lazy("nothing"),
    OWN: gettext_lazy("own records"),
    TEAM: gettext_lazy("records of the team and the teams below"),
    ALL: gettext_lazy("all records"),
}


@dataclass(frozen=True)
class Reason:
    """An answer with what it rests on: the roles that grant the permission, its reach, and the owner that matched."""

    user: object
    permission: str
    allowed: bool
    roles: list = field(default_factory=list)
    reach: int = NO
    text: str = ""

    @property
    def scope(self):
        return SCOPES[self.reach]

    @property
    def scope_key(self):
        return access.Scope(self.reach).name.lower()


def explain(user, permission, record=None):
    """May this user do this (to this record), and why?"""
    granting = roles_granting(user, permission)
    reach = access.scope(user, permission)
    allowed, text = _judge(user, permission, record, reach, granting)
    return Reason(user, permission, allowed, granting, reach, text)


def roles_granting(user, permission):
    """Those of the user's roles that grant the permission at all, the furthest reaching first."""
    row = GRANTS.get(permission, ())
    found = [role for role in user.roles if row and row[access.COLUMN[role]] > NO]
    return sorted(found, key=lambda role: -row[access.COLUMN[role]])


def _judge(user, permission, record, reach, granting):
    if not user.is_active:
        return False, _("%(who)s may not sign in, so nothing is allowed.") % {"who": user}
    if reach == NO:
        return False, _not_granted(user, permission)
    role = Role(granting[0]).label
    if record is None or reach == ALL:
        return True, _far(user, permission, role, granting[0], reach)
    if owner := _own(user, record):
        return True, _("As %(role)s, for own records: %(who)s is the %(owner)s.") % {
            "role": role, "who": user, "owner": owner,
        }  # fmt: skip
    if reach == TEAM and (found := _of_team(user, record)):
        way, owner = found
        words = _("As %(role)s, for the team %(team)s and those below: the %(way)s, %(owner)s, is in %(theirs)s.")
        return True, words % {"role": role, "team": user.team, "way": way, "owner": owner, "theirs": owner.team}
    if permission == access.name("view", type(record)) and _open_besides(user, record):
        return True, _("As %(role)s: the record belongs to no single person and is open to this role.") % {"role": role}
    return False, _out_of_reach(record, role, reach)


def _not_granted(user, permission):
    row = GRANTS.get(permission, ())
    others = [str(role.label) for role in Role if row and row[access.COLUMN[role]] > NO]
    if not others:
        return _("The access table grants this to nobody.")
    held = ", ".join(str(Role(role).label) for role in user.roles) or _("none")
    return _("None of the roles held (%(held)s) grants this. It is granted to: %(others)s.") % {
        "held": held, "others": ", ".join(others),
    }  # fmt: skip


def _far(user, permission, role, key, reach):
    if reach == ALL and GRANTS[permission][access.COLUMN[key]] == TEAM:
        words = _("As %(role)s, for the team and those below; %(team)s is the root of all teams, so for all records.")
        return words % {"role": role, "team": user.team}
    return _("As %(role)s, for %(scope)s.") % {"role": role, "scope": SCOPES[reach]}


def ways(record):
    """(words for the way, person) of each owner a record's scope is found by: owner, customer's owner."""
    for path, person in zip(record.OWNER_PATHS, record.owners(), strict=True):
        if person:
            yield _way(type(record), path), person


def _way(model, path):
    words = []
    for step in path.split("__"):
        found = model._meta.get_field(step)
        words.append(str(found.verbose_name))
        model = found.related_model
    return " → ".join(words)


def _own(user, record):
    return next((way for way, person in ways(record) if person.pk == user.pk), None)


def _of_team(user, record):
    reached = ((way, owner) for way, owner in ways(record) if owner.team)
    return next(((way, owner) for way, owner in reached if owner.team.path.startswith(user.team.path)), None)


def _open_besides(user, record):
    model = type(record)
    return model._default_manager.filter(model.visible_besides(user), pk=record.pk).exists()


def _out_of_reach(record, role, reach):
    owners = [f"{way}: {person} ({person.team or _('no team')})" for way, person in ways(record)]
    whose = capfirst("; ".join(owners) or _("the record belongs to nobody"))
    words = _("As %(role)s it reaches %(scope)s only. %(owners)s.")
    return words % {"role": role, "scope": SCOPES[reach], "owners": whose}
