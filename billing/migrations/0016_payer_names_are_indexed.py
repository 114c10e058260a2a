from django.db import migrations

# A company's name as `billing.bank.aliases.bare_field` reads it, to the letter, or the index is of no use to it.
SIGNS = r"""[][(){}<>（）［］《》【】〔〕“”‘’.,，。、;；:：·_/\\&+*''\"\s-]+"""
FORMS = "有限责任公司|股份有限公司|有限公司|分公司|总公司|公司|集团"
ENDINGS = "(co|company|corp|corporation|inc|incorporated|ltd|limited|llc|plc|gmbh|ag|pte|pty|bv|nv|sa|sarl|kg)+$"


def index(name, table, column):
    plain = f"lower(normalize({column}, NFKC))"
    for pattern in (SIGNS, FORMS, ENDINGS):
        plain = f"regexp_replace({plain}, '{pattern}', '', 'g')"
    return migrations.RunSQL(f"CREATE INDEX {name} ON {table} ({plain})", f"DROP INDEX {name}")


class Migration(migrations.Migration):
    dependencies = [("billing", "0015_tax_authority_number"), ("crm", "0001_first")]
    operations = [
        index("customer_bare_name", "crm_customer", "name"),
        index("billing_title_bare_name", "crm_billingtitle", "title"),
    ]
