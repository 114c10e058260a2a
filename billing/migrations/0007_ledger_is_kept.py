from django.db import migrations

KEEP = """
CREATE FUNCTION refuse_ledger_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- when two customers turn out to be one, the entries follow; nothing else of them ever changes
    IF TG_OP = 'UPDATE' AND to_jsonb(OLD) - 'customer_id' = to_jsonb(NEW) - 'customer_id' THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'The ledger is append-only.';
END $$;
CREATE TRIGGER ledger_is_append_only BEFORE UPDATE OR DELETE ON billing_ledgerentry
    FOR EACH ROW EXECUTE FUNCTION refuse_ledger_change();

CREATE FUNCTION refuse_ledger_entry_in_closed_period() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM billing_period
               WHERE status = 'closed' AND NEW.day BETWEEN first_day AND last_day) THEN
        RAISE EXCEPTION 'The period of % is closed.', NEW.day;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER ledger_refuses_closed_periods BEFORE INSERT ON billing_ledgerentry
    FOR EACH ROW EXECUTE FUNCTION refuse_ledger_entry_in_closed_period();
"""
FORGET = """
DROP TRIGGER ledger_refuses_closed_periods ON billing_ledgerentry;
DROP FUNCTION refuse_ledger_entry_in_closed_period();
DROP TRIGGER ledger_is_append_only ON billing_ledgerentry;
DROP FUNCTION refuse_ledger_change();
"""


class Migration(migrations.Migration):
    dependencies = [("billing", "0006_ledger_backfill")]
    operations = [migrations.RunSQL(KEEP, FORGET)]
