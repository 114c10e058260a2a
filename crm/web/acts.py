"""One verb on one record, by a click or through its form."""

from django.core.exceptions import ValidationError

from crm import access, verbs
from crm.transitions import IllegalMove
from crm.web.responses import back, go, respond


class ActPages:
    """`act`: the verb's form in a dialog where it needs input, then its service."""

    def act(self, pk, verb):
        """One verb on one record: its form in a dialog where it needs input, then the service."""
        record, verb = self.get(pk), self.verb(verb)
        access.authorize(self.request.user, access.name(verb.name, self.model), record)
        if self.request.method != "POST":
            return self.act_form(record, verb, verb.bind(record, self.request.user))
        form = verb.bind(record, self.request.user, self.request.POST, self.request.FILES)
        if form is not None and not form.is_valid():
            return self.act_form(record, verb, form, status=422)
        try:
            result = verbs.perform(verb, record, self.request.user, form)
        except ValidationError as refusal:
            if form is None:
                raise
            return self.act_form(record, verb, form, status=409 if isinstance(refusal, IllegalMove) else 422)
        return self.acted(record, result)

    def acted(self, record, result):
        """Go on to what the act led to, else stay where one was."""
        led_on = hasattr(result, "get_absolute_url") and (type(result), result.pk) != (type(record), record.pk)
        return go(self.request, result.get_absolute_url() if led_on else back(self.request, record.get_absolute_url()))

    def verb(self, name):
        from django.http import Http404

        found = verbs.of(self.model).get(name)
        if found is None:
            raise Http404
        return found

    def act_form(self, record, verb, form, status=200):
        move = self.model.MOVES[verb.name]
        context = {
            "form": form or verbs.VerbForm(record=record, by=self.request.user),
            "heading": f"{move.label} · {record}",
            "submit_label": move.label,
            "action": self.act_url(record, verb),
            "cancel_url": record.get_absolute_url(),
        }
        return respond(self.request, "_form.html", context, partial="_dialog.html", status=status)
