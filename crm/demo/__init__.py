"""The demo company: a maker of industrial IoT equipment and software, and two years of its business.

Made up from a seed and told up to this morning. It only ever goes into a database nobody works in, so its one password
may be known.
"""

PASSWORD = "lead-to-cash"  # noqa: S105
DOMAIN = "hengtuo.example"
LOGINS = [  # (role, e-mail)
    ("Marketing 市场", f"marketing@{DOMAIN}"),
    ("Sales 销售", f"sales@{DOMAIN}"),
    ("Sales support 销售支持", f"support@{DOMAIN}"),
    ("Operations 运营", f"operations@{DOMAIN}"),
    ("Finance 财务", f"finance@{DOMAIN}"),
    ("Service 客服", f"service@{DOMAIN}"),
    ("Sales manager 销售经理", f"manager@{DOMAIN}"),
    ("General manager 总经理", f"boss@{DOMAIN}"),
    ("Administrator 管理员", f"admin@{DOMAIN}"),
]
