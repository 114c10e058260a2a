from django.urls import path

from crm.desk import tasks

app_name = "crm"
urlpatterns = [
    path("tasks/<int:pk>/done/", tasks.task_done, name="task_done"),
]
