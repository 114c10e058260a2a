"""ETags: which version of a record a caller has seen.

A tag is `"lead-12-v5-3fa9…"`: the record, its version, and a digest of all the caller was shown, so that the same tag
means the same answer, language, rights and derived figures included. `If-Match` compares record and version alone;
`"lead-12-v5"`, made from a row's `version`, will do.
"""

import hashlib
import re

from django.utils.cache import patch_vary_headers
from rest_framework.renderers import JSONRenderer

from crm.api.problems import PreconditionFailed

TAG = re.compile(r'(?:W/)?"([^"]*)"')


def version_tag(record):
    return f"{record._meta.model_name}-{record.pk}-v{record.version}"


def mark(response, record):
    """Put the record's tag on the answer that shows it."""
    shown = {key: value for key, value in response.data.items() if key != "result"}
    digest = hashlib.sha256(JSONRenderer().render(shown)).hexdigest()[:16]
    response["ETag"] = f'"{version_tag(record)}-{digest}"'
    patch_vary_headers(response, ["Accept-Language", "Authorization", "Cookie"])


def require_match(request, rows):
    """Hold the record's row to the end of the transaction, if it is still the version named by If-Match.

    A record that is not among the rows is left to the 404 that follows. Raises PreconditionFailed.
    """
    asked = request.headers.get("If-Match")
    if asked is None or asked.strip() == "*":
        return
    found = rows.model._base_manager.select_for_update(of=("self",)).filter(pk__in=rows.values("pk")).first()
    if found is None:
        return
    tags, now = TAG.findall(asked), version_tag(found)
    if not any(tag == now or tag.startswith(f"{now}-") for tag in tags):
        raise PreconditionFailed(found, _version(tags, found))


def require_version(record, seen):
    """The same for a version given by itself."""
    found = type(record)._base_manager.select_for_update(of=("self",)).get(pk=record.pk)
    if found.version != seen:
        raise PreconditionFailed(found, seen if isinstance(seen, int) and 0 <= seen < 2**31 else None)


def _version(tags, record):
    """The version of this record that the tags name; None if none does."""
    named = re.compile(rf"{record._meta.model_name}-{record.pk}-v(\d{{1,9}})(-|$)")
    return max((int(match[1]) for tag in tags if (match := named.match(tag))), default=None)
