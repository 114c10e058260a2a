"""A small client of the API: retries safely, reads long lists, overwrites nothing unseen, verifies webhooks.

python docs/example_client.py https://crm.example.com ltc_…
"""

import base64
import hashlib
import hmac
import sys
import time
import uuid

import requests

WORTH_RETRYING = {409, 429, 500, 502, 503, 504}


class Client:
    """Calls as the token's owner. Raises requests.HTTPError for what was refused."""

    def __init__(self, address, token, tries=5, wait=1.0):
        self.address, self.tries, self.wait = f"{address.rstrip('/')}/api/v1", tries, wait
        self.session = requests.Session()
        self.session.headers["Authorization"] = f"Bearer {token}"

    def call(self, method, path, **options):
        """Send a call, again if it got lost or came too early. Safe for a POST, which carries a key."""
        url = path if path.startswith("http") else self.address + path
        for attempt in range(1, self.tries + 1):
            try:
                answer = self.session.request(method, url, timeout=30, **options)
                last = answer.status_code not in WORTH_RETRYING or "legal" in answer.text
            except requests.ConnectionError:
                answer, last = None, False
            if last or attempt == self.tries:
                break
            told = answer.headers.get("Retry-After") if answer is not None else None
            time.sleep(float(told) if told else self.wait * 2 ** (attempt - 1))
        if answer is None:
            raise requests.ConnectionError(url)
        answer.raise_for_status()
        return answer

    def create(self, records, key=None, **values):
        """Create a record once, however often the call is sent."""
        headers = {"Idempotency-Key": key or str(uuid.uuid4())}
        return self.call("POST", f"/{records}/", json=values, headers=headers).json()

    def act(self, records, pk, verb, **values):
        """Do something with a record: claim, qualify, sign, issue."""
        headers = {"Idempotency-Key": str(uuid.uuid4())}
        return self.call("POST", f"/{records}/{pk}/{verb}/", json=values, headers=headers).json()

    def all(self, records, **filters):
        """Every record of a list, page by page."""
        page = self.call("GET", f"/{records}/", params={"page_size": 200, **filters}).json()
        yield from page["results"]
        while page["next"]:
            page = self.call("GET", page["next"]).json()
            yield from page["results"]

    def change(self, records, pk, decide):
        """Change a record by `decide(record) -> values`; look again if somebody was faster."""
        while True:
            seen = self.call("GET", f"/{records}/{pk}/")
            try:
                headers = {"If-Match": seen.headers["ETag"]}
                return self.call("PATCH", f"/{records}/{pk}/", json=decide(seen.json()), headers=headers).json()
            except requests.HTTPError as refusal:
                if refusal.response.status_code != 412:
                    raise


def is_genuine(headers, body, secret, within=300):
    """Is this webhook message (bytes) from the CRM, unchanged and fresh?"""
    message, stamp = headers["webhook-id"], headers["webhook-timestamp"]
    if abs(time.time() - int(stamp)) > within:
        return False
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = hmac.new(key, f"{message}.{stamp}.".encode() + body, hashlib.sha256).digest()
    expected = "v1," + base64.b64encode(signed).decode()
    return any(hmac.compare_digest(expected, given) for given in headers["webhook-signature"].split())


if __name__ == "__main__":
    client = Client(*sys.argv[1:3])
    lead = client.create("leads", company_name="华兴制造", contact_name="张伟", phone="13800001111")
    print("created", lead["number"])
    client.change("leads", lead["id"], lambda record: {"need": "20 seats"})
    print(sum(1 for _lead in client.all("leads")), "leads in all")
