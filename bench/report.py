"""The figures of a run as a table."""

from statistics import median


def p50(times):
    return median(times)


def p95(times):
    return sorted(times)[int(len(times) * 0.95)]


def line(name, value, aim="", met=None):
    mark = "" if met is None else ("ok" if met else "SHORT")
    print(f"{name:<46} {value:>34}   {aim:<16} {mark}".rstrip())


def ratio(name, times, floor, aim):
    """Times in ms against the floor's, as p50 / p95 and the ratio of the medians."""
    found = p50(times) / p50(floor)
    shown = f"{p50(times):8.1f} /{p95(times):7.1f} ms  {found:6.2f} x"
    line(name, shown, f"<= {aim} x", found <= aim)


def figure(name, value, unit, aim, best="most"):
    met = value <= aim if best == "most" else value >= aim
    line(name, f"{value:.2f} {unit}", f"{'<=' if best == 'most' else '>='} {aim} {unit}", met)
