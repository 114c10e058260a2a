"""Who works at the demo company: a team tree, and people of every role in it."""

from dataclasses import dataclass, field
from datetime import timedelta

from django.contrib.auth.hashers import make_password

from crm.access import SYSTEM, Role
from crm.demo import DOMAIN, PASSWORD
from crm.demo.ledger import Act
from crm.demo.texts import GIVEN, SURNAMES
from crm.models import Team, User

REGIONS = ("华东", "华北", "华南")
LEADS_PER_REP = 330  # over two years
LEADS_PER_CLERK = 4000
ROLE_TEAMS = {
    Role.MARKETING: "市场部", Role.OPERATIONS: "运营部", Role.FINANCE: "财务部", Role.SERVICE: "客服部",
}  # fmt: skip
FIRST_OF = {  # the standing logins
    (Role.MARKETING, "市场部"): "marketing",
    (Role.SALES, "华东销售部"): "sales",
    (Role.SALES_SUPPORT, "华东销售部"): "support",
    (Role.OPERATIONS, "运营部"): "operations",
    (Role.FINANCE, "财务部"): "finance",
    (Role.SERVICE, "客服部"): "service",
    (Role.MANAGER, "华东销售部"): "manager",
    (Role.MANAGER, "恒拓智联"): "boss",
    (Role.ADMIN, "恒拓智联"): "admin",
}


@dataclass
class People:
    """The staff, by what the story asks for."""

    teams: dict
    by_role: dict = field(default_factory=dict)  # role -> people
    in_region: dict = field(default_factory=dict)  # (role, region) -> people

    @property
    def boss(self):
        return next(person for person in self.by_role[Role.MANAGER] if person.team == self.teams["恒拓智联"])

    @property
    def admin(self):
        return self.by_role[Role.ADMIN][0]


def person_name(random):
    """A Chinese name and its spelling for an address."""
    surname, spelled = random.choice(SURNAMES)
    given = random.sample(GIVEN, random.choice((1, 2, 2)))
    return surname + "".join(sign for sign, _sound in given), spelled + "".join(sound for _sign, sound in given)


def hire(story):
    """Found the teams and fill them; more leads need more people."""
    root = Team(name="恒拓智联")
    root.save()
    names = [f"{region}销售部" for region in REGIONS] + list(ROLE_TEAMS.values())
    teams = {"恒拓智联": root}
    for name in names:
        teams[name] = Team(name=name, parent=root)
        teams[name].save()
    story.people = people = People(teams)
    joined = story.start - timedelta(days=30)
    password = make_password(PASSWORD)
    for role, team, count in _posts(story.leads):
        for _n in range(count):
            _employ(story, people, role, teams[team], joined, password)
    story.ledger.flush(story.start)
    return people


def _posts(leads):
    """(role, team, how many)."""
    reps = max(4, round(leads / LEADS_PER_REP / len(REGIONS)))
    clerks = max(2, round(leads / LEADS_PER_CLERK))
    yield Role.MANAGER, "恒拓智联", 1
    yield Role.ADMIN, "恒拓智联", 1
    for region in REGIONS:
        yield Role.MANAGER, f"{region}销售部", 1
        yield Role.SALES, f"{region}销售部", reps
        yield Role.SALES_SUPPORT, f"{region}销售部", max(1, reps // 4)
    for role, team in ROLE_TEAMS.items():
        yield role, team, clerks + (role in (Role.OPERATIONS, Role.FINANCE))


def _employ(story, people, role, team, joined, password):
    name, spelled = person_name(story.random)
    standing = FIRST_OF.get((role, team.name))
    if standing and any(person.email == f"{standing}@{DOMAIN}" for person in people.by_role.get(role, ())):
        standing = None
    number = story.next(f"spelled {spelled}")
    address = standing or (spelled if number == 1 else f"{spelled}{number}")
    user = User(email=f"{address}@{DOMAIN}", name=name, roles=[role], team=team, password=password)
    user.created_at = joined
    story.ledger.add_ahead(user, joined)
    people.by_role.setdefault(role, []).append(user)
    people.in_region.setdefault((role, team.name[:2]), []).append(user)
    story.ledger.log(Act(joined, user, "created", SYSTEM))
