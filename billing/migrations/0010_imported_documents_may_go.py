from django.db import migrations

# What came in with a file may be deleted while that import is being undone, and only then. Undoing itself looks
# whether anybody touched the documents since and whether their periods are open; the keys refuse what is paid.
LET_GO = """
CREATE FUNCTION import_is_being_undone(run bigint) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (SELECT 1 FROM crm_importrun WHERE id = run AND step = 'undo' AND undone_at IS NULL)
$$;

CREATE OR REPLACE FUNCTION refuse_invoice_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.issued_on IS NULL THEN
        RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
    END IF;
    IF TG_OP = 'DELETE' THEN
        IF import_is_being_undone(OLD.import_run_id) THEN
            RETURN OLD;
        END IF;
        RAISE EXCEPTION 'An issued invoice never changes.';
    END IF;
    IF ROW(
        OLD.series, OLD.issue_year, OLD.sequence, OLD.issued_number, OLD.issued_on, OLD.due_on, OLD.buyer,
        OLD.contract_id, OLD.currency, OLD.rate, OLD.net, OLD.tax, OLD.gross, OLD.import_run_id
    ) IS DISTINCT FROM ROW(
        NEW.series, NEW.issue_year, NEW.sequence, NEW.issued_number, NEW.issued_on, NEW.due_on, NEW.buyer,
        NEW.contract_id, NEW.currency, NEW.rate, NEW.net, NEW.tax, NEW.gross, NEW.import_run_id
    ) THEN
        RAISE EXCEPTION 'An issued invoice never changes.';
    END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE FUNCTION refuse_invoice_line_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT 1 FROM billing_invoice WHERE id = OLD.invoice_id AND issued_on IS NOT NULL
        AND NOT (TG_OP = 'DELETE' AND import_is_being_undone(import_run_id))
    ) THEN
        RAISE EXCEPTION 'An issued invoice never changes.';
    END IF;
    RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END $$;

CREATE OR REPLACE FUNCTION refuse_allocation_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND EXISTS (
        SELECT 1 FROM billing_payment WHERE id = OLD.payment_id AND import_is_being_undone(import_run_id)
    ) THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'Allocations are only added to; undoing one adds its negative.';
END $$;

CREATE OR REPLACE FUNCTION refuse_ledger_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- when two customers turn out to be one, the entries follow; nothing else of them ever changes
    IF TG_OP = 'UPDATE' AND to_jsonb(OLD) - 'customer_id' = to_jsonb(NEW) - 'customer_id' THEN
        RETURN NEW;
    END IF;
    -- entries of imported documents go with them: those of a payment with the payment, of an invoice with the invoice
    IF TG_OP = 'DELETE' AND NOT EXISTS (
        SELECT 1 FROM billing_period WHERE status = 'closed' AND OLD.day BETWEEN first_day AND last_day
    ) AND (
        EXISTS (SELECT 1 FROM billing_payment WHERE id = OLD.payment_id AND import_is_being_undone(import_run_id))
        OR OLD.payment_id IS NULL AND EXISTS (
            SELECT 1 FROM billing_invoice WHERE id = OLD.invoice_id AND import_is_being_undone(import_run_id))
    ) THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'The ledger is append-only.';
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("billing", "0009_imported_documents"), ("crm", "0008_imports")]
    operations = [migrations.RunSQL(LET_GO, migrations.RunSQL.noop)]
