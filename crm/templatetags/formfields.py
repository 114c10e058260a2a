"""One form field, laid out the same on every form."""

from copy import copy

from django import forms

PHONE_WORDS = ("phone", "mobile", "tel")


def kind_of(bound):
    """The layout a field needs: check, choices, text or area."""
    widget = bound.field.widget
    if isinstance(widget, forms.CheckboxInput):
        return "check"
    if isinstance(widget, forms.RadioSelect | forms.CheckboxSelectMultiple):
        return "choices"
    return "area" if isinstance(widget, forms.Textarea) else "text"


def control(bound, **attrs):
    """The field's control with the class, keyboard and accessible description it needs."""
    widget = _browser_widget(bound)
    return bound.as_widget(widget=widget, attrs=_attributes(bound, widget) | attrs)


def _browser_widget(bound):
    """Dates go through the browser's own picker, which wants ISO values in every language."""
    widget = copy(bound.field.widget)
    if isinstance(widget, forms.DateTimeInput):
        widget.input_type, widget.format, widget.is_localized = "datetime-local", "%Y-%m-%dT%H:%M", False
    elif isinstance(widget, forms.DateInput):
        widget.input_type, widget.format, widget.is_localized = "date", "%Y-%m-%d", False
    elif type(widget) is forms.TextInput and _is_phone(bound):
        widget.input_type = "tel"
    return widget


def _attributes(bound, widget):
    attrs = {"class": f"{widget.attrs.get('class', '')} {_css(bound, widget)}".strip()}
    if described := _described_by(bound):
        attrs["aria-describedby"] = described
    if mode := _keyboard(bound, widget):
        attrs["inputmode"] = mode
    if isinstance(widget, forms.Textarea) and widget.attrs.get("rows", "10") == "10":
        attrs["rows"] = 3  # Django's default of ten rows pushes the rest of a form off the screen
    return attrs


def _css(bound, widget):
    if isinstance(widget, forms.RadioSelect | forms.CheckboxSelectMultiple):
        return ""
    if isinstance(widget, forms.CheckboxInput):
        return "form-check-input"
    css = "form-select" if isinstance(widget, forms.Select) else "form-control"
    return f"{css} is-invalid" if bound.errors else css


def _described_by(bound):
    parts = [f"{bound.auto_id}_help"] if bound.help_text else []
    return " ".join(parts + ([f"{bound.auto_id}_error"] if bound.errors else []))


def _keyboard(bound, widget):
    if isinstance(bound.field, forms.DecimalField | forms.FloatField):
        return "decimal"
    if isinstance(bound.field, forms.IntegerField):
        return "numeric"
    return "tel" if getattr(widget, "input_type", "") == "tel" else ""


def _is_phone(bound):
    return any(word in bound.name for word in PHONE_WORDS)
