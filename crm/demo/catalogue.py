"""What the demo company is and sells: its settings, exchange rates, products and price lists."""

from datetime import timedelta
from decimal import Decimal

from crm.demo.story import Thread
from crm.models import Company, ExchangeRate, PriceList, PriceListItem, Product

COMPANY = {
    "name": "恒拓智联科技有限公司",
    "address": "上海市闵行区恒拓路 88 号 6 号楼",
    "phone": "021-5400 0088",
    "tax_number": "91310112DEMO00088X",
    "bank_account": "招商银行上海闵行支行 1219 0000 0010 888",
}
PRODUCTS = (  # SKU, name, kind, unit, list price, tax rate, gross margin
    ("GW-200", "边缘计算网关 GW-200", "goods", "台", 6800, 13, 46),
    ("GW-500", "工业物联网网关 GW-500", "goods", "台", 15800, 13, 48),
    ("SN-T10", "无线温湿度传感器 SN-T10", "goods", "个", 480, 13, 52),
    ("SN-V20", "振动监测传感器 SN-V20", "goods", "个", 1680, 13, 50),
    ("SN-P30", "压力变送器 SN-P30", "goods", "个", 1260, 13, 41),
    ("IO-16", "远程 IO 模块 IO-16", "goods", "个", 2200, 13, 38),
    ("CAM-AI", "机器视觉质检相机", "goods", "套", 38600, 13, 44),
    ("AGV-300", "智能搬运小车 AGV-300", "goods", "台", 96000, 13, 31),
    ("SW-MES", "制造执行系统 MES 标准版", "service", "套", 168000, 13, 72),
    ("SW-EMS", "能源管理平台 EMS", "service", "套", 86000, 13, 70),
    ("SW-IOT", "设备云平台年度订阅", "service", "年", 36000, 6, 78),
    ("SV-INS", "现场安装调试", "service", "人天", 1800, 9, 35),
    ("SV-TRN", "操作培训", "service", "天", 3200, 6, 55),
    ("SV-MNT", "年度运维服务", "service", "年", 48000, 6, 58),
)
BUNDLES = (  # weight, deal, need, ((SKU, least, most), …)
    (26, "设备联网改造", "产线设备联网，实时采集状态和停机原因，替代人工抄表。",
     (("GW-200", 4, 24), ("SN-V20", 8, 50), ("SW-IOT", 1, 2), ("SV-INS", 4, 14))),
    (14, "机器视觉质检", "人工目检漏检率高，希望引入视觉检测并与 MES 对接。",
     (("CAM-AI", 2, 7), ("GW-500", 1, 3), ("SV-INS", 5, 16), ("SV-TRN", 1, 3))),
    (18, "能源管理平台", "分车间分设备计量能耗，满足碳排放报表要求。",
     (("SW-EMS", 1, 1), ("SN-P30", 10, 40), ("GW-200", 3, 10), ("SV-INS", 4, 12))),
    (14, "MES 一期", "排产和报工靠表格，要求上线 MES 并接入设备数据。",
     (("SW-MES", 1, 1), ("IO-16", 6, 30), ("SV-TRN", 2, 5), ("SV-MNT", 1, 1))),
    (8, "智能搬运", "原料到线边靠叉车，计划用 AGV 配送。",
     (("AGV-300", 2, 5), ("SW-IOT", 1, 1), ("SV-INS", 5, 12))),
    (20, "温湿度监控", "库房和冷链车温湿度监控，要求报警和追溯。",
     (("SN-T10", 30, 180), ("GW-200", 2, 8), ("SW-IOT", 1, 1))),
)  # fmt: skip
REPEATS = (  # weight, deal, days after the last one from and to, lines
    (45, "年度运维续约", (190, 300), (("SV-MNT", 1, 1), ("SW-IOT", 1, 2))),
    (35, "二期扩点", (30, 150), (("GW-200", 3, 12), ("SN-V20", 8, 40), ("SV-INS", 3, 8))),
    (20, "备件增购", (20, 110), (("GW-200", 2, 6), ("SN-T10", 10, 60))),
)
RATES = {"USD": Decimal("7.24"), "EUR": Decimal("7.82")}


class Catalogue:
    def __init__(self, products, rates):
        self.products, self.rates = products, rates

    def rate(self, currency, day):
        """What the books say one unit was worth on this day."""
        if currency not in self.rates:
            return Decimal(1)
        return next(rate.rate for rate in reversed(self.rates[currency]) if rate.valid_from <= day)


def stock(story):
    """Set the company up, a month before its story begins."""
    company = Company.current()
    for name, value in COMPANY.items():
        setattr(company, name, value)
    company.save()
    thread = Thread(story, story.start - timedelta(days=20))
    manager = story.people.boss
    products = {}
    for sku, name, kind, unit, price, tax, margin in PRODUCTS:
        product = Product(sku=sku, name=name, kind=kind, unit=unit, price=Decimal(price))
        product.tax_rate, product.gross_margin = Decimal(tax), Decimal(margin)
        products[sku] = thread.create(product, manager)
    _price_list(thread, products, "经销商价格表", "CNY", Decimal("0.85"), manager)
    _price_list(thread, products, "Overseas price list", "USD", Decimal("0.15"), manager)
    story.catalogue = Catalogue(products, {currency: _rates(story, currency) for currency in RATES})
    story.ledger.flush(story.start)


def _price_list(thread, products, name, currency, factor, manager):
    prices = PriceList(name=name, currency=currency, valid_from=thread.story.first_day)
    items = [
        PriceListItem(price_list=prices, product=product, price=(product.price * factor).quantize(Decimal("0.01")))
        for product in products.values()
    ]
    thread.create(prices, manager, parts=items)


def _rates(story, currency):
    """A new rate on the first of every month."""
    rates, value, day = [], RATES[currency], story.first_day
    while day <= story.today:
        rates.append(ExchangeRate(currency=currency, rate=value.quantize(Decimal("0.0001")), valid_from=day))
        value *= 1 + Decimal(story.random.uniform(-0.012, 0.012))
        day = (day + timedelta(days=31)).replace(day=1)
    ExchangeRate.objects.bulk_create(rates)
    return rates
