"""What happens to bank files behind the pages."""

from django.utils.translation import gettext_lazy as _

from billing.bank import statements
from billing.bank.models import BankStatement
from crm.jobs import task


@task(statements.TASK, _("Take in bank statement"), queue="long")
def take_in_statement(job, statement_id):
    """Check the file and take in its lines."""
    rows = BankStatement.objects.select_related("account", "uploaded_by")
    return statements.run(rows.get(pk=statement_id), job)
