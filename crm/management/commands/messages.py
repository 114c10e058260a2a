"""Translations: collect, check, compile."""

from django.core.management.base import BaseCommand, CommandError

from crm import translations


class Command(BaseCommand):
    help = "Collect all translatable texts into the Chinese catalogue, keeping the translations there are."
    requires_system_checks = []

    def add_arguments(self, parser):
        parser.add_argument("--check", action="store_true", help="Only say what is missing; fails if anything is.")
        parser.add_argument("--compile", action="store_true", help="Only write the .mo file the server reads.")

    def handle(self, check=False, compile=False, **options):
        if check:
            return self.check_catalogue()
        if compile:
            return translations.compile_catalogue()
        translations.update()
        self.stdout.write(f"{translations.PO} is up to date.")

    def check_catalogue(self):
        problems = list(translations.problems())
        for problem in problems:
            self.stderr.write(problem)
        if problems:
            raise CommandError(f"{len(problems)} problems in the translations.")
        self.stdout.write("Translations are complete.")
