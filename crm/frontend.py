"""The few files of the npm packages that browsers load; whole packages would be thousands."""

from django.conf import settings
from django.contrib.staticfiles.finders import FileSystemFinder
from django.core.files.storage import FileSystemStorage

# static prefix: (folder below node_modules, files)
PACKAGES = {
    "tabler": ("@tabler/core/dist", ["css/tabler.min.css", "css/tabler.min.css.map"]),
    "htmx": ("htmx.org/dist", ["htmx.min.js"]),
    "echarts": ("echarts/dist", ["echarts.min.js"]),
    "sortable": ("sortablejs", ["Sortable.min.js"]),
}


class FrontEndFinder(FileSystemFinder):
    """Finds `tabler/css/tabler.min.css` and the like in `node_modules`, and nothing else there."""

    def __init__(self, app_names=None):
        self.locations = []
        self.storages = {}
        for prefix, (folder, _files) in PACKAGES.items():
            root = settings.BASE_DIR / "node_modules" / folder
            storage = FileSystemStorage(location=root)
            storage.prefix = prefix
            self.locations.append((prefix, root))
            self.storages[root] = storage

    def check(self, **kwargs):
        return []

    def find_location(self, root, path, prefix=None):
        listed = {f"{prefix}/{file}" for file in PACKAGES[prefix][1]}
        return super().find_location(root, path, prefix) if path in listed else None

    def list(self, ignore_patterns):
        for prefix, root in self.locations:
            if root.is_dir():
                for file in PACKAGES[prefix][1]:
                    yield file, self.storages[root]
