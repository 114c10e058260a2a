"""Write the whole company into one file."""

from django.core.management.base import BaseCommand

from crm import backups


class Command(BaseCommand):
    help = "Write database and files, as they are at one moment, into one archive. People may go on working."

    def add_arguments(self, parser):
        parser.add_argument("file", help="e.g. ltc-2026-11-30.tar.gz; keep it somewhere else than this machine")

    def handle(self, *, file, **options):
        manifest = backups.make(file)
        rows = sum(count for count, _digest in manifest["tables"].values())
        self.stdout.write(
            f"{file}: {rows:,} rows in {len(manifest['tables'])} tables, {len(manifest['files']):,} files."
        )
        self.stdout.write("Keep SECRET_KEY (embedded: var/secret_key) apart from it: second factors and links need it.")
