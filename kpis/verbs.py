"""The acts on targets."""

from crm.verbs import Verb, register
from kpis import services
from kpis.models import Target

register(Target, Verb("publish", services.publish), Verb("replan", services.replan, alone=True))
