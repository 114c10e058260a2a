"""People who fill in a campaign's form on some website."""

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_noop

from crm import events, work
from crm.access import CUSTOMER
from crm.models import Channel, ExternalId
from leads import services

SYSTEM = "lead form"  # a submission is known by its own id, so that sending it twice makes one lead


def receive(campaign, lead, *, consent, submission):
    """Write the lead down into the pool, with the words it agreed to. The same submission again changes nothing."""
    known = ExternalId.objects.filter(system=SYSTEM, record_type="lead", external_id=submission)
    if known.exists():
        return None
    try:
        return _receive(campaign, lead, consent, submission)
    except IntegrityError:
        if known.exists():
            return None
        raise


@transaction.atomic
def _receive(campaign, lead, consent, submission):
    lead.campaign, lead.channel = campaign, Channel.WEBSITE
    services.log(lead, by=CUSTOMER)
    ExternalId.objects.create(system=SYSTEM, record_type="lead", external_id=submission, record_id=lead.pk)
    events.write(lead, "consented", by=CUSTOMER, data={"text": consent})
    work.notify(
        campaign.owner,
        gettext_noop("%(lead)s filled in the form of %(campaign)s"),
        url=lead.get_absolute_url(),
        lead=str(lead),
        campaign=str(campaign),
    )
    return lead
