"""Old addresses of records that were merged away."""

from rest_framework.response import Response
from rest_framework.reverse import reverse
from rest_framework.views import set_rollback

from crm import merging
from crm.models import Merge


def moved_to(viewset):
    """The answer to a question for a record that was merged away: where it lives on; None if it never was."""
    model, key = viewset.model, str(viewset.kwargs.get("pk", ""))
    if model not in merging.MERGEABLE or not key.isdigit():
        return None
    survivor = Merge.objects.survivor_key(model, int(key))
    if survivor is None or not viewset.get_queryset().filter(pk=survivor).exists():
        return None
    set_rollback()
    address = reverse(f"api-{model._meta.model_name}-detail", args=[survivor], request=viewset.request)
    code = 301 if viewset.request.method in ("GET", "HEAD") else 409
    headers = {"Location": address, "Cache-Control": "no-cache"}  # a merge may be undone
    return Response({"merged_into": survivor, "url": address}, status=code, headers=headers)
