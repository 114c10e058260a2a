from django.contrib.auth.decorators import login_not_required
from django.urls import path
from django.utils.translation import gettext_lazy as _

from crm import frame
from crm.desk import audit, bin, bulk, company, exports, imports, jobs, lookup, merge, saved_views, tasks
from crm.desk.catalogue import PriceListPages, ProductPages
from crm.desk.customers import BillingTitlePages, ContactPages, CustomerPages
from crm.desk.people import TeamPages, UserPages
from crm.desk.tags import TagPages
from crm.desk.webhooks import DeliveryPages, WebhookPages

app_name = "crm"
urlpatterns = [
    path("tasks/", tasks.tasks, name="tasks"),
    path("tasks/<int:pk>/", tasks.task_detail, name="task_detail"),
    path("tasks/<int:pk>/done/", tasks.task_done, name="task_done"),
    path("bin/", bin.overview, name="bin"),
    path("bin/<int:pk>/restore/", bin.restore, name="bin_restore"),
    path("duplicates/", merge.duplicates, name="duplicates"),
    path("duplicates/<str:record_type>/<int:one>/<int:other>/not/", merge.dismiss, name="not_duplicates"),
    path("merge/<str:record_type>/<int:pk>/", merge.merge_with, name="merge_with"),
    path("merge/<str:record_type>/<int:one>/<int:other>/", merge.merge, name="merge"),
    path("merges/<int:pk>/undo/", merge.undo, name="merge_undo"),
    path("work/<str:kind>/<int:pk>/delete/", bin.delete_work, name="work_delete"),
    path("lookup/<str:record_type>/", lookup.lookup, name="lookup"),
    *CustomerPages.urls("customers"),
    *ContactPages.urls("contacts"),
    *BillingTitlePages.urls("billing-titles"),
    *ProductPages.urls("products"),
    *PriceListPages.urls("price-lists"),
    *TagPages.urls("tags"),
    *UserPages.urls("users"),
    *TeamPages.urls("teams"),
    *WebhookPages.urls("webhooks"),
    *DeliveryPages.urls("webhook-deliveries"),
    path("audit/", audit.overview, name="audit"),
    path("settings/", company.settings, name="company"),
    path("settings/rates/", company.rates, name="rates"),
    *imports.urls,
    path("logo/", login_not_required(company.logo), name="logo"),
    *bulk.urlpatterns,
    *exports.urlpatterns,
    *saved_views.urlpatterns,
    path("jobs/", jobs.overview, name="jobs"),
    path("jobs/<int:pk>/", jobs.job_page, name="job_detail"),
    path("jobs/<int:pk>/cancel/", jobs.cancel, name="job_cancel"),
    path("jobs/<int:pk>/retry/", jobs.retry, name="job_retry"),
    path("jobs/run/<str:key>/", jobs.run_now, name="job_run"),
]

frame.add("customers", _("Duplicates"), "crm:duplicates", "crm.view_duplicates")
frame.add("admin", _("Company settings"), "crm:company", "crm.change_company")
frame.add("admin", _("Exchange rates"), "crm:rates", "crm.change_company")
frame.add("admin", _("Jobs"), "crm:jobs", "crm.run_job")
frame.add("admin", _("Audit log"), "crm:audit", "crm.view_audit")
