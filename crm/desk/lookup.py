"""What a choice among many records finds while one types."""

from django.http import Http404, JsonResponse

from crm import access, choices
from crm.doors import signed_in


@signed_in
def lookup(request, record_type):
    """The first rows one may see that match `q`, of the `customer` given, `among` one of the type's sets."""
    model = choices.type_named(record_type)
    if model is None:
        raise Http404
    access.authorize(request.user, access.name("view", model))
    rows = model.objects.visible_to(request.user)
    if among := request.GET.get("among"):
        if among not in rows.SETS:
            raise Http404
        rows = getattr(rows, among)()
    found = choices.found(rows, request.GET.get("q", ""), request.GET.get("customer", ""))
    return JsonResponse([choices.described(record) for record in found], safe=False)
