"""Customers with the people there and their billing titles. Several rows of one customer bring several people."""

from copy import copy

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from crm import access, clock
from crm.imports import industries, kinds, looking
from crm.imports.fields import Field, names
from crm.imports.kinds import EXTERNAL_ID, Kind
from crm.models import BillingTitle, Contact, Customer, Industry, User

CONTACTS = (  # the columns of one person: the first, and a second one in the same row
    {"contact_name": "name", "contact_title": "title", "contact_phone": "phone", "contact_email": "email"},
    {"contact2_name": "name", "contact2_phone": "phone", "contact2_email": "email"},
)
TITLES = {"billing_title": "title", "tax_number": "tax_number", "bank_account": "bank_account"}


class WholeFile(forms.Form):
    owner = forms.ModelChoiceField(
        label=_("owner of rows without one"), queryset=User.objects.filter(is_active=True), required=False,
        help_text=_("Left empty, they are yours."),
    )  # fmt: skip

    def __init__(self, *args, by, **kwargs):
        super().__init__(*args, **kwargs)


@kinds.register
class CustomerKind(Kind):
    key, model, assign, group, whole = "customers", Customer, "crm.assign_customer", "name", WholeFile
    keys = ("external_id", "name", "phone")
    fields = (
        Field("name", _("name"), names("account name|company name|company|customer name|customer|organization|"
              "organization - name|organization name|客户名称|公司名称|企业名称|单位名称|客户|公司|单位|"
              "客户全称"), required=True),
        Field("industry", _("industry"), names("industry|sector|行业|所属行业"), "choice",
              choices=lambda: dict(Industry.choices), words=industries.WORDS),
        Field("region", _("region"), names("billing state/province|billing city|city|state/region|region|地区|区域|"
              "城市|省份|"
              "所在地")),
        Field("phone", _("phone"), names("company phone|phone number|phone|organization - phone|公司电话|电话|总机|"
              "座机|"
              "固定电话"), "contact"),
        Field("website", _("website"), names("website url|company domain name|web site|organization - website|网站|"
              "官网|"
              "网址"), attr=None),
        Field("address", _("address"), names("billing street|street address|billing address|organization - address|"
              "地址|"
              "公司地址|详细地址|通讯地址")),
        Field("notes", _("notes"), names("description|about us|remark|备注|说明|描述")),
        Field("owner", _("owner"), names("account owner|company owner|organization - owner|负责人|客户负责人|业务员|"
              "销售|"
              "跟进人|归属人"), "record", refers=looking.PEOPLE),
        Field("created_on", _("created on"), names("created date|create date|organization - organization created|"
              "创建时间|创建日期|建档日期|提交时间"), "past_day", attr=None),
        Field("contact_name", _("contact person"), names("contact|contact name|contact full name|full name|"
              "primary contact|person - name|联系人|联系人姓名|姓名|联系人1"), attr=None),
        Field("contact_title", _("position"), names("job title|title|position|职位|职务|联系人职务"), attr=None),
        Field("contact_phone", _("mobile"), names("mobile phone|mobile|mobile phone number|contact phone|"
              "person - phone|"
              "手机|手机号|手机号码|联系电话|联系方式|联系人电话|联系人手机"), "contact", attr=None),
        Field("contact_email", _("e-mail"), names("email|email address|contact email|person - email|邮箱|电子邮箱|"
              "联系人邮箱"), "contact", attr=None),
        Field("contact2_name", _("second contact"), names("secondary contact|联系人2|第二联系人|联系人二"), attr=None),
        Field("contact2_phone", _("second contact's phone"), names("secondary contact phone|other phone|联系人2电话|"
              "联系人2手机|第二联系人电话|联系人二电话"), "contact", attr=None),
        Field("contact2_email", _("second contact's e-mail"), names("secondary contact email|联系人2邮箱|"
              "第二联系人邮箱"),
              "contact", attr=None),
        Field("billing_title", _("billing title"), names("invoice title|发票抬头|开票抬头|开票名称"), attr=None),
        Field("tax_number", _("tax number"), names("vat number|tax id|税号|纳税人识别号|统一社会信用代码"), attr=None),
        Field("bank_account", _("bank and account"), names("开户行及账号|开户行|银行账号"), attr=None),
        EXTERNAL_ID.named("account id|company id|organization - id|客户编号|客户编码"),
    )  # fmt: skip

    def persons(self, unit):
        pairs = [(unit.values.get("phone", ""), "")]
        for row in unit.read:
            pairs += [(found.get("phone", ""), found.get("email", "")) for found in _people_in(row)]
        return [pair for pair in pairs if any(pair)]

    def company(self, unit):
        return unit.values.get("name", "")

    def holder(self, found):
        return found.customer if isinstance(found, Contact) else found

    def prepare(self, batch, units):
        """The people and billing titles of the customers that are known."""
        known = [unit.known.pk for unit in units if unit.known is not None]
        for model in (Contact, BillingTitle):
            batch.memory[model] = found = {}
            for row in model.objects.filter(customer__in=known).select_related("customer"):
                found.setdefault(row.customer_id, []).append(row)

    def complete(self, customer, unit, batch):
        if website := unit.values.get("website"):
            customer.website = website if "://" in website else f"https://{website}"
        if unit.known is None:
            customer.owner = customer.owner or batch.whole_record("owner", User) or batch.by
            if day := unit.values.get("created_on"):
                customer.created_at = clock.day_start(day)
        if customer.owner and not customer.owner.has_role("sales", "manager", "sales_support"):
            raise ValidationError({"owner": _t("Customers belong to sales; choose a sales rep.")})
        unit.more = [*self._people(customer, unit, batch), *self._title(customer, unit, batch)]

    def _people(self, customer, unit, batch):
        """[(person, as before)] of the rows; somebody known at the customer by name, phone or e-mail is changed."""
        known, found = list(batch.memory[Contact].get(customer.pk, ())), []
        for values in [person for row in unit.read for person in _people_in(row)]:
            contact = next((one for one in known if _same(one, values)), None)
            if contact is None:
                contact = Contact(customer=customer, name=customer.name[:100], is_primary=not known)
                known.append(contact)
                found.append((contact, None))
            elif contact.pk and not any(contact is one for one, _before in found):
                found.append((contact, copy(contact)))
            for field, value in values.items():
                setattr(contact, field, value)
            _check(self, contact, CONTACTS[0])
        return [(one, before) for one, before in found if before is None or _differs(one, before)]

    def _title(self, customer, unit, batch):
        values = {field: unit.values[key] for key, field in TITLES.items() if unit.values.get(key)}
        if not values or not access.allows(batch.by, "crm.add_billingtitle"):
            return []
        known = batch.memory[BillingTitle].get(customer.pk, [])
        title = next((one for one in known if one.title == values.get("title", customer.name)), None)
        before = copy(title) if title else None
        title = title or BillingTitle(customer=customer, title=customer.name, is_default=not known)
        for field, value in values.items():
            setattr(title, field, value)
        _check(self, title, TITLES)
        return [(title, before)] if before is None or _differs(title, before) else []

    def create(self, book, units):
        super().create(book, units)
        self._save_more(book, units)

    def update(self, book, units):
        super().update(book, units)
        self._save_more(book, units)

    def _save_more(self, book, units):
        for model in (Contact, BillingTitle):
            more = [(unit, row, before) for unit in units for row, before in unit.more if isinstance(row, model)]
            for _unit, row, _before in more:
                row.customer = row.customer  # takes over the key it has got
            book.add([(unit, row) for unit, row, before in more if before is None])
            book.change_from([change for change in more if change[2] is not None])


def _people_in(row):
    """The people a row names: [{field: value}]."""
    found = ({field: row[key] for key, field in columns.items() if row.get(key)} for columns in CONTACTS)
    return [person for person in found if person]


def _same(contact, values):
    return any(values.get(field) and getattr(contact, field) == values[field] for field in ("email", "phone", "name"))


def _differs(row, before):
    return any(getattr(row, field.attname) != getattr(before, field.attname) for field in row._meta.concrete_fields)


def _check(kind, row, columns):
    """The row's own checks, told under the names of the file's columns."""
    try:
        kind.check(row)
    except ValidationError as refusal:
        keys = {field: key for key, field in columns.items()}
        raise ValidationError(
            {keys.get(field, field): lines for field, lines in refusal.error_dict.items()}
        ) from refusal
