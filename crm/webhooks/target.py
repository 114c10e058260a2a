"""Sending to an address somebody typed in, without being led into our own network.

The name is resolved once, every address it has must be public, and the connection goes to the address that was
checked. Redirects are not followed, proxies not asked, and no more than a few kilobytes of the answer are read.
"""

import ipaddress
import socket
import time
from dataclasses import dataclass
from urllib.parse import urlsplit

import certifi
import urllib3
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

CONNECT_SECONDS, ANSWER_SECONDS = 5, 10
LONGEST_ANSWER = 4096  # bytes read
NAT64 = ipaddress.ip_network("64:ff9b::/96")


class Unreachable(Exception):
    """Nothing was sent, or no answer came; the text says why."""


@dataclass(frozen=True)
class Answer:
    code: int
    text: str


def check(url):
    """Refuse what can never be delivered to. Names are resolved only on sending, each time anew."""
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname, parts.port
    except ValueError:
        host = parts = None
    if not host or parts.scheme not in ("https", "http") or parts.username is not None or parts.fragment:
        raise ValidationError({"url": _("Give an address such as https://example.com/hooks.")})
    if settings.WEBHOOK_ALLOW_PRIVATE:
        return
    if parts.scheme != "https":
        raise ValidationError({"url": _("The address must begin with https://.")})
    if host == "localhost" or host.endswith((".localhost", ".local", ".internal")) or _is_private_literal(host):
        raise ValidationError({"url": _("Addresses of private networks are refused.")})


def _is_private_literal(host):
    try:
        return not is_public(ipaddress.ip_address(host))
    except ValueError:
        return False


def is_public(address):
    """Is this an address of the open internet, also inside what wraps it?"""
    if address.version == 6:
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo and address.teredo[1])
        if address in NAT64:
            inner = ipaddress.ip_address(int(address) & 0xFFFFFFFF)
        if inner:
            return is_public(inner)
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)


def resolve(host, port):
    """The addresses of a host, all of them checked."""
    try:
        found = {entry[4][0] for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)}
    except (OSError, UnicodeError) as error:
        raise Unreachable("The name of the host cannot be resolved.") from error
    if not settings.WEBHOOK_ALLOW_PRIVATE and not all(is_public(ipaddress.ip_address(ip)) for ip in found):
        raise Unreachable("The host has an address in a private network.")
    return sorted(found, key=lambda ip: ":" in ip)


def post(url, body, headers):
    """Send a message. Raises Unreachable if no answer comes."""
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    host = parts.netloc.rpartition("@")[2]
    pool = _pool(parts.scheme, parts.hostname, resolve(parts.hostname, port)[0], port)
    try:
        response = pool.urlopen(
            "POST", path, body=body, headers={**headers, "Host": host}, redirect=False, preload_content=False
        )
        return Answer(response.status, _read(response))
    except (urllib3.exceptions.HTTPError, OSError, ValueError) as error:
        raise Unreachable(f"{type(error).__name__}: {error}"[:300]) from error
    finally:
        pool.close()


def _pool(scheme, host, ip, port):
    timeout = urllib3.Timeout(connect=CONNECT_SECONDS, read=ANSWER_SECONDS)
    common = {"port": port, "timeout": timeout, "retries": False, "maxsize": 1}
    ip = f"[{ip}]" if ":" in ip else ip
    if scheme == "http":
        return urllib3.HTTPConnectionPool(ip, **common)
    checked = {"server_hostname": host, "assert_hostname": host, "ca_certs": certifi.where()}
    return urllib3.HTTPSConnectionPool(ip, cert_reqs="CERT_REQUIRED", **checked, **common)


def _read(response):
    """The beginning of the answer; whoever sends it drop by drop is not waited for."""
    found, deadline = b"", time.monotonic() + ANSWER_SECONDS
    try:
        while len(found) < LONGEST_ANSWER and time.monotonic() < deadline:
            part = response.read1(LONGEST_ANSWER - len(found))
            if not part:
                break
            found += part
    finally:
        response.close()
    return found.decode(errors="replace").replace("\x00", "�")
