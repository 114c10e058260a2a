"""What was booked before there was a ledger is posted into it."""

from django.db import migrations, models

PAID = """
ALTER TABLE billing_allocation DISABLE TRIGGER allocations_are_append_only;
UPDATE billing_allocation SET paid = amount;
"""

# Every change of what is owed on an invoice and of what is held of a payment, in the order it happened. A running
# balance is worth its amount at the document's rate, rounded once; a change is the step from one worth to the next.
BACKFILL = """
CREATE TEMPORARY TABLE moves ON COMMIT DROP AS
WITH places AS (
    SELECT coalesce((SELECT CASE base_currency WHEN 'JPY' THEN 0 ELSE 2 END FROM crm_company LIMIT 1), 2) AS n
), acts AS (
    SELECT 'invoice' AS kind, i.id AS source, i.issued_on AS day, 0 AS rank, i.customer_id, i.id AS invoice_id,
           NULL::bigint AS payment_id, NULL::bigint AS note_id, i.gross AS owed, NULL::numeric AS held,
           'issue' AS verb, 'invoice' AS record_type, i.id AS record_id
      FROM billing_invoice i WHERE i.sequence IS NOT NULL
    UNION ALL
    SELECT 'void', i.id, i.voided_on, 9, i.customer_id, i.id, NULL, NULL, -i.gross, NULL, 'void', 'invoice', i.id
      FROM billing_invoice i WHERE i.sequence IS NOT NULL AND i.status = 'void'
    UNION ALL
    SELECT 'credit_note', n.id, n.issued_on, 5, i.customer_id, i.id, NULL, n.id, -n.amount, NULL,
           'issue', 'creditnote', n.id
      FROM billing_creditnote n JOIN billing_invoice i ON i.id = n.invoice_id WHERE n.status IN ('issued', 'applied')
    UNION ALL
    SELECT 'payment', p.id, p.received_on, 0, p.customer_id, NULL, p.id, NULL, NULL, -p.amount,
           'confirm', 'payment', p.id
      FROM billing_payment p WHERE p.status IN ('confirmed', 'refunded', 'reversed')
        OR p.status = 'bounced' AND EXISTS (SELECT 1 FROM crm_event e WHERE e.record_type = 'payment'
           AND e.record_id = p.id AND e.verb = 'confirm')
    UNION ALL
    SELECT CASE WHEN a.amount > 0 THEN 'allocation' ELSE 'deallocation' END, a.id, a.allocated_on, 4, i.customer_id,
           i.id, a.payment_id, NULL, -a.amount, a.paid,
           CASE WHEN a.amount > 0 THEN 'confirm' ELSE 'bounce' END, 'payment', a.payment_id
      FROM billing_allocation a JOIN billing_invoice i ON i.id = a.invoice_id
    UNION ALL
    SELECT CASE p.status WHEN 'bounced' THEN 'bounce' ELSE 'reversal' END, p.id, p.undone_on, 9, p.customer_id, NULL,
           p.id, NULL, NULL, p.amount, CASE p.status WHEN 'bounced' THEN 'bounce' ELSE 'reverse' END, 'payment', p.id
      FROM billing_payment p WHERE p.status = 'reversed'
        OR p.status = 'bounced' AND EXISTS (SELECT 1 FROM crm_event e WHERE e.record_type = 'payment'
           AND e.record_id = p.id AND e.verb = 'confirm')
    UNION ALL
    SELECT 'refund', r.id, r.refunded_on, 6, p.customer_id, NULL, p.id, NULL, NULL, r.amount, 'refund', 'payment', p.id
      FROM billing_refund r JOIN billing_payment p ON p.id = r.payment_id
), running AS (
    SELECT acts.*, places.n AS places, i.rate AS invoice_rate, i.currency AS invoice_currency, p.rate AS payment_rate,
           p.currency AS payment_currency,
           sum(owed) OVER (PARTITION BY acts.invoice_id ORDER BY day, rank, source) AS owed_after,
           sum(held) OVER (PARTITION BY acts.payment_id ORDER BY day, rank, source) AS held_after
      FROM acts CROSS JOIN places
      LEFT JOIN billing_invoice i ON i.id = acts.invoice_id LEFT JOIN billing_payment p ON p.id = acts.payment_id
)
SELECT nextval(pg_get_serial_sequence('billing_ledgerentry', 'id')) AS voucher, running.*,
       round(owed_after * invoice_rate, places) - round((owed_after - owed) * invoice_rate, places) AS owed_base,
       round(held_after * payment_rate, places) - round((held_after - held) * payment_rate, places) AS held_base,
       e.id AS event_id, e.actor_id
  FROM running
  LEFT JOIN LATERAL (SELECT id, actor_id FROM crm_event e WHERE e.record_type = running.record_type
       AND e.record_id = running.record_id AND e.verb = running.verb ORDER BY id LIMIT 1) e ON true
 ORDER BY day, rank, source;

INSERT INTO billing_ledgerentry (voucher, kind, account, day, customer_id, invoice_id, payment_id, credit_note_id,
    tax_rate, currency, amount, base, recorded_at, actor_id, event_id)
SELECT voucher, kind, account, day, customer_id, invoice_id, payment_id, note_id, NULL, currency, amount, base, now(),
       actor_id, event_id
FROM (
    SELECT m.*, 'receivable' AS account, invoice_currency AS currency, owed AS amount, owed_base AS base
      FROM moves m WHERE owed IS NOT NULL
    UNION ALL
    SELECT m.*, 'advance', payment_currency, held, held_base FROM moves m WHERE held IS NOT NULL
    UNION ALL
    SELECT m.*, 'bank', payment_currency, -held, -held_base FROM moves m WHERE held IS NOT NULL AND owed IS NULL
    UNION ALL
    SELECT m.*, 'exchange', (SELECT base_currency FROM crm_company LIMIT 1), -owed_base - held_base,
           -owed_base - held_base
      FROM moves m WHERE owed IS NOT NULL AND held IS NOT NULL AND owed_base + held_base <> 0
) AS legs
ORDER BY voucher;

UPDATE billing_allocation a SET gain = m.owed_base + m.held_base
  FROM moves m WHERE m.kind IN ('allocation', 'deallocation') AND m.source = a.id;
ALTER TABLE billing_allocation ENABLE TRIGGER allocations_are_append_only;

-- Revenue and VAT per tax rate. A credit note takes its share of each, rounded along the way so that nothing is lost, and
-- the last revenue line takes what rounding leaves of the base amount.
INSERT INTO billing_ledgerentry (voucher, kind, account, day, customer_id, invoice_id, payment_id, credit_note_id,
    tax_rate, currency, amount, base, recorded_at, actor_id, event_id)
WITH rates AS (
    SELECT invoice_id, tax_rate, sum(net) AS net, sum(tax) AS tax FROM billing_invoiceline GROUP BY 1, 2
), cumulated AS (
    SELECT *, sum(net) OVER w AS net_to, sum(tax) OVER w AS tax_to, sum(net) OVER p AS net_all,
           sum(tax) OVER p AS tax_all, tax_rate = max(tax_rate) OVER p AS is_last
      FROM rates WINDOW p AS (PARTITION BY invoice_id), w AS (PARTITION BY invoice_id ORDER BY tax_rate)
), parts AS (
    SELECT m.*, c.tax_rate, c.is_last,
           coalesce(CASE WHEN m.kind = 'credit_note' THEN
               round(n.net * c.net_to / nullif(c.net_all, 0), 2)
               - round(n.net * (c.net_to - c.net) / nullif(c.net_all, 0), 2)
           ELSE sign(-m.owed) * -c.net END, 0) AS net,
           coalesce(CASE WHEN m.kind = 'credit_note' THEN
               round(n.tax * c.tax_to / nullif(c.tax_all, 0), 2)
               - round(n.tax * (c.tax_to - c.tax) / nullif(c.tax_all, 0), 2)
           ELSE sign(-m.owed) * -c.tax END, 0) AS tax
      FROM moves m JOIN cumulated c ON c.invoice_id = m.invoice_id
      LEFT JOIN billing_creditnote n ON n.id = m.note_id
     WHERE m.kind IN ('invoice', 'void', 'credit_note')
), signed AS (
    SELECT parts.*, CASE WHEN kind = 'credit_note' THEN net ELSE -net END AS net_amount,
           CASE WHEN kind = 'credit_note' THEN tax ELSE -tax END AS tax_amount FROM parts
), worth AS (
    SELECT signed.*, round(net_amount * invoice_rate, places) AS net_base,
           round(tax_amount * invoice_rate, places) AS tax_base FROM signed
), whole AS (
    SELECT worth.*, -owed_base - sum(net_base + tax_base) OVER (PARTITION BY voucher) AS left_over FROM worth
)
SELECT voucher, kind, account, day, customer_id, invoice_id, NULL, note_id, tax_rate, invoice_currency, amount, base,
       now(), actor_id, event_id
FROM (
    SELECT whole.*, 'revenue' AS account, net_amount AS amount,
           net_base + CASE WHEN is_last THEN left_over ELSE 0 END AS base FROM whole
    UNION ALL
    SELECT whole.*, 'output_tax', tax_amount, tax_base FROM whole WHERE tax_amount <> 0
) AS legs
ORDER BY voucher;
"""


class Migration(migrations.Migration):
    dependencies = [("billing", "0005_ledger"), ("crm", "0002_events_are_append_only")]
    operations = [
        # Rows changed here have foreign keys checked at the end, which tables with a changed definition cannot wait for.
        migrations.RunSQL("SET CONSTRAINTS ALL IMMEDIATE", migrations.RunSQL.noop),
        migrations.RunSQL(PAID, migrations.RunSQL.noop),
        migrations.RunSQL(BACKFILL, migrations.RunSQL.noop),
        migrations.AlterField(
            "allocation", "paid", models.DecimalField("taken from the payment", max_digits=16, decimal_places=2)
        ),
    ]
