"""The least a list, a record, an insert and an API list can be."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import include, path
from rest_framework import pagination, routers, serializers, viewsets

from bench.bare.models import Row


def rows(request):
    return render(request, "bare/list.html", {"rows": Row.objects.order_by("-pk")[:25]})


def row(request, pk):
    return render(request, "bare/detail.html", {"row": get_object_or_404(Row, pk=pk)})


def insert(request):
    Row.objects.create(name=request.POST["name"], status="new")
    return HttpResponseRedirect("/")


class RowSerializer(serializers.ModelSerializer):
    class Meta:
        model = Row
        fields = "__all__"


class Pages(pagination.CursorPagination):
    page_size = 25
    ordering = "-pk"


class RowViewSet(viewsets.ReadOnlyModelViewSet):
    queryset = Row.objects.all()
    serializer_class = RowSerializer
    pagination_class = Pages


router = routers.SimpleRouter()
router.register("rows", RowViewSet)
urlpatterns = [
    path("", rows),
    path("<int:pk>/", row),
    path("insert/", insert),
    path("healthz", login_not_required(lambda request: HttpResponse("ok"))),
    path("api/", include(router.urls)),
]
