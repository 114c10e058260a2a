"""The company whose money is measured, made by SQL: invoices of two years, most of them paid, and their ledger."""

import time

PAID_OF = (13, 15)  # of 150,000 invoices 20,000 are open
PAYMENTS_OF = (4, 3)  # payments to invoices: some are paid in two parts
CUSTOMERS_OF = 30  # invoices to a customer
FINANCE = "finance@bench.example"

# One invoice and one payment made by the product itself are the pattern of all others.
FILL = (
    """
    INSERT INTO crm_customer SELECT made.* FROM crm_customer pattern, generate_series(1, %(customers)s) n,
    LATERAL jsonb_populate_record(pattern, jsonb_build_object(
        'id', nextval(pg_get_serial_sequence('crm_customer', 'id')), 'name', '量测' || n || '科技有限公司')) made
    WHERE pattern.id = %(customer)s
    """,
    """
    CREATE TEMPORARY TABLE buyers AS SELECT id, row_number() OVER (ORDER BY id) - 1 AS turn FROM crm_customer
    WHERE id > %(customer)s
    """,
    """
    INSERT INTO billing_invoice SELECT made.* FROM billing_invoice pattern, generate_series(1, %(invoices)s) n
    JOIN buyers ON buyers.turn = n %% %(customers)s,
    LATERAL jsonb_populate_record(pattern, jsonb_build_object(
        'id', nextval(pg_get_serial_sequence('billing_invoice', 'id')), 'number', 'R-B-' || n, 'sequence', 1000 + n,
        'issued_number', 'INV-' || pattern.issue_year || '-' || lpad((1000 + n)::text, 6, '0'),
        'customer_id', buyers.id, 'net', 100 + n * 7919 %% 9000000 / 100.0, 'gross', 100 + n * 7919 %% 9000000 / 100.0,
        'tax', 0, 'issued_on', pattern.issued_on - 720 + n * 720 / %(invoices)s,
        'due_on', pattern.issued_on - 690 + n * 720 / %(invoices)s)) made
    WHERE pattern.id = %(invoice)s
    """,
    """
    CREATE TEMPORARY TABLE parts AS
    WITH bills AS (SELECT id, customer_id, gross, due_on, row_number() OVER (ORDER BY id) AS n FROM billing_invoice
                   WHERE id > %(invoice)s)
    SELECT nextval(pg_get_serial_sequence('billing_payment', 'id')) AS id, bills.id AS invoice_id, customer_id, part,
           CASE WHEN bills.n > %(halves)s THEN gross WHEN part = 1 THEN round(gross / 2, 2)
                ELSE gross - round(gross / 2, 2) END AS amount,
           least(due_on - 25 + (bills.n %% 60)::int + 5 * part, %(today)s::date) AS day
      FROM bills CROSS JOIN generate_series(1, 2) part
     WHERE bills.n <= %(paid)s AND (part = 1 OR bills.n <= %(halves)s)
    """,
    """
    INSERT INTO billing_payment SELECT made.* FROM parts, billing_payment pattern,
    LATERAL jsonb_populate_record(pattern, jsonb_build_object(
        'id', parts.id, 'number', 'P-B-' || parts.id, 'customer_id', parts.customer_id, 'amount', parts.amount,
        'received_on', parts.day, 'reference', 'B' || parts.id, 'invoice_id', parts.invoice_id)) made
    WHERE pattern.id = %(payment)s
    """,
    """
    INSERT INTO billing_allocation (payment_id, invoice_id, amount, paid, gain, allocated_on, created_at)
    SELECT id, invoice_id, amount, amount, 0, day, now() FROM parts
    """,
    """
    INSERT INTO billing_ledgerentry (voucher, kind, account, day, customer_id, invoice_id, payment_id, currency, amount,
                                     base, recorded_at)
    SELECT id, 'invoice', account, issued_on, customer_id, id, NULL, currency, sign * gross, sign * gross, now()
      FROM billing_invoice CROSS JOIN (VALUES ('receivable', 1), ('revenue', -1)) sides (account, sign)
     WHERE id > %(invoice)s
    UNION ALL
    SELECT 10000000 + id, 'payment', account, day, customer_id, NULL, id, 'CNY', sign * amount, sign * amount, now()
      FROM parts CROSS JOIN (VALUES ('bank', 1), ('advance', -1)) sides (account, sign)
    UNION ALL
    SELECT 20000000 + id, 'allocation', account, day, customer_id, invoice_id, id, 'CNY', sign * amount, sign * amount,
           now()
      FROM parts CROSS JOIN (VALUES ('advance', 1), ('receivable', -1)) sides (account, sign)
    """,
)


def prepare(invoices):
    """Make the company in this size, unless it is there."""
    from django.db import connection, transaction

    from billing.models import Invoice

    if invoices <= Invoice.objects.count() <= invoices + 10:
        return
    print(f"Making a company of {invoices:,} invoices and {invoices * 4 // 3:,} payments ...", flush=True)
    began = time.perf_counter()
    empty()
    with transaction.atomic(), connection.cursor() as cursor:
        values = pattern() | sizes(invoices)
        cursor.execute("SELECT usesuper FROM pg_user WHERE usename = current_user")
        if cursor.fetchone()[0]:
            cursor.execute("SET LOCAL session_replication_role = replica")  # the keys are right by making
        for statement in FILL:
            cursor.execute(statement, values)
        cursor.execute("DROP TABLE parts, buyers")
    print(f"... in {time.perf_counter() - began:.0f} s", flush=True)


def empty():
    from django.core.management import call_command

    call_command("flush", interactive=False, verbosity=0)


def sizes(invoices):
    paid = invoices * PAID_OF[0] // PAID_OF[1]
    payments = invoices * PAYMENTS_OF[0] // PAYMENTS_OF[1]
    return {
        "invoices": invoices,
        "paid": paid,
        "halves": payments - paid,
        "customers": max(invoices // CUSTOMERS_OF, 10),
    }


def pattern():
    """A customer, an invoice and a payment as the product itself makes them."""
    from billing import services
    from billing.models import Invoice, InvoiceLine, Payment
    from crm import clock
    from crm.access import SYSTEM, Role
    from crm.models import Customer, User

    finance = User.objects.create(email=FINANCE, name="Finance", roles=[Role.FINANCE])
    customer = Customer.objects.create(name="量测", owner=finance)
    line = InvoiceLine(description="CRM", quantity=1, unit_price=100, tax_rate=0)
    invoice = services.save_invoice(Invoice(customer=customer, owner=finance), lines=[line], by=SYSTEM)
    services.issue_invoice(services.approve_invoice(invoice, by=SYSTEM), by=SYSTEM)
    payment = Payment(invoice=invoice, customer=customer, amount=100, received_on=clock.today(), reference="B0")
    services.confirm(services.register_payment(payment, by=SYSTEM), by=SYSTEM)
    return {"customer": customer.pk, "invoice": invoice.pk, "payment": payment.pk, "today": clock.today()}
