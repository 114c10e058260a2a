# ruff: noqa: E501 - lines as the banks write them
"""Files as banks write them. Each dialect tells the same three movements: 48,000.00 in, 12.50 out, 1,200.00 in."""

from decimal import Decimal

AMOUNTS = [Decimal("48000.00"), Decimal("-12.50"), Decimal("1200.00")]
OPENING, CLOSING = Decimal("1000.00"), Decimal("50187.50")

ICBC = """中国工商银行企业网上银行明细
账号：,6222021234567890123,,,,,,,
查询日期：,2026-03-01至2026-03-31,,,,,,,
交易日期,借方发生额,贷方发生额,余额,对方户名,对方账号,摘要,用途,交易流水号
20260304,,"48,000.00","49,000.00",云帆信息技术有限公司,6217000011112222,转账,INV 2026 00412,IC0001
20260305,12.50,,"48,987.50",,,手续费,,IC0002
20260306,,"1,200.00","50,187.50",华兴制造,6217000033334444,转账,货款,IC0003
合计笔数：3,,,,,,,,
"""
CCB = """"账号","6222021234567890123"
"记账日期","交易时间","支出","收入","账户余额","币种","摘要","对方户名","对方账号","备注","账户明细编号-交易流水号"
"20260304","20260304 10:22:33","0.00","48,000.00","49,000.00","人民币元","转账存入","云帆信息技术有限公司","6217","INV-2026-00412","1-1"
"20260305","20260305 11:22:33","12.50","0.00","48,987.50","人民币元","收费","","","","1-2"
"20260306","20260306 11:22:33","0.00","1,200.00","50,187.50","人民币元","转账存入","华兴制造","6217","货款","1-3"
"""
BOC = """交易日期,业务类型,借方金额,贷方金额,余额,对方名称,对方账户,交易附言,交易流水号
2026/03/06,来账,,1200.00,50187.50,华兴制造,6217,货款,B3
2026/03/05,收费,12.50,,48987.50,,,手续费,B2
2026/03/04,来账,,48000.00,49000.00,云帆信息技术有限公司,6217,INV2026-412,B1
"""
ABC = """交易日期\t交易金额\t借贷标志\t账户余额\t对方户名\t对方账号\t摘要\t用途\t日志号
20260304\t48000.00\t贷\t49000.00\t云帆信息技术有限公司\t6217\t转账\tINV-2026-00412\tA1
20260305\t12.50\t借\t48987.50\t\t\t手续费\t\tA2
20260306\t1200.00\t贷\t50187.50\t华兴制造\t6217\t转账\t货款\tA3
"""
CMB = """# 招商银行企业账户交易查询
# 账号: [6222021234567890123]
# 币种: [人民币]
交易日,交易类型,借方金额,贷方金额,余额,摘要,收/付方名称,流水号
20260304,转账,,48000.00,49000.00,INV-2026-00412,云帆信息技术有限公司,C1
20260305,收费,12.50,,48987.50,账户管理费,,C2
20260306,转账,,1200.00,50187.50,货款,华兴制造,C3
"""
ALIPAY = """#支付宝账务明细查询
#账号：[6222021234567890123]
账务流水号,业务流水号,商户订单号,商品名称,发生时间,对方账号,收入金额（+元）,支出金额（-元）,账户余额（元）,交易渠道,业务类型,备注
AL1\t,Y1,,INV-2026-00412,2026-03-04 10:22:33,yunfan@example.com,48000.00,0.00,49000.00,支付宝,在线支付,
AL2\t,Y2,,,2026-03-05 10:22:33,,0.00,-12.50,48987.50,支付宝,收费,服务费
AL3\t,Y3,,货款,2026-03-06 10:22:33,huaxing@example.com,1200.00,0.00,50187.50,支付宝,在线支付,
#支出合计：1笔，共-12.50元
"""
GERMAN = """Buchungstag;Valuta;Name Zahlungsbeteiligter;IBAN Zahlungsbeteiligter;Buchungstext;Verwendungszweck;Betrag;Saldo
04.03.2026;04.03.2026;Yunfan GmbH;DE02120300000000202051;Gutschrift;INV-2026-00412;48.000,00;49.000,00
05.03.2026;05.03.2026;;;Entgelt;Kontoführung;-12,50;48.987,50
06.03.2026;06.03.2026;Huaxing;DE02500105170137075030;Gutschrift;Ware;1.200,00;50.187,50
"""
MT940_DE = """:20:STARTUMS
:25:50070010/1234567
:28C:1/1
:60F:C260303EUR1000,00
:61:2603040304CR48000,00NTRFNONREF//DE0001
:86:166?00SEPA GUTSCHRIFT?20EREF+R-1?21SVWZ+INV-2026-?2200412?30DEUTDEFF?31DE02120300000000202051?32Yunfan Gmb?33H
:61:2603050305DR12,50NCHGNONREF//DE0002
:86:808?00ENTGELT?20Kontofuehrung
:61:2603060306CR1200,00NTRFNONREF//DE0003
:86:166?00SEPA GUTSCHRIFT?20SVWZ+Ware?31DE02500105170137075030?32Huaxing
:62F:C260306EUR50187,50
-
"""
MT940_NL = """{1:F01INGBNL2ABXXX0000000000}{2:I940INGBNL2AXN}{4:
:20:P260306000000001
:25:NL69INGB0123456789EUR
:28C:00000
:60F:C260303EUR1000,00
:61:2603040304C48000,00NTRFEREF//NL0001
/TRCD/00100/
:86:/EREF/R-1//CNTP/NL32INGB0000012345/INGBNL2A/Yunfan BV///REMI/USTD//INV
-2026-00412/
:61:2603050305D12,50NCHGNONREF//NL0002
:86:/REMI/USTD//Kosten/
:61:2603060306C1200,00NTRFEREF//NL0003
:86:/CNTP/NL32INGB0000054321/INGBNL2A/Huaxing///REMI/USTD//Goods/
:62F:C260306EUR50187,50
-}
"""
MT940_HK = """{1:F01HSBCHKHHAXXX0000000000}{2:O9400000}{4:
:20:MT940-1
:25:123456789
:28C:5/1
:60F:C260303USD1000,00
:61:260304C48000,00NTRF412//HK0001
:86:YUNFAN LTD INV 2026 00412
:61:260305D12,50FCHG//HK0002
:86:CHARGES
:61:260306C1200,00NTRF77//HK0003
:86:HUAXING MFG
GOODS
:62F:C260306USD50187,50
-}
"""
OFX = """OFXHEADER:100
DATA:OFXSGML
VERSION:102
SECURITY:NONE
ENCODING:USASCII
CHARSET:1252
COMPRESSION:NONE
OLDFILEUID:NONE
NEWFILEUID:NONE

<OFX><BANKMSGSRSV1><STMTTRNRS><STMTRS><CURDEF>USD<BANKACCTFROM><BANKID>1<ACCTID>123456789<ACCTTYPE>CHECKING
</BANKACCTFROM><BANKTRANLIST>
<STMTTRN><TRNTYPE>CREDIT<DTPOSTED>20260304120000[-5:EST]<TRNAMT>48000.00<FITID>F1<NAME>YUNFAN<MEMO>INV-2026-00412</STMTTRN>
<STMTTRN><TRNTYPE>FEE<DTPOSTED>20260305<TRNAMT>-12.50<FITID>F2<NAME>FEE</STMTTRN>
<STMTTRN><TRNTYPE>CREDIT<DTPOSTED>20260306<TRNAMT>1200.00<FITID>F3<NAME>HUAXING</STMTTRN>
</BANKTRANLIST><LEDGERBAL><BALAMT>50187.50<DTASOF>20260306</LEDGERBAL></STMTRS></STMTTRNRS></BANKMSGSRSV1></OFX>
"""
QIF = """!Type:Bank
D3/4'26
T48,000.00
PYunfan
MINV-2026-00412
N1
^
D3/5'26
T-12.50
PFee
^
D3/6'26
T1,200.00
PHuaxing
^
"""


