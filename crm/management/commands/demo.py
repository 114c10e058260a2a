"""Load the demo company into an empty database, or start it over."""

import os
import time

from django.core.cache import cache
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from crm import clock
from crm.demo import LOGINS, PASSWORD
from crm.demo.load import load
from crm.models import Event, User
from kpis import compute

BAR = 30  # characters


class Command(BaseCommand):
    help = "Load the demo company: two years of a believable business, up to this morning."

    def add_arguments(self, parser):
        parser.add_argument("--leads", type=int, default=1200, help="how many leads turn up (default 1200)")
        parser.add_argument("--seed", type=int, default=1, help="another number tells another story")
        parser.add_argument("--reset", action="store_true", help="first DELETE ALL DATA in the database")
        parser.add_argument("--yes", action="store_true", help="do not ask before deleting")

    def handle(self, *, leads, seed, reset, yes, **options):
        if leads < 1:
            raise CommandError("At least one lead is needed.")
        if reset:
            self.empty(yes)
        elif User.objects.exists():
            raise CommandError("There are users in this database already. --reset deletes everything and starts over.")
        began = time.monotonic()
        story = load(leads=leads, seed=seed, progress=self.show)
        self.stdout.write("Computing the KPIs ...")
        compute.recompute()
        self.stdout.write(
            f"{story.ledger.written:,} rows, {Event.objects.count():,} of them events, {clock.today():%Y-%m-%d}, "
            f"in {time.monotonic() - began:.0f} s."
        )
        for role, email in LOGINS:
            self.stdout.write(f"  {email:32}{role}")
        self.stdout.write(f"  Password of all: {PASSWORD}")

    def empty(self, yes):
        """Ask first; a database that was set up on purpose is emptied only when that is said outright."""
        if not yes and os.environ.get("DATABASE_URL"):
            raise CommandError("DATABASE_URL is set. To delete all data in that database, say --reset --yes.")
        if not yes and input("This deletes all data in the database. Type yes to go on: ").strip().lower() != "yes":
            raise CommandError("Nothing was changed.")
        call_command("flush", interactive=False, verbosity=0)
        cache.clear()

    def show(self, done, total):
        """A bar that fills on a terminal; elsewhere only its end is told."""
        terminal = self.stdout.isatty()
        if not terminal and done < total:
            return
        filled = BAR * done // total
        start, end = "\r" if terminal else "", "\n" if done == total else ""
        self.stdout.write(f"{start}[{'#' * filled}{'.' * (BAR - filled)}] {done:,} of {total:,} leads", ending=end)
        self.stdout.flush()
