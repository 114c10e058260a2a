"""Taking a record out of the lists: into the recycle bin, or together with its duplicate."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponsePermanentRedirect
from django.urls import reverse
from django.utils.translation import gettext as _

from crm import access, bin, hanging, merging
from crm.models import Merge
from crm.web.responses import go, respond

SHOWN = 20  # records in the way that are looked at one by one


def tell_deleted(request, entry):
    """A toast that offers Undo: its tag is the address that undoes."""
    text = _("%(record)s is in the recycle bin.") % {"record": entry.title}
    messages.success(request, text, extra_tags=reverse("crm:bin_restore", args=[entry.pk]))


def survivor(pages_class, request, pk=None, **place):
    """The record that one which was merged away lives on in, if this person may see it."""
    key = Merge.objects.survivor_key(pages_class.model, pk) if pk else None
    return key and pages_class(request).rows().filter(pk=key).first()


def moved(record):
    """Lead an old link on; a merge may be undone, so nobody is to remember the way."""
    response = HttpResponsePermanentRedirect(record.get_absolute_url())
    response["Cache-Control"] = "no-cache"
    return response


class RemovalPages:
    """`delete`: what goes along and what is in the way is shown first."""

    def delete(self, pk):
        record = self.get(pk)
        access.authorize(self.request.user, access.name("delete", self.model), record)
        refusal = ""
        if self.request.method == "POST":
            try:
                tell_deleted(self.request, bin.delete(record, by=self.request.user))
                return go(self.request, reverse(self.url_name("list")))
            except bin.InTheWay:
                pass  # shown with links below
            except ValidationError as error:
                refusal = " ".join(error.messages)
        return self.deletion(record, refusal)

    def deletion(self, record, refusal):
        bundle = bin.bundle_of(record)
        seen = bin.seen_of(bundle.blockers[:SHOWN], self.request.user)
        if not bin.DELETABLE[self.model].may_go(record):
            refusal = _("%(record)s is %(state)s and cannot be deleted.") % {
                "record": record, "state": record.get_status_display(),
            }  # fmt: skip
        context = {
            "record": record,
            "heading": _("Delete %(record)s") % {"record": record},
            "along": hanging.named(bundle.counts(self.model._meta.model_name)),
            "blockers": [(hanging.titled(found), found.get_absolute_url()) for found in seen],
            "unseen": len(bundle.blockers) - len(seen),
            "refusal": refusal,
            "days": bin.KEPT_DAYS,
            "action": self.request.path,
        }
        status = 409 if self.request.method == "POST" else 200
        return respond(self.request, "desk/bin_delete.html", context, partial="desk/_bin_delete.html", status=status)

    def tools(self, record):
        """What else can be done with a record, below its acts."""
        found = []
        if merging.may_merge(record, self.request.user):
            address = reverse("crm:merge_with", args=[self.model._meta.model_name, record.pk])
            found.append({"label": _("Merge with …"), "url": address, "icon": "git-merge"})
            if made := merging.latest(record):
                label = _("Undo merge of %(record)s") % {"record": made.title}
                address = reverse("crm:merge_undo", args=[made.pk])
                found.append({"label": label, "url": address, "icon": "arrow-back-up", "posts": True})
        if bin.may_delete(record, self.request.user):
            address = reverse(self.url_name("delete"), args=[record.pk])
            found.append({"label": _("Delete"), "url": address, "icon": "trash", "danger": True})
        return found
