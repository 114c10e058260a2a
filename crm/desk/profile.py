"""One's own profile: name, language, time zone."""

from django import forms
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from crm.models import User


class ProfileForm(forms.ModelForm):
    class Meta:
        model = User
        fields = ("name", "phone", "language", "time_zone")


def profile(request):
    form = ProfileForm(request.POST or None, instance=request.user)
    if form.is_valid():
        form.save()
        return redirect("profile")
    return render(request, "_form.html", {"form": form, "heading": _("Profile"), "submit_label": _("Save")})
