from django.db import migrations

KEEP = """
CREATE FUNCTION refuse_invoice_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.sequence IS NULL THEN
        RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
    END IF;
    IF TG_OP = 'DELETE' OR ROW(
        OLD.series, OLD.issue_year, OLD.sequence, OLD.issued_number, OLD.issued_on, OLD.due_on, OLD.buyer,
        OLD.contract_id, OLD.currency, OLD.rate, OLD.net, OLD.tax, OLD.gross
    ) IS DISTINCT FROM ROW(
        NEW.series, NEW.issue_year, NEW.sequence, NEW.issued_number, NEW.issued_on, NEW.due_on, NEW.buyer,
        NEW.contract_id, NEW.currency, NEW.rate, NEW.net, NEW.tax, NEW.gross
    ) THEN
        RAISE EXCEPTION 'An issued invoice never changes.';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER issued_invoice_never_changes BEFORE UPDATE OR DELETE ON billing_invoice
    FOR EACH ROW EXECUTE FUNCTION refuse_invoice_change();

CREATE FUNCTION refuse_invoice_line_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM billing_invoice WHERE id = OLD.invoice_id AND sequence IS NOT NULL) THEN
        RAISE EXCEPTION 'An issued invoice never changes.';
    END IF;
    RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE TRIGGER issued_invoice_line_never_changes BEFORE UPDATE OR DELETE ON billing_invoiceline
    FOR EACH ROW EXECUTE FUNCTION refuse_invoice_line_change();

CREATE FUNCTION refuse_allocation_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'Allocations are only added to; undoing one adds its negative.';
END $$;
CREATE TRIGGER allocations_are_append_only BEFORE UPDATE OR DELETE ON billing_allocation
    FOR EACH ROW EXECUTE FUNCTION refuse_allocation_change();
"""
FORGET = """
DROP TRIGGER allocations_are_append_only ON billing_allocation;
DROP FUNCTION refuse_allocation_change();
DROP TRIGGER issued_invoice_line_never_changes ON billing_invoiceline;
DROP FUNCTION refuse_invoice_line_change();
DROP TRIGGER issued_invoice_never_changes ON billing_invoice;
DROP FUNCTION refuse_invoice_change();
"""


class Migration(migrations.Migration):
    dependencies = [("billing", "0001_first")]
    operations = [migrations.RunSQL(KEEP, FORGET)]
