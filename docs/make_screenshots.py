"""Take the README's pictures from a freshly loaded demo company: `make screenshots`.

Starts its own server on a spare port and an embedded database of its own, so nobody's data is touched.
"""

import os
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parent.parent
FOLDER = Path(__file__).resolve().parent / "screenshots"
PORT = "8190"
PASSWORD = "lead-to-cash"  # noqa: S105 - of the demo company
BASE = f"http://127.0.0.1:{PORT}"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
DESK, PHONE = {"width": 1280, "height": 860}, {"width": 390, "height": 844}

PICTURES = (  # name, role, address or link to follow, screen, language
    ("dashboard-zh", "boss", "/kpis/", DESK, "zh-hans"),
    ("dashboard-en", "boss", "/kpis/", DESK, "en"),
    ("home-finance-zh", "finance", "/", DESK, "zh-hans"),
    ("leads-en", "sales", "/leads/", DESK, "en"),
    ("board-zh", "sales", "/opportunities/board/", DESK, "zh-hans"),
    ("contract-zh", "sales", "/contracts/?status=signed", DESK, "zh-hans"),
    ("home-sales-phone-zh", "sales", "/", PHONE, "zh-hans"),
    ("lead-phone-en", "sales", "/leads/new/", PHONE, "en"),
)


def environment():
    kept = {key: value for key, value in os.environ.items() if key not in {"DATABASE_URL", "REDIS_URL"}}
    return {**kept, "VAR_DIR": str(ROOT / "var" / "screenshots"), "PORT": PORT}


def serve():
    """A server with the demo company, ready to answer."""
    manage = [sys.executable, str(ROOT / "manage.py")]
    subprocess.run([*manage, "migrate", "-v0"], env=environment(), check=True)  # noqa: S603 - our own commands
    subprocess.run([*manage, "demo", "--reset", "--yes", "--leads", "1200"], env=environment(), check=True)  # noqa: S603 - our own commands
    server = subprocess.Popen([*manage, "serve"], env=environment(), stdout=subprocess.DEVNULL)  # noqa: S603
    for _attempt in range(100):
        try:
            urllib.request.urlopen(f"{BASE}/account/login/")  # noqa: S310 - our own server
            return server
        except OSError:
            time.sleep(0.2)
    raise SystemExit("The server did not start.")


def take(browser, name, role, address, screen, language):
    page = browser.new_context(viewport=screen, locale="zh-CN" if language == "zh-hans" else "en-GB").new_page()
    page.goto(f"{BASE}/account/login/")
    page.fill("[name=login]", f"{role}@hengtuo.example")
    page.fill("[name=password]", PASSWORD)
    page.press("[name=password]", "Enter")
    page.wait_for_url(f"{BASE}/")
    if page.evaluate("document.documentElement.lang").lower() != language:
        page.click(f"form[action*=language] [value={language}]")
        page.wait_for_load_state()
    page.goto(BASE + address)
    if "?" in address:
        page.click("table.rows a.row-link >> nth=0")
    page.wait_for_load_state("networkidle")
    page.screenshot(path=FOLDER / f"{name}.png")


def main():
    sys.path.insert(0, str(ROOT))
    FOLDER.mkdir(exist_ok=True)
    server = serve()
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
            for picture in PICTURES:
                take(browser, *picture)
                print(picture[0])
    finally:
        server.terminate()
        server.wait(20)


if __name__ == "__main__":
    main()
