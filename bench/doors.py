"""What people and programs wait for: lists, search, records, creating, the API."""

import itertools
import random
from types import SimpleNamespace

from bench import report
from bench.client import Client, throughput
from bench.data import session_of
from bench.servers import memory

ROUNDS = 60
WARM_UP = 5
CSRF = "b" * 32
fresh = itertools.count()


def page(path):
    return lambda: ("GET", path, None)


def new_lead():
    """A lead as a marketer types it in; no two alike, so that every check for duplicates looks in vain."""
    number = f"{random.randrange(10**10):010d}{next(fresh)}"  # noqa: S311 - no secret
    body = {
        "company_name": f"量测{number}有限公司",
        "contact_name": "王量",
        "phone": f"1{number}",
        "channel": "website",
    }
    return "POST", "/leads/new/", body


def insert():
    return "POST", "/insert/", {"name": f"Row {next(fresh)}"}


def known():
    """Records worth opening, and what to look for, out of the company's own data."""
    from contracts.models import Contract
    from leads.models import Campaign, Lead

    deals = Contract.objects.filter(status="fulfilled", case__in=Lead.objects.values("case"))
    deal = deals.order_by("-pk").first()
    company = Lead.objects.exclude(company_name="").order_by("pk")[Lead.objects.count() // 3].company_name
    return SimpleNamespace(
        contract=deal.pk,
        lead=Lead.objects.filter(case=deal.case_id).first().pk,
        company=company,
        two_characters=company[2:4],
        campaign=Campaign.objects.order_by("pk").first().name.split()[0],
        deep=Lead.objects.order_by("-pk").values_list("pk", flat=True)[
            50_000 if Lead.objects.count() > 60_000 else 100
        ],
        phone=Lead.objects.exclude(phone="").order_by("pk")[7].phone,
    )


def cases(seen):
    """name -> (who, request, the floor's request, aim); the floor is a request to the bare project, or another case."""
    from urllib.parse import quote

    zh, en = quote(seen.two_characters), quote("gmail" if seen.campaign.isascii() else "co")
    return {
        "lead list": ("marketing", page("/leads/"), "bare list", 2.0),
        "  filtered by state": ("marketing", page("/leads/?status=qualified"), "lead list", 1.3),
        "  sorted by company": ("marketing", page("/leads/?o=company_name"), "lead list", 1.3),
        "  sorted by creation": ("marketing", page("/leads/?o=-created_at"), "lead list", 1.3),
        "  50,000 rows down": ("marketing", page(f"/leads/?after={seen.deep}"), "lead list", 1.2),
        "  searched for two Chinese characters": ("marketing", page(f"/leads/?q={zh}"), "bare list", 3.3),
        "  searched for an English name": ("marketing", page(f"/leads/?q={en}"), "bare list", 3.3),
        "opportunity list": ("boss", page("/opportunities/?view=list"), "bare list", 2.0),
        "search over everything, Chinese": ("boss", page(f"/search/?q={zh}"), "bare list", 3.3),
        "search over everything, phone": ("boss", page(f"/search/?q={seen.phone}"), "bare list", 3.3),
        "record: a lead's page": ("boss", page(f"/leads/{seen.lead}/"), "bare record", 4.0),
        "record: a contract's page": ("boss", page(f"/contracts/{seen.contract}/"), "bare record", 4.0),
        "create a lead with all checks": ("marketing", new_lead, "bare insert", 5.0),
        "API list": ("boss", page("/api/v1/leads/"), "bare API list", 1.5),
    }


BARE = {
    "bare list": page("/"),
    "bare record": page("/77/"),
    "bare insert": insert,
    "bare API list": page("/api/rows/"),
}


def measure(product, bare, bare_session):
    """All cases in turn, round by round, so that a slow moment of the machine meets them alike; prints the table."""
    port, started, process = product
    found = cases(known())
    people = {who: f"{session_of(f'{who}@hengtuo.example')}; csrftoken={CSRF}" for who in ("marketing", "boss")}
    clients = {who: Client(port, cookie, CSRF) for who, cookie in people.items()}
    floor = Client(bare[0], f"sessionid={bare_session}; csrftoken={CSRF}", CSRF)
    asked = [(name, floor, case) for name, case in BARE.items()]
    asked += [(name, clients[who], case) for name, (who, case, _floor, _aim) in found.items()]
    times = {name: [] for name, _client, _case in asked}
    for turn in range(-WARM_UP, ROUNDS):
        random.shuffle(asked)
        for name, client, case in asked:
            taken = client.timed(case)
            if turn >= 0:
                times[name].append(taken)
    for name in BARE:
        report.line(name, f"{report.p50(times[name]):8.1f} /{report.p95(times[name]):7.1f} ms" + " " * 10)
    for name, (_who, _case, base, aim) in found.items():
        report.ratio(name, times[name], times[base], aim)
    report.figure("lead list over 8 connections, share of bare", share(port, people, bare, floor), "x", 0.4, "least")
    report.figure("start until the first answer", started, "s", 1)
    if used := memory(process):
        report.figure("memory of a web worker (PSS)", used, "MB", 85)


def share(port, people, bare, floor):
    """The product's answers a second over the floor's, in turns."""
    ours = theirs = 0
    for _turn in range(3):
        ours += throughput(lambda: Client(port, people["marketing"]), "/leads/")
        theirs += throughput(lambda: Client(bare[0], floor.headers["Cookie"]), "/")
    return ours / theirs
