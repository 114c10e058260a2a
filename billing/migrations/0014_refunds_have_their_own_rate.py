from django.db import migrations, models

# Until now what was given back was worth what it was when it came in, so there was neither gain nor loss.
AS_RECEIVED = """
UPDATE billing_refund SET rate = billing_payment.rate
  FROM billing_payment WHERE billing_payment.id = billing_refund.payment_id
"""


class Migration(migrations.Migration):
    dependencies = [("billing", "0013_credit_limits_and_releases")]
    operations = [
        migrations.AddField(
            model_name="refund",
            name="gain",
            field=models.DecimalField(
                decimal_places=2, default=0, max_digits=16, verbose_name="gain or loss on exchange"
            ),
        ),
        migrations.AddField(
            model_name="refund",
            name="rate",
            field=models.DecimalField(decimal_places=8, default=1, max_digits=18, verbose_name="rate to base currency"),
        ),
        migrations.RunSQL(AS_RECEIVED, migrations.RunSQL.noop),
    ]
