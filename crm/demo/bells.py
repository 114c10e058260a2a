"""What people were told in the last days: the lines in their bells."""

from crm.models import Notification

TEXTS = {  # (record type, verb) -> what the record's owner is told, in the words of the act itself
    ("quote", "approve"): "Quote %(quote)s was approved",
    ("quote", "accept"): "Quote %(quote)s was accepted",
    ("quote", "viewed"): "The customer has opened quote %(quote)s",
    ("quote", "decline"): "Quote %(quote)s was declined",
    ("contract", "approve"): "%(who)s approved the contract %(contract)s",
    ("contract", "return"): "%(who)s returned the contract %(contract)s",
    ("order", "hold"): "%(who)s put the order %(order)s on hold",
    ("payment", "confirm"): "%(who)s confirmed the payment %(payment)s of %(customer)s",
}


def ring(story):
    """Tell owners what others did with their records."""
    acts = [act for act in story.ledger.recent if (act.record._meta.model_name, act.verb) in TEXTS]
    Notification.objects.bulk_create(_line(act) for act in acts if act.record.owner and act.by is not act.record.owner)


def _line(act):
    kind = act.record._meta.model_name
    values = {kind: str(act.record), "who": getattr(act.by, "name", ""), "customer": str(act.record.customer)}
    return Notification(
        user=act.record.owner, text=TEXTS[kind, act.verb], values=values, url=act.record.get_absolute_url(),
        created_at=act.at,
    )  # fmt: skip
