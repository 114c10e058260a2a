"""Do one job as a worker does, and tell what it took: `python -m bench.worker KEY`."""

import json
import os
import sys
import time

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "crm.settings"
django.setup()

from crm import jobs  # noqa: E402

began = time.perf_counter()
jobs.run(int(sys.argv[1]))
print(json.dumps({"seconds": time.perf_counter() - began}))
