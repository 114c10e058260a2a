"""A KPI's rows as SQL, so that one statement sums them over any number of periods, people and teams."""

from django.core.exceptions import EmptyResultSet

COLUMNS = ("on_day", "of_person", "of_customer", "counts")
NONE = "SELECT NULL::date, NULL::bigint, NULL::bigint, NULL::numeric, NULL::numeric WHERE false"


def of(kpi, cut, first, last):
    """(sql, params) of rows (on_day, person, customer, num, den): what counts above the line, what below it."""
    selects, params = [], []
    for part, measure in kpi.parts.items():
        for source in measure.sources:
            try:
                sql, values = source.counted(cut, first, last).values_list(*COLUMNS).query.sql_with_params()
            except EmptyResultSet:
                continue
            amount = "counts, NULL::numeric" if part == "of" else "NULL::numeric, counts"
            columns = ", ".join(COLUMNS)
            selects.append(f"SELECT on_day, of_person, of_customer, {amount} FROM ({sql}) AS row ({columns})")  # noqa: S608
            params += values
    body = " UNION ALL ".join(selects) or NONE
    return f"facts (on_day, person, customer, num, den) AS ({body})", params
