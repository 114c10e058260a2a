"""One table."""

from django.db import models


class Row(models.Model):
    """What a list shows, and no more."""

    name = models.CharField(max_length=200)
    status = models.CharField(max_length=20)
    updated_at = models.DateTimeField(auto_now=True)

    def __str__(self):
        return self.name
