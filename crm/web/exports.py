"""A filtered list as a file, formulas neutralised."""

import tempfile

from django.http import FileResponse, StreamingHttpResponse
from django.http.response import Http404
from django.utils import timezone
from django.utils.html import strip_tags
from django.utils.http import content_disposition_header
from django.utils.safestring import SafeString

from crm import access, sheets


def cells(columns, queryset, user):
    """The rows as plain values; amounts stay empty where the person may not see them."""
    for record in queryset.iterator(chunk_size=1000):
        sees = access.sees_money(user, record)
        yield [plain(column.value(record)) if sees or not column.is_money else None for column in columns]


def plain(value):
    return strip_tags(value) if isinstance(value, SafeString) else value


def file_response(model, columns, queryset, kind, user):
    headers = [column.title(model) for column in columns]
    name = f"{model._meta.model_name}-{timezone.localdate():%Y%m%d}"
    return rows_response(headers, cells(columns, queryset, user), name, kind)


def rows_response(headers, rows, name, kind):
    """Rows as a download `name.kind`, CSV or XLSX."""
    filename = f"{name}.{kind}"
    if kind == "csv":
        response = StreamingHttpResponse(sheets.write_csv(headers, rows), content_type="text/csv; charset=utf-8")
        response["Content-Disposition"] = content_disposition_header(True, filename)
        return response
    if kind != "xlsx":
        raise Http404
    file = tempfile.TemporaryFile()  # noqa: SIM115 - closed by the response
    sheets.write_xlsx(headers, rows, file)
    file.seek(0)
    return FileResponse(file, as_attachment=True, filename=filename)
