"""What every answer says about itself to the browser, and how large a request may be."""

from django.http import HttpResponse

from crm.uploads import MOST_BYTES_OF_A_REQUEST

HEADERS = {
    # Nothing of the device is used but security keys.
    "Permissions-Policy": "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), "
    "magnetometer=(), microphone=(), midi=(), payment=(), usb=(), "
    "publickey-credentials-create=(self), publickey-credentials-get=(self)",
    "Cross-Origin-Resource-Policy": "same-origin",
    # Pages and files hold the company's data: no copy stays behind on a shared computer or in a proxy.
    "Cache-Control": "private, no-store",
}


class SafetyMiddleware:
    """A view may say something else; what it leaves out is said here."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if int(request.META.get("CONTENT_LENGTH") or 0) > MOST_BYTES_OF_A_REQUEST:
            return HttpResponse(status=413)
        response = self.get_response(request)
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        return response
