"""Addresses that forgot to say who may come in."""

from django.http import HttpResponse
from django.urls import path
from rest_framework.views import APIView

urlpatterns = [path("page/", lambda request: HttpResponse()), path("endpoint/", APIView.as_view())]