def camt(version="053.001.02", entries=None, closing=CLOSING, head="", account="DE02120300000000202051", count=3):
    """A camt file: 053 Stmt, 052 Rpt or 054 Ntfctn; parties stand one level deeper from version 8 on."""
    outer, inner = {
        "052": ("BkToCstmrAcctRpt", "Rpt"), "053": ("BkToCstmrStmt", "Stmt"), "054": ("BkToCstmrDbtCdtNtfctn", "Ntfctn"),
    }[version[:3]]  # fmt: skip
    new = int(version[-2:]) >= 8
    told = entries or [
        entry("48000.00", "CRDT", "2026-03-04", "CM1", "Yunfan GmbH", "INV-2026-00412", new=new),
        entry("12.50", "DBIT", "2026-03-05", "CM2", "", "Fee", new=new),
        entry("1200.00", "CRDT", "2026-03-06", "CM3", "Huaxing", "Goods", new=new),
    ]
    balances = "" if version.startswith("054") else balance("OPBD", OPENING) + balance("CLBD", closing)
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>{head}<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.{version}">'
        f"<{outer}><GrpHdr><MsgId>1</MsgId></GrpHdr><{inner}><Id>1</Id><Acct><Id><IBAN>{account}</IBAN></Id>"
        f"<Ccy>EUR</Ccy></Acct>{balances}<TxsSummry><TtlNtries><NbOfNtries>{count}</NbOfNtries></TtlNtries></TxsSummry>"
        f"{''.join(told)}</{inner}></{outer}></Document>"
    )


