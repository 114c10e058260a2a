"""Known holes in what we build on. A hole fails; a service out of reach is said aloud, for nothing was looked at."""

import json
import shutil
import subprocess
import sys

PYTHON = [".venv/bin/pip-audit", "-r", "requirements.lock", "--disable-pip", "--require-hashes", "--format", "json"]
FRONT_END = ["npm", "audit", "--package-lock-only", "--json"]


class OutOfReachError(Exception):
    """The service that knows about holes did not answer."""


def ask(command):
    """What the auditor found, as it says it in JSON."""
    if shutil.which(command[0]) is None:
        raise OutOfReachError(f"{command[0]} is not installed")
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    try:
        return json.loads(done.stdout)
    except ValueError:
        raise OutOfReachError((done.stderr.strip().splitlines() or ["no answer"])[-1]) from None


def python_holes(told):
    """A package the index does not know was not looked at, whatever the auditor's exit code says."""
    packages = told["dependencies"]
    holes = [f"{package['name']}: {hole['id']}" for package in packages for hole in package.get("vulns", ())]
    skipped = [package for package in packages if "skip_reason" in package]
    if skipped and not holes:
        raise OutOfReachError(f"{len(skipped)} of {len(packages)} packages unknown: {skipped[0]['skip_reason']}")
    return holes


def front_end_holes(told):
    if "vulnerabilities" not in told:
        raise OutOfReachError(told.get("message") or "no answer")
    return [f"{name}: {hole['severity']}" for name, hole in told["vulnerabilities"].items()]


AUDITS = {"Python packages": (PYTHON, python_holes), "front-end packages": (FRONT_END, front_end_holes)}


def main():
    found = []
    for what, (command, holes_in) in AUDITS.items():
        try:
            holes = holes_in(ask(command))
            print(f"{what}: {len(holes)} known holes")
            found += holes
        except OutOfReachError as reason:
            print(f"NOT RUN: the {what} were not audited: {reason}")
    print("\n".join(found))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
