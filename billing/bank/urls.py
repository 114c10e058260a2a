from billing.bank.pages import BankAccountPages, BankLinePages, BankStatementPages

urls = [
    *BankAccountPages.urls("bank/accounts"),
    *BankStatementPages.urls("bank/statements"),
    *BankLinePages.urls("bank/lines"),
]
