"""What an administrator does with users, teams and the company's settings; and what people do with their tokens."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm import events, records, search
from crm.access import Role, authorize
from crm.accounts import sessions
from crm.models import ApiToken, Company, ExchangeRate, User

SECRETS = {"password", "last_login", "session_epoch"}


@transaction.atomic
def save_user(user, *, by, seen=None):
    """Create or change a user. Somebody must always be left who can administer."""
    adding = user._state.adding
    authorize(by, "crm.add_user" if adding else "crm.change_user", user)
    before = None if adding else User.objects.select_for_update().get(pk=user.pk)
    if adding and not user.password:
        user.set_unusable_password()
    _keep_an_admin(user)
    user.full_clean(exclude=["password"])
    user.save()
    search.index(user)
    if before and before.is_active and not user.is_active:
        _lock_out(user, by)
    changed = {} if adding else _without_secrets(records.differences(user, before))
    if adding or changed:
        data = {} if adding else {"changes": changed}
        events.write(user, "created" if adding else "changed", by=by, data=data)
    return user


def _lock_out(user, by):
    """Who may no longer sign in is out at once, and stays out of old sessions and tokens when they come back."""
    sessions.end_all(user, by=by)
    for token in ApiToken.objects.filter(user=user, revoked_at=None):
        ApiToken.objects.filter(pk=token.pk).update(revoked_at=timezone.now())
        events.write(token, "revoked", by=by, data={"text": token.name})


def _keep_an_admin(user):
    if user.is_active and Role.ADMIN in user.roles:
        return
    others = User.objects.filter(is_active=True, roles__contains=[Role.ADMIN]).exclude(pk=user.pk)
    if not others.exists() and User.objects.filter(roles__contains=[Role.ADMIN]).exists():
        raise ValidationError({"roles": _("This is the last administrator; give somebody else the role first.")})


def _without_secrets(changed):
    return {
        field: values for field, values in changed.items() if field not in {"password", "last_login", "session_epoch"}
    }


@transaction.atomic
def save_company(company, *, by):
    """Change the settings everybody works by."""
    authorize(by, "crm.change_company", None)
    before = Company.objects.select_for_update().get(pk=company.pk)
    company.full_clean()
    company.save()
    if changed := records.differences(company, before):
        events.write(company, "changed", by=by, data={"changes": changed})
    return company


@transaction.atomic
def save_rate(rate, *, by):
    """Say what a currency is worth from a day on; said again for the same day, it corrects what was said before."""
    authorize(by, "crm.change_company")
    rate.full_clean(validate_constraints=False)
    Company.objects.select_for_update().first()  # two at once, one after the other
    known = ExchangeRate.objects.filter(currency=rate.currency, valid_from=rate.valid_from).first()
    data = {"text": f"{rate.currency}, {rate.valid_from.isoformat()}: {rate.rate.normalize():f}"}
    if known is None:
        rate.save()
        events.write(rate, "created", by=by, data=data)
        return rate
    known.rate, before = rate.rate, known.rate
    if known.rate != before:
        known.save()
        changes = {"rate": [f"{before.normalize():f}", f"{known.rate.normalize():f}"]}
        events.write(known, "changed", by=by, data={"text": str(known.valid_from), "changes": changes})
    return known


def make_token(*, name, may_write, by):
    """A personal API token; returns it with its key, which is shown this once."""
    with transaction.atomic():
        token, key = ApiToken.make(by, name, may_write)
        events.write(token, "created", by=by, data={"text": name})
    return token, key


@transaction.atomic
def revoke_token(token, *, by):
    """Make a token useless at once; only its owner does."""
    if ApiToken.objects.filter(pk=token.pk, user=by, revoked_at=None).update(revoked_at=timezone.now()):
        events.write(token, "revoked", by=by, data={"text": token.name})
