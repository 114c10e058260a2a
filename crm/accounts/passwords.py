"""What makes a password good enough, by NIST SP 800-63B-4: length and not being guessable, nothing else.

No rules of capitals and digits, no expiry, every sign allowed, up to any length. A password that stands alone needs 15
signs, a few words; beside a second factor 8 are enough.
"""

import re
from difflib import SequenceMatcher

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.models import Company

ALONE, WITH_SECOND_FACTOR = 15, 8
FEWEST_KINDS = 5  # different signs in a password; fewer repeat themselves
OWN_PART = 8  # signs that must remain without the words anybody could guess
RUNS = ("0123456789" * 4, "abcdefghijklmnopqrstuvwxyz", "qwertyuiopasdfghjklzxcvbnm", "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik")

OUR_WORDS = ("ltc crm", "ltccrm", "lead to cash", "lead-to-cash", "leadtocash", "password", "密码")


class LongEnough:
    """15 signs, or 8 beside a second factor."""

    def validate(self, password, user=None):
        least = shortest(user)
        if len(password) < least:
            told = _("This password is too short: it needs at least %(least)s signs. A few words are easy to remember.")
            raise ValidationError(told % {"least": least}, code="password_too_short")

    def get_help_text(self):
        return gettext_lazy(
            "At least 15 signs; a few words together are easy to remember. With two-factor login 8 are enough."
        )


def shortest(user):
    from crm.accounts import second_factor

    known = user is not None and user.pk and (second_factor.has(user) or second_factor.is_required_of(user))
    return WITH_SECOND_FACTOR if known else ALONE


class NotGuessable:
    """Not mainly made of what anybody knows: the company, the product, one's own name; nor of one run or repetition."""

    def validate(self, password, user=None):
        plain = password.casefold()
        if len(set(plain)) < FEWEST_KINDS or any(_is_run(plain, run) for run in RUNS):
            raise ValidationError(_("This password repeats itself or follows the keyboard."), code="password_too_plain")
        own = plain
        for word in sorted(known_words(user), key=len, reverse=True):
            own = own.replace(word, "")
        if own != plain and (len(own) < OWN_PART or any(_is_run(own, run) for run in RUNS)):
            told = _("This password is mainly a name or word that others can guess.")
            raise ValidationError(told, code="password_from_context")

    def get_help_text(self):
        return gettext_lazy("Not the name of the company, your own, or one of the passwords everybody uses.")


def _is_run(plain, run):
    """Does most of the password follow this run of signs, forwards or backwards?"""
    return any(
        SequenceMatcher(None, plain, row, autojunk=False).find_longest_match().size > len(plain) * 0.7
        for row in (run, run[::-1])
    )


def known_words(user):
    said = [
        Company.current().name,
        "ltc crm",
        "ltccrm",
        "lead to cash",
        "lead-to-cash",
        "leadtocash",
        "password",
        "密码",
    ]
    if user is not None:
        said += [user.name, user.email, *re.split(r"[@.]", user.email)]
    words = {part for text in said for part in (text.casefold(), *text.casefold().split())}
    return {word for word in words if len(word) >= (4 if word.isascii() else 2)}
