"""The one index behind the search box: names, numbers and phones of everything."""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models


class SearchEntry(models.Model):
    """The searchable text of one record, and its pairs of neighbouring characters (`crm.search`)."""

    record_type = models.CharField(max_length=40)
    record_id = models.BigIntegerField()
    text = models.TextField()
    tokens = ArrayField(models.TextField())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["record_type", "record_id"], name="one_search_entry")]
        indexes = [GinIndex(fields=["tokens"], name="search_tokens")]

    def __str__(self):
        return f"{self.record_type} {self.record_id}"
