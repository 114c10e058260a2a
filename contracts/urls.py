from contracts.delivery_views import DeliveryPages
from contracts.order_views import OrderPages
from contracts.views import AmendmentPages, ContractPages

app_name = "contracts"
urlpatterns = [
    *ContractPages.urls("contracts"),
    *OrderPages.urls("orders"),
    *DeliveryPages.urls("deliveries"),
    *AmendmentPages.urls("amendments"),
]
