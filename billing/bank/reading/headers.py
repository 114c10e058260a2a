"""The columns of a bank's CSV or Excel export, under the names banks give them."""

from crm import sheets

KNOWN = {
    "booked_on": [
        "交易日期", "记账日期", "入账日期", "交易时间", "入账时间", "记账时间", "发生时间", "交易日", "记账日", "日期",
        "交易日期时间", "booking date", "posting date", "transaction date", "date", "buchungstag", "completed date",
        "date posted", "buchungsdatum", "started date",
    ],
    "value_on": ["起息日", "起息日期", "价值日", "value date", "valuta", "valutadatum", "wertstellung"],
    "income": [
        "收入", "收入金额", "贷方发生额", "贷方金额", "贷方", "贷方交易金额", "转入金额", "存入", "存入金额",
        "收入(+元)", "贷方发生额/元", "credit", "credit amount", "paid in", "money in", "deposit", "deposits", "haben",
    ],
    "expense": [
        "支出", "支出金额", "借方发生额", "借方金额", "借方", "借方交易金额", "转出金额", "支取", "支取金额",
        "支出(-元)", "借方发生额/元", "debit", "debit amount", "paid out", "money out", "withdrawal", "withdrawals",
        "soll",
    ],
    "amount": ["交易金额", "发生额", "交易额", "金额", "amount", "betrag", "transaction amount", "umsatz", "montant"],
    "direction": [
        "借贷标志", "借贷方向", "借/贷", "借贷", "收支方向", "收/支", "收支标志", "收支", "收付标志", "资金流向",
        "debit/credit", "credit/debit", "dc", "d/c", "cd", "cdtdbtind", "direction", "af bij",
    ],
    "balance": [
        "账户余额", "余额", "当前余额", "本次余额", "联机余额", "交易后余额", "结余", "balance", "running balance",
        "account balance", "saldo", "balance after",
    ],
    "payer": [
        "对方户名", "对方名称", "对方账户名称", "对方账户名", "对方单位名称", "对方单位", "收/付方名称", "对方账号名称",
        "对方姓名", "交易对方", "交易对手名称", "付款人名称", "counterparty", "counterparty name", "name", "payer",
        "payee", "beneficiary/payer", "auftraggeber / begünstigter", "beguenstigter/zahlungspflichtiger",
        "name zahlungsbeteiligter",
    ],
    "payer_account": [
        "对方账号", "对方账户", "对方帐号", "对方卡号", "对方账户账号", "交易对手账号", "付款人账号", "交易对方账号",
        "counterparty account", "counterparty iban", "iban", "account number", "kontonummer/iban",
        "iban zahlungsbeteiligter",
    ],
    "summary": ["摘要", "交易摘要", "交易类型", "业务类型", "type", "buchungstext", "transaction type"],
    "purpose": [
        "用途", "交易用途", "商品名称", "description", "details", "memo", "narrative", "verwendungszweck",
        "remittance information", "transaction details", "payment reference", "reference",
    ],
    "note": ["附言", "交易附言", "备注", "个性化信息", "客户附言", "message", "remarks", "note", "notes"],
    "reference": [
        "交易流水号", "流水号", "账务流水号", "核心流水号", "交易参考号", "企业流水号", "账户明细编号-交易流水号",
        "日志号", "交易号", "流水", "凭证号", "凭证号码", "bank reference", "transaction id", "transaction reference",
        "id",
    ],
}  # fmt: skip
OPTIONS = {"day_order": "ymd", "decimal": "."}


def match(cells):
    """{field: position} of what is recognised in a row of headers."""
    return sheets.match_columns(["" if cell is None else str(cell) for cell in cells], KNOWN)


def is_enough(columns):
    """A day, and an amount in one column or two."""
    return "booked_on" in columns and ("amount" in columns or {"income", "expense"} & columns.keys())
