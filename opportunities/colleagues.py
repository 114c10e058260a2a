"""Who serves a rep: the colleagues of a role in the rep's own team, else in the nearest team above."""

from crm.models import User


def nearest(owner, role, but=None):
    """The active people with the role who are nearest above the owner in the team tree; `but` leaves one out."""
    if owner is None or owner.team is None:
        return []
    teams = [int(key) for key in owner.team.path.strip("/").split("/")]
    found = User.objects.filter(is_active=True, roles__contains=[role], team__in=teams)
    if but is not None and but.pk:
        found = found.exclude(pk=but.pk)
    by_team = {}
    for person in found.order_by("pk"):
        by_team.setdefault(person.team_id, []).append(person)
    return next((by_team[team] for team in reversed(teams) if team in by_team), [])
