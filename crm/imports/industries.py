"""What other systems and people call our industries."""

from crm.imports.fields import names

WORDS = {
    "manufacturing": names("制造|制造业|工业|industrial|machinery|electronics|机械|电子|汽车"),
    "retail": names("零售|零售业|电商|快消|e-commerce|consumer goods|apparel|批发零售"),
    "software": names("软件|软件和信息技术|互联网|it|it服务|technology|software|saas|computer software|信息技术"),
    "logistics": names("物流|运输|仓储|transportation|transport|shipping"),
    "healthcare": names("医疗|医药|医疗健康|health|pharma|biotechnology|hospital & health care"),
    "education": names("教育|培训|training|higher education"),
    "finance": names("金融|金融业|银行|保险|banking|insurance|finance|financial services"),
    "construction": names("建筑|建筑业|房地产|工程|real estate|engineering"),
    "energy": names("能源|电力|化工|utilities|oil & gas|chemicals|oil & energy"),
    "other": names("其他|其它|unknown"),
}
