from django.utils.translation import gettext_lazy as _

from billing.bank import bench
from billing.bank.pages import BankAccountPages, BankLinePages, BankStatementPages
from crm import frame

frame.add("bank", _("bank matching"), "billing:bank_bench", "billing.view_bankline")
urls = [
    *bench.urls,
    *BankAccountPages.urls("bank/accounts"),
    *BankStatementPages.urls("bank/statements"),
    *BankLinePages.urls("bank/lines"),
]
