"""The template words of every page; built in, so no template loads them."""

from django import template
from django.utils.html import format_html_join
from django.utils.text import capfirst

from crm import frame
from crm.templatetags import badges, formatting, formfields
from crm.web import table
from crm.web.paging import PLACE

register = template.Library()

for words in ("money", "compact_money", "amount", "plain", "unlocalised", "percent", "when", "due"):
    register.filter(words, getattr(formatting, words))
for tag in (badges.icon, badges.badge, badges.tone_badge, badges.tags, badges.person, badges.avatar):
    register.simple_tag(tag)


@register.inclusion_tag("_field.html")
def field(bound, hide_label=False):
    """A form field with label, control, help and error."""
    return {"field": bound, "kind": formfields.kind_of(bound), "control": formfields.control(bound), "bare": hide_label}


@register.simple_tag
def control(bound, label=""):
    """A field's control alone, named for screen readers; for cells of a sheet."""
    return formfields.control(bound, **{"aria-label": label or capfirst(bound.label)})


@register.inclusion_tag("_fields.html")
def fields(form, autofocus=False):
    """All fields of a form in a grid, with the errors that belong to no field above them."""
    if autofocus:
        _focus_first(form)
    return {"form": form}


@register.simple_tag(takes_context=True)
def framed(context, template):
    """A part of the frame around every page; see `crm.frame.piece`."""
    return frame.piece(template, context["request"])


@register.filter
def is_wide(bound):
    """Long texts and lists of choices take a whole line of the form."""
    return formfields.kind_of(bound) in {"area", "choices"}


@register.filter
def in_columns(cells, columns):
    """Each cell of a row with the column it stands in."""
    return zip(cells, columns, strict=True)


@register.simple_tag(takes_context=True)
def row_action(context, action):
    """The button of a row's next act."""
    return table.act(action, context["request"])


@register.simple_tag(takes_context=True)
def query_url(context, **changes):
    """The present address with some parameters replaced, or removed where the value is None."""
    query = context["request"].GET.copy()
    for key, value in changes.items():
        if value is None:
            query.pop(key, None)
        else:
            query[key] = value
    return f"?{query.urlencode()}"


@register.simple_tag(takes_context=True)
def hidden_query(context, form):
    """The parameters of the present address which a GET form does not show itself, so that it keeps them."""
    kept = [
        (key, value)
        for key, values in context["request"].GET.lists()
        if key not in PLACE and not {key, key.rpartition("_")[0]} & form.fields.keys()
        for value in values
    ]
    return format_html_join("\n", '<input type="hidden" name="{}" value="{}">', kept)


@register.simple_tag(takes_context=True)
def hidden_filters(context, form):
    """The filters that are on as hidden fields, while the panel with their own fields is not there."""
    return format_html_join(
        "\n",
        '<input type="hidden" name="{}" value="{}">',
        (
            (key, value)
            for key, values in context["request"].GET.lists()
            if key != "q" and key not in PLACE and {key, key.rpartition("_")[0]} & form.fields.keys()
            for value in values
        ),
    )


@register.simple_tag(takes_context=True)
def hidden_state(context, *besides):
    """The present address as hidden fields, from the beginning of the list and without the parameters named."""
    return format_html_join(
        "\n",
        '<input type="hidden" name="{}" value="{}">',
        (
            (key, value)
            for key, values in context["request"].GET.lists()
            if key not in PLACE and key not in besides
            for value in values
        ),
    )


@register.simple_tag
def spark(values):
    """The points of a trend line, oldest first, in a box of 100 by 24; what has no value is passed over."""
    known = [(at, float(value)) for at, value in enumerate(values) if value is not None]
    if len(known) < 2:
        return ""
    low, high = min(value for _at, value in known), max(value for _at, value in known)
    width, height = 100 / (len(values) - 1), 20 / ((high - low) or 1)
    return " ".join(f"{at * width:.1f},{22 - (value - low) * height:.1f}" for at, value in known)


def _focus_first(form):
    first_wrong = next((bound for bound in form.visible_fields() if bound.errors), None)
    first = first_wrong or next(iter(form.visible_fields()), None)
    if first:
        first.field.widget.attrs["autofocus"] = True
