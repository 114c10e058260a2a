"""Bring back what `backup` wrote."""

from django.core.management.base import BaseCommand, CommandError

from crm import backups


class Command(BaseCommand):
    help = "Restore a backup into an empty database, or with --replace into one in use; all checked by digest."

    def add_arguments(self, parser):
        parser.add_argument("file")
        parser.add_argument("--replace", action="store_true", help="DELETE what is in the database and the files now")

    def handle(self, *, file, replace, **options):
        try:
            manifest = backups.restore(file, replace=replace)
        except backups.BackupError as refusal:
            raise CommandError(str(refusal)) from refusal
        rows = sum(count for count, _digest in manifest["tables"].values())
        self.stdout.write(f"Restored as of {manifest['made_at']}: {rows:,} rows, {len(manifest['files']):,} files.")
        if not backups.same_secret(manifest):
            self.stderr.write(
                "SECRET_KEY differs from the one of the backup: set that one, or authenticator apps, sessions and "
                "links that were sent out will not work."
            )
