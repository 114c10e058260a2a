"""Sales and marketing costs from files; and figures that follow when history comes in or goes."""

from django.dispatch import receiver
from django.utils.translation import gettext_lazy as _

from crm import jobs
from crm.imports import kinds, looking
from crm.imports.fields import Field, names
from crm.imports.kinds import EXTERNAL_ID, Kind
from crm.imports.running import imported
from kpis.models import Cost

KINDS = {
    "marketing": names("市场|市场费用|营销|推广|广告费|marketing cost|advertising"),
    "sales": names("销售费用|差旅|销售|sales cost|travel"),
}


@kinds.register
class CostKind(Kind):
    key, model = "costs", Cost
    keys = ("external_id",)
    fields = (
        Field("month", _("month"), names("period|date|月份|月|期间|日期|发生月份|费用月份"), "month", required=True),
        Field("kind", _("kind"), names("type|category|cost type|类型|费用类型|费用类别|科目"), "choice", required=True,
              choices=lambda: dict(Cost.Kind.choices), words=KINDS),
        Field("amount", _("amount"), names("cost|expense|total|金额|费用|费用金额"), "amount", required=True),
        Field("team", _("team"), names("department|部门|团队|费用部门"), "record", refers=looking.TEAMS),
        Field("note", _("what for"), names("note|description|memo|用途|说明|摘要|备注")),
        EXTERNAL_ID.named("编号|单号"),
    )  # fmt: skip


@receiver(imported)
def count_anew(sender, run, **kwargs):
    """History changes the figures of months long past."""
    jobs.enqueue("kpis.recompute_all")
