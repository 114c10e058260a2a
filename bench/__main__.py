"""Measure: `python -m bench [--leads 100000]`. It prints figures and aims, and exits 0 whatever they are."""

import argparse

from bench import data, doors
from bench.servers import beside, database_url, environment, run, served


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--leads", type=int, default=100_000, help="how large a company (default 100,000)")
    leads = parser.parse_args().leads
    url = database_url()
    product, bare = beside(url, "ltc_bench"), beside(url, "ltc_bench_bare")
    data.prepare(product, leads)
    session = run(["-m", "bench.bare.fill"], environment(bare, BENCH_ROWS=str(leads)))
    with served("crm.wsgi", product) as ours, served("bench.bare.wsgi", bare) as theirs:
        doors.measure(ours, theirs, session)


main()
