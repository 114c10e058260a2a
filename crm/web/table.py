"""The rows of a list as HTML, put together without a template: a list has hundreds of cells."""

from django.middleware.csrf import get_token
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _

TICK = (
    '<td class="cell-tick"><input class="form-check-input" type="checkbox" name="pk" value="{}" form="bulk"'
    ' aria-label="{}"></td>'
)


def body(rows, columns, request):
    """The `<tr>` of each row: the box to tick it, its cells, its next act."""
    opening = [_opening(column, is_first=at == 0) for at, column in enumerate(columns)]
    words = _("Tick %(record)s")
    return mark_safe("".join(_row(row, opening, words, request) for row in rows))  # noqa: S308 - escaped below


def _opening(column, is_first):
    num, main = " num" if column.at == "end" else "", " cell-main" if is_first else ""
    return format_html('<td class="col-{}{}{}">', column.name, num, main)


def _row(row, opening, words, request):
    record, (first, *others) = row["record"], row["cells"]
    parts = ["<tr>", format_html(TICK, str(record.pk), words % {"record": record})]
    parts += [opening[0], format_html('<a class="row-link" href="{}">{}</a>', row["url"], first), "</td>"]
    for start, cell in zip(opening[1:], others, strict=True):
        parts += [start, conditional_escape(cell), "</td>"]
    parts += ['<td class="cell-action">', act(row["action"], request) if row["action"] else "", "</td></tr>\n"]
    return "".join(parts)


def act(action, request):
    """The button of a row's next act: done by the click where it needs no input, else its dialog."""
    if action["post"]:
        return format_html(
            '<form method="post" action="{}"><input type="hidden" name="csrfmiddlewaretoken" value="{}">'
            '<button class="btn btn-sm" type="submit">{}</button></form>',
            action["url"], get_token(request), action["label"],
        )  # fmt: skip
    dialog = ' hx-get="{0}" hx-target="#dialog" hx-push-url="false"' if action.get("dialog") else ""
    return format_html(f'<a class="btn btn-sm" href="{{0}}"{dialog}>{{1}}</a>', action["url"], action["label"])
