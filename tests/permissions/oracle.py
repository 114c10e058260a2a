"""Who may what, said a second time and more simply than `crm.access` does: from its GRANTS alone.

Nothing here asks the code under test; teams are walked by their parents, owners by the table below.
"""

from crm.access import ALL, GRANTS, NO, OWN, TEAM, Role

OWNERS = {  # record type -> the ways to the people in whose scope a record falls
    "customer": ["owner"],
    "contact": ["customer.owner"],
    "billingtitle": ["customer.owner"],
    "creditlimit": ["customer.owner"],
    "dispute": ["owner", "customer.owner", "handler"],
    "lead": ["owner"],
    "campaign": ["owner"],
    "task": ["owner"],
    "followup": ["author"],
    "webhookendpoint": ["owner"],
    "job": ["requested_by"],
    "binentry": ["deleted_by"],
    "instalment": ["contract.owner", "contract.customer.owner"],
    "target": ["owner", "person"],
}
OF_THE_CHAIN = ["owner", "customer.owner"]  # whoever owns the record, or the customer it is for
SHARED = {  # owned by nobody
    "product", "pricelist", "tag", "user", "team", "period", "moneycheck", "cost", "industrysales", "accountcode",
    "journalformat", "bankaccount", "bankstatement", "bankline", "dunninglevel", "webhookdelivery",
}  # fmt: skip


def kind(record):
    return record._meta.model_name


def reach(user, permission):
    """How far a permission reaches for a user: the furthest of their roles; a team's reach needs a team."""
    if not user.is_active or permission not in GRANTS:
        return NO
    columns = [list(Role.values).index(role) for role in user.roles]
    furthest = max([GRANTS[permission][column] for column in columns], default=NO)
    if furthest == TEAM and user.team is None:
        return OWN
    return ALL if furthest == TEAM and user.team.parent is None else furthest


def owners(record):
    found = []
    for way in [] if kind(record) in SHARED else OWNERS.get(kind(record), OF_THE_CHAIN):
        person = record
        for step in way.split("."):
            person = person and getattr(person, step)
        found.append(person)
    return [person for person in found if person]


def within(team, above):
    """Is the team the other one, or somewhere below it?"""
    return team is not None and (team.pk == above.pk or within(team.parent, above))


def may(user, permission, record):
    """May this user do this to this very record?"""
    far = reach(user, permission)
    mine = any(owner.pk == user.pk for owner in owners(record))
    teams = far == TEAM and any(within(owner.team, user.team) for owner in owners(record))
    return far == ALL or (far in (OWN, TEAM) and (mine or teams))


def view(record):
    return f"{record._meta.app_label}.view_{kind(record)}"


def sees(user, record):
    """May this user know that the record exists?"""
    far = reach(user, view(record))
    if far == NO:
        return False
    if kind(record) == "lead" and record.owner is None and reach(user, "leads.view_pool"):
        return True
    if kind(record) == "target" and far == TEAM and record.team and within(record.team, user.team):
        return True
    return kind(record) in SHARED or may(user, view(record), record)


def sees_money(user, record):
    """May this user see the amounts on it? Invoices and campaigns keep theirs apart."""
    apart = {"invoice": "billing.view_invoice_terms", "campaign": "leads.view_campaign_money"}
    return sees(user, record) and (kind(record) not in apart or may(user, apart[kind(record)], record))
