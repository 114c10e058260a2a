from django.urls import path

from crm.desk import tasks
from crm.desk.catalogue import PriceListPages, ProductPages
from crm.desk.customers import BillingTitlePages, ContactPages, CustomerPages

app_name = "crm"
urlpatterns = [
    path("tasks/<int:pk>/done/", tasks.task_done, name="task_done"),
    *CustomerPages.urls("customers"),
    *ContactPages.urls("contacts"),
    *BillingTitlePages.urls("billing-titles"),
    *ProductPages.urls("products"),
    *PriceListPages.urls("price-lists"),
]
