"""The forms by which a person answers what a file leaves open."""

from django import forms
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.imports import answers, days, kinds, questions

ORDERS = [
    (days.DAY_FIRST, gettext_lazy("Day first: 31/12/2025")),
    (days.MONTH_FIRST, gettext_lazy("Month first: 12/31/2025")),
]


class UploadForm(forms.Form):
    kind = forms.ChoiceField(label=gettext_lazy("what it holds"))
    file = forms.FileField(
        label=gettext_lazy("CSV or Excel file"),
        widget=forms.FileInput(attrs={"accept": ".csv,.txt,.tsv,.xlsx,.xls"}),
        help_text=gettext_lazy("The first row names the columns. Nothing is created before you have seen a preview."),
    )

    def __init__(self, *args, by, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["kind"].choices = [(kind.key, kind.title) for kind in kinds.offered(by)]


class ColumnsForm(forms.Form):
    """Which column holds what, and what is to happen to known records."""

    system = forms.CharField(
        label=gettext_lazy("system the file comes from"), max_length=50, required=False,
        help_text=gettext_lazy("With it and the column of its ids, a record is never brought in twice."),
    )  # fmt: skip
    mode = forms.ChoiceField(label=gettext_lazy("what to do"), choices=answers.MODES.items())
    key = forms.ChoiceField(
        label=gettext_lazy("known records are found by"), required=False,
        help_text=gettext_lazy("Only for updates. Empty cells leave what is there."),
    )  # fmt: skip

    def __init__(self, *args, run, **kwargs):
        super().__init__(*args, **kwargs)
        self.run, said = run, {**answers.PARTS, **run.answers}
        kind, columns = run.type, said["columns"]
        if not kind.keys:
            del self.fields["mode"], self.fields["key"]
        else:
            self.fields["key"].choices = [
                ("", "—"),
                *((key, capfirst(str(kind.by_key[key].label))) for key in kind.keys),
            ]
        for name in ("system", "mode", "key"):
            if name in self.fields:
                self.fields[name].initial = said[name]
        headers = [(at, header or f"({at + 1})") for at, header in enumerate(run.headers)]
        for column in kind.fields:
            self.fields[f"column_{column.key}"] = forms.TypedChoiceField(
                label=capfirst(str(column.label)),
                choices=[("", _("— not in the file —")), *headers],
                coerce=int,
                empty_value=None,
                required=False,
                initial=columns.get(column.key),
            )

    def column_fields(self):
        return [bound for bound in self if bound.name.startswith("column_")]

    def file_fields(self):
        return [bound for bound in self if not bound.name.startswith("column_")]

    def said(self):
        values = dict(self.cleaned_data)
        at = {column.key: values.pop(f"column_{column.key}") for column in self.run.type.fields}
        return {"columns": {key: position for key, position in at.items() if position is not None}, **values}

    def refuse(self, refusal):
        """Put a refusal beside the columns it names."""
        for key, lines in refusal.message_dict.items():
            name = f"column_{key}" if f"column_{key}" in self.fields else key if key in self.fields else None
            self.add_error(name, lines)


class QuestionsForm(forms.Form):
    """The days and words that the file leaves open."""

    def __init__(self, *args, run, asked, **kwargs):
        super().__init__(*args, **kwargs)
        self.asked = {}
        said = answers.Answers(run)
        for number, question in enumerate(asked):
            self.asked[f"q{number}"] = question
            self.fields[f"q{number}"] = _field(question, said)

    def day_fields(self):
        return [
            (bound, self.asked[bound.name])
            for bound in self
            if isinstance(self.asked[bound.name], questions.DayQuestion)
        ]

    def word_fields(self):
        """[(column, [(field, question)])]"""
        found = {}
        for bound in self:
            question = self.asked[bound.name]
            if isinstance(question, questions.WordQuestion):
                found.setdefault(question.column, []).append((bound, question))
        return found.items()

    def said(self, run):
        """The answers, beside those given before."""
        said = answers.Answers(run)
        orders, words = dict(said.days), {key: dict(known) for key, known in said.words.items()}
        for name, question in self.asked.items():
            value = self.cleaned_data[name]
            if isinstance(question, questions.DayQuestion):
                orders[question.column.key] = value
            elif value:
                words.setdefault(question.column.key, {})[question.word] = value
        return {"days": orders, "words": words}


def _field(question, said):
    if isinstance(question, questions.DayQuestion):
        return forms.ChoiceField(
            label=capfirst(str(question.column.label)), choices=ORDERS, widget=forms.RadioSelect,
            initial=said.day_order(question.column.key) or questions.likely_order(question),
        )  # fmt: skip
    return forms.ChoiceField(
        label=question.word, required=False,
        choices=[("", _("— not known: refuse these rows —")), *question.options],
        initial=said.word(question.column.key, question.word) or question.likely,
    )  # fmt: skip