def balance(kind, amount):
    return (
        f"<Bal><Tp><CdOrPrtry><Cd>{kind}</Cd></CdOrPrtry></Tp><Amt Ccy='EUR'>{amount}</Amt>"
        f"<CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>2026-03-06</Dt></Dt></Bal>"
    )


def entry(amount, side, day, reference, party, words, *, new=False, status="BOOK", details=None):
    state = f"<Cd>{status}</Cd>" if new else status
    return (
        f"<Ntry><Amt Ccy='EUR'>{amount}</Amt><CdtDbtInd>{side}</CdtDbtInd><Sts>{state}</Sts>"
        f"<BookgDt><Dt>{day}</Dt></BookgDt><ValDt><Dt>{day}</Dt></ValDt><AcctSvcrRef>{reference}</AcctSvcrRef>"
        f"<NtryDtls>{details or detail(side, party, words, new=new)}</NtryDtls></Ntry>"
    )


def detail(side, party, words, *, amount="", new=False):
    who = "Dbtr" if side == "CRDT" else "Cdtr"
    name = f"<Pty><Nm>{party}</Nm></Pty>" if new else f"<Nm>{party}</Nm>"
    parties = f"<RltdPties><{who}>{name}</{who}></RltdPties>" if party else ""
    told = f"<AmtDtls><TxAmt><Amt Ccy='EUR'>{amount}</Amt></TxAmt></AmtDtls>" if amount else ""
    return f"<TxDtls><Refs/>{told}{parties}<RmtInf><Ustrd>{words}</Ustrd></RmtInf></TxDtls>"


DIALECTS = {  # name of the file: (text, encoding, how its days and amounts are written)
    "icbc.csv": (ICBC, "gb18030", {}),
    "ccb.csv": (CCB, "gb18030", {}),
    "boc.csv": (BOC, "gb18030", {}),
    "abc.txt": (ABC, "gb18030", {}),
    "cmb.csv": (CMB, "utf-8-sig", {}),
    "alipay.csv": (ALIPAY, "gb18030", {}),
    "bank.csv": (GERMAN, "cp1252", {"day_order": "dmy", "decimal": ","}),
    "de.sta": (MT940_DE, "utf-8", {}),
    "nl.940": (MT940_NL, "utf-8", {}),
    "hk.mt940": (MT940_HK, "utf-8", {}),
    "us.ofx": (OFX, "utf-8", {}),
    "us.qif": (QIF, "utf-8", {}),
    "camt052.xml": (camt("052.001.06"), "utf-8", {}),
    "camt053.xml": (camt("053.001.02"), "utf-8", {}),
    "camt053v8.xml": (camt("053.001.08"), "utf-8", {}),
    "camt053v13.xml": (camt("053.001.13"), "utf-8", {}),
    "camt054.xml": (camt("054.001.04"), "utf-8", {}),
}
