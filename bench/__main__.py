"""Measure: `python -m bench [doors] [billing]`, both where none is named. It prints figures and aims, and exits 0
whatever they are."""

import argparse
import subprocess
import sys

from bench import billing, books, data, doors
from bench.servers import beside, database_url, environment, run, served


def main():
    asked = arguments()
    if len(asked.parts) == 1:
        return PARTS[asked.parts[0]](asked)
    sizes = [f"--leads={asked.leads}", f"--invoices={asked.invoices}"]
    for part in asked.parts or PARTS:  # each with a database of its own, so in a process of its own
        subprocess.run([sys.executable, "-m", "bench", part, *sizes], check=True)  # noqa: S603


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="part", help=f"{' or '.join(PARTS)} (default: all)")
    parser.add_argument("--leads", type=int, default=100_000, help="how large a company (default 100,000)")
    parser.add_argument("--invoices", type=int, default=150_000, help="how large its books (default 150,000)")
    asked = parser.parse_args()
    if unknown := set(asked.parts) - PARTS.keys():
        parser.error(f"unknown: {', '.join(sorted(unknown))}")
    return asked


def measure_doors(asked):
    url = database_url()
    product, bare = beside(url, "ltc_bench"), beside(url, "ltc_bench_bare")
    data.prepare(product, asked.leads)
    session = run(["-m", "bench.bare.fill"], environment(bare, BENCH_ROWS=str(asked.leads)))
    with served("crm.wsgi", product) as ours, served("bench.bare.wsgi", bare) as theirs:
        doors.measure(ours, theirs, session)


def measure_billing(asked):
    url = database_url()
    product, bare = beside(url, "ltc_bench_billing"), beside(url, "ltc_bench_bare")
    data.open_database(product)
    books.prepare(asked.invoices)
    data.tidy()
    session = run(["-m", "bench.bare.fill"], environment(bare, BENCH_ROWS="1000"))
    with served("crm.wsgi", product) as ours, served("bench.bare.wsgi", bare) as theirs:
        billing.measure(ours, theirs, session, product)


PARTS = {"doors": measure_doors, "billing": measure_billing}
main()
