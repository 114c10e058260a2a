from django.db import migrations

REFUSE = """
CREATE FUNCTION refuse_event_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'Events are append-only.';
END $$;
CREATE TRIGGER events_are_append_only BEFORE UPDATE OR DELETE ON crm_event
    FOR EACH ROW EXECUTE FUNCTION refuse_event_change();
"""


class Migration(migrations.Migration):
    dependencies = [("crm", "0001_first")]
    operations = [
        migrations.RunSQL(
            REFUSE, "DROP TRIGGER events_are_append_only ON crm_event; DROP FUNCTION refuse_event_change();"
        )
    ]
