"""Ticked rows: one act on many records, from the list's bar to the page that says what came of it."""

from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import Http404, QueryDict
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop, ngettext

from crm import access, bulk, jobs, saved_views, tags, verbs, work
from crm.bulk import BulkAct
from crm.models import BulkRun
from crm.verbs import VerbForm
from crm.web.responses import back, go, respond

TASK = "crm.bulk"
EXPORTS = {"export-csv": "csv", "export-xlsx": "xlsx"}
MOST_TICKED = 1000


class TagForm(VerbForm):
    add = forms.CharField(label=_("add tags"), required=False, max_length=400, help_text=_("Separated by commas."))
    remove = forms.CharField(label=_("take off tags"), required=False, max_length=400)


class BulkPages:
    """`bulk`: what the bar above ticked rows asks for."""

    def bulk_acts(self):
        """The acts this person's roles may do at all on such records, in the order of its MOVES."""
        moves = getattr(self.model, "MOVES", {})
        tag = [BulkAct("tag", _t("Tag"), tags.change, TagForm)] if self.model.may_be_tagged else []
        return (tag if self.granted("change") else []) + [
            BulkAct(name, moves[name].label, verb.service, verb.form, moves[name].danger)
            for name in moves
            if (verb := verbs.of(self.model).get(name)) and verb.for_many and self.granted(name)
        ]

    def granted(self, verb):
        return access.allows(self.request.user, access.name(verb, self.model))

    def bulk_act(self, name):
        found = next((act for act in self.bulk_acts() if act.name == name), None)
        if found is None:
            raise Http404
        return found

    def bulk(self):
        """Ask what the act needs, then do it: at once, or as a job where there are many."""
        asked = self.request.POST
        takes_all, keys = bool(asked.get("all")), ticked(asked)
        list_url = f"{reverse(self.url_name('list'))}?{asked.get('query', '')}"
        if self.request.method != "POST" or not (takes_all or keys):
            messages.warning(self.request, _t("Tick some rows first."))
            return go(self.request, back(self.request, list_url))
        if kind := EXPORTS.get(asked.get("act")):
            return go(self.request, self.export_url(kind, asked.get("query", ""), None if takes_all else keys))
        act = self.bulk_act(asked.get("act"))
        form = bind(act, self.model, self.request.user, asked if "go" in asked else None)
        if "go" not in asked or not form.is_valid():
            return self.bulk_form(act, form, takes_all, keys, list_url)
        run = self.begin(act, asked, takes_all, keys)
        return go(self.request, reverse("crm:bulk_run", args=[run.pk]))

    def bulk_form(self, act, form, takes_all, keys, list_url):
        """The act's input, or the question whether it is meant."""
        query = self.request.POST.get("query", "")
        number = self.matching(query) if takes_all else len(keys)
        heading = ngettext("%(act)s: %(number)s record", "%(act)s: %(number)s records", number)
        context = {
            "form": form,
            "heading": heading % {"act": act.label, "number": number},
            "submit_label": act.label,
            "action": self.request.path,
            "cancel_url": list_url,
            "hidden": [
                ("act", act.name), ("go", "1"), ("query", query), ("all", "1" if takes_all else ""),
                *(("pk", key) for key in keys if not takes_all),
            ],
        }  # fmt: skip
        status = 422 if form.is_bound else 200
        return respond(self.request, "_form.html", context, partial="_dialog.html", status=status)

    def begin(self, act, asked, takes_all, keys):
        query = saved_views.clean(asked.get("query", ""))
        values = {name: asked.getlist(name) for name in asked if name not in NO_INPUT}
        run = bulk.start(
            list_key=self.list_key(), act=act.name, values=values, by=self.request.user, query=query,
            keys=None if takes_all else keys,
        )  # fmt: skip
        if (self.matching(query) if takes_all else len(keys)) > bulk.AT_ONCE:
            run.job = jobs.enqueue(TASK, run.pk, by=self.request.user)
            run.save(update_fields=["job"])
        else:
            work_off(run, type(self))
        return run

    def matching(self, query):
        """How many records the filter finds now."""
        return type(self)(Asked(self.request.user, query)).found().qs.order_by().values("pk").count()


NO_INPUT = {"csrfmiddlewaretoken", "act", "go", "query", "all", "pk"}


class Asked:
    """What a list needs of a request, for work that has none: who asks, and for what."""

    method, htmx, path = "GET", False, ""

    def __init__(self, user, query):
        self.user, self.GET = user, QueryDict(query)


def ticked(asked):
    """The keys of the ticked rows."""
    return list(dict.fromkeys(int(key) for key in asked.getlist("pk")[:MOST_TICKED] if _is_key(key)))


def _is_key(text):
    return text.isdecimal() and len(text) < 19


def bind(act, model, user, data=None):
    """The act's form for all records together; one without fields asks whether it is meant."""
    return (act.form or VerbForm)(data, record=model(), by=user)


def work_off(run, pages_class, told=lambda done, total: None):
    """Do what a run asks for, going on where it stood."""
    pages = pages_class(Asked(run.owner, run.query))
    if run.listed_at is None:
        with transaction.atomic():
            keys = pages.found().qs.order_by("pk").values_list("pk", flat=True)
            bulk.write_down(run, dict.fromkeys(keys.iterator(chunk_size=bulk.CHUNK)))
    act = pages.bulk_act(run.act)
    data = QueryDict(urlencode(run.values, doseq=True))
    form = bind(act, pages.model, run.owner, data)
    if not form.is_valid():
        raise ValueError(f"Bulk run {run.pk}: {form.errors.as_json()}")
    bulk.do(run, act, pages.model.objects.visible_to(run.owner), form.cleaned_data, told=told)


@jobs.task(TASK, _("Act on many records"), queue="long")
def run_bulk(job, run_pk):
    """The act on each record, in the words of who asked for it."""
    from crm.web.lists import pages_of

    run = BulkRun.objects.select_related("owner__team").get(pk=run_pk)
    url = reverse("crm:bulk_run", args=[run.pk])
    with translation.override(run.owner.language or translation.get_language()):
        work_off(run, pages_of(run.list_key), told=lambda done, total: jobs.progress(job, done, total))
    done = run.outcomes.filter(result=bulk.Result.DONE).count()
    refused = run.outcomes.filter(result=bulk.Result.REFUSED).count()
    text = gettext_noop("Bulk act finished: %(done)s done, %(refused)s refused")
    work.notify(run.owner, text, url=url, done=done, refused=refused)
    return {"done": done, "refused": refused, "url": url}
