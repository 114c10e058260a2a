"""One's own profile and API tokens."""

from allauth.account.decorators import reauthentication_required
from django import forms
from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone, translation
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from crm import people
from crm.doors import signed_in
from crm.models import ApiToken, User
from crm.web.forms import language_choices, time_zone_choices


class ProfileForm(forms.ModelForm):
    language = forms.ChoiceField(label=_("language"), choices=language_choices, required=False)
    time_zone = forms.ChoiceField(label=_("time zone"), choices=time_zone_choices, required=False)

    class Meta:
        model = User
        fields = ("name", "phone", "language", "time_zone")


class TokenForm(forms.Form):
    name = forms.CharField(label=_("what it is for"), max_length=100)
    may_write = forms.BooleanField(label=_("may write, not only read"), required=False)


@signed_in
def profile(request):
    form = ProfileForm(request.POST or None, instance=request.user)
    if form.is_valid():
        form.save()
        translation.activate(request.user.language or request.LANGUAGE_CODE)
        messages.success(request, _t("Saved."))
        return redirect("profile")
    context = {"form": form, "heading": _t("Profile"), "submit_label": _t("Save")}
    return render(request, "desk/profile.html", context, status=422 if form.errors else 200)


@signed_in
@reauthentication_required(allow_get=True)
def tokens(request):
    """One's tokens; a new one's key is shown on the page that follows, and never again.

    Making one asks again who it is: a token is a way in without password and second factor.
    """
    form, key = TokenForm(request.POST or None), None
    if form.is_valid():
        _token, key = people.make_token(by=request.user, **form.cleaned_data)
        form = TokenForm()
    mine = ApiToken.objects.filter(user=request.user)
    context = {"form": form, "key": key, "tokens": mine, "now": timezone.now()}
    return render(request, "desk/tokens.html", context, status=422 if form.errors else 200)


@signed_in
@require_POST
def revoke_token(request, pk):
    people.revoke_token(get_object_or_404(ApiToken, pk=pk, user=request.user), by=request.user)
    return redirect("api_tokens")
