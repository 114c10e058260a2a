"""The whole product in one process: web pages, API, background jobs and their clock."""

import importlib
import os
import signal
import sys

import waitress
from django.conf import settings
from django.core.management import call_command, get_commands
from django.core.management.base import BaseCommand, CommandError
from django.db import connections

from crm.wsgi import application


class Command(BaseCommand):
    help = "Serve web pages and run background jobs. HOST and PORT come from the environment."

    def add_arguments(self, parser):
        parser.add_argument(
            "--prepare",
            action="store_true",
            help="First migrate; load the demo company where nobody is.",
        )

    def handle(self, prepare=False, **options):
        if prepare:
            self.prepare()
        server = self.listen()
        jobs = None if settings.REDIS_URL else self.start_jobs()
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
        self.greet()
        try:
            server.run()  # until Ctrl-C or SIGTERM
        finally:
            self.stderr.write("Stopping ...")
            server.close()
            stopped = jobs.stop() if jobs else True
        if not stopped:
            self.leave_at_once()

    def prepare(self):
        call_command("migrate", verbosity=0)
        from crm.models import User

        if "demo" in get_commands() and not User.objects.exists():
            self.stdout.write("First start: loading the demo company.")
            call_command("demo")
        connections.close_all()

    def listen(self):
        host, port = os.environ.get("HOST", "127.0.0.1"), int(os.environ.get("PORT", "8000"))
        try:
            return waitress.create_server(application, host=host, port=port, threads=8, ident=None)
        except OSError as error:
            raise CommandError(f"Cannot listen on {host}:{port} ({error.strerror}). Set HOST or PORT.") from error

    def start_jobs(self):
        from crm.in_process import Jobs

        jobs = Jobs()
        jobs.start()
        return jobs

    def greet(self):
        self.stdout.write(f"\nLTC CRM runs at {settings.SITE_URL}  (Ctrl-C stops it)\n\n")
        for line in demo_logins():
            self.stdout.write(line)
        self.stdout.flush()

    def leave_at_once(self):
        """A job that is still running is taken up again at the next start; its thread cannot be stopped."""
        self.stderr.write("A job was still running; the next start takes it up again.")
        if settings.EMBEDDED:
            from crm import embedded_postgres

            embedded_postgres.stop(settings.VAR_DIR)
        os._exit(0)


def demo_logins():
    """One line per role of the demo company, as far as its people are in the database."""
    try:
        demo = importlib.import_module("crm.demo")
    except ModuleNotFoundError:
        return []
    from crm.models import User

    emails = [email for _role, email in demo.LOGINS]
    present = set(User.objects.filter(email__in=emails).values_list("email", flat=True))
    lines = [f"  {email:<32}{role}" for role, email in demo.LOGINS if email in present]
    return [*lines, f"\n  Password of each: {demo.PASSWORD}\n"] if lines else []
