#!/usr/bin/env -S python3 -B
"""report: what .build/bench/results.tsv says, as Markdown: tables, and which bars are met.

  Tests/Benchmarks/report.py [FILE]
"""

import sys

import cells
import peers
import results

# The figures of `bars`: how many times another's cost ours may be.
of_ancestor = {"failing": 0.35, "passing": 0.04, "refused": 0.1}
of_faillock_in_memory = {"failing": 1.3, "passing": 1, "refused": 1}
of_small_store = 2
of_ancestor_in_a_crowd = 0.2
of_plain = 1.25


def table(head, rows):
    lines = [head, ["---"] + ["--:"] * (len(head) - 1)] + rows
    return "\n".join("| " + " | ".join(str(value) for value in line) + " |" for line in lines)


def microseconds(value):
    return "–" if value is None else "never" if value == float("inf") else f"{value:,.0f}"


def ratio(one, other):
    return one / other if one is not None and other is not None and other > 0 else None


def times(value):
    return "–" if value is None else f"{value:.3f} x" if value < 0.1 else f"{value:.2f} x"


def title(place, hosts):
    return f"{place}, {hosts:,} hosts"


def own_costs(found):
    """One login at a time."""
    rows = []
    for place, hosts, processes, kind in found.cells():
        if processes > 1:
            continue
        bare = found.turns[results.Key(place, hosts, 1, kind, peers.none)].median
        lock, old, ours = (
            found.own(place, hosts, kind, peer) for peer in [peers.faillock, peers.ancestor, peers.ours])
        costs = [microseconds(cost) for cost in [bare, lock, old, ours]]
        rows.append([title(place, hosts), kind] + costs + [times(ratio(ours, old)), times(ratio(ours, lock))])
    head = ["store", "login", "no module", "pam_faillock adds", "libpam-abl adds", "abl adds", "abl / libpam-abl",
            "abl / pam_faillock"]
    return table(head, rows)


def later_costs(found):
    """What the keys cost that pam_abl doesn't have."""
    rows = []
    for place, hosts, processes, kind in found.cells():
        peer_costs = [found.own(place, hosts, kind, peer, processes) for peer in [peers.plain, peers.ours, peers.everything]]
        if None not in peer_costs:
            rows.append([title(place, hosts), kind] + [microseconds(cost) for cost in peer_costs]
                        + [times(ratio(peer_costs[2], peer_costs[0]))])
    return table(["store", "login", "plain adds", "as shipped", "everything on", "everything / plain"], rows)


def crowds(found):
    """Many logins at a time, in full."""
    rows = []
    for key, turns in found.turns.items():
        if key.processes > 1:
            rows.append([
                f"{key.processes}", key.kind, key.peer, f"{turns.rate:,.0f}", microseconds(turns.median),
                microseconds(turns.p99), turns.errors, turns.hangs])
    return table(["at once", "login", "module", "logins/s", "p50", "p99", "errors", "hangs"], rows)


def bars(found):
    """What is asked for: the wording, the figure, and whether it is enough."""
    rows = []

    def bar(what, figure, most, unit=" x"):
        known = figure is not None
        shown = f"{figure:.3g}{unit}" if known else "not measured"
        rows.append([what, shown, f"{most}{unit}", ("met" if figure <= most else "NOT MET") if known else "–"])

    for kind in cells.kinds:
        old, ours = (found.own("disk", 10_000, kind, peer) for peer in [peers.ancestor, peers.ours])
        bar(f"{kind}, of libpam-abl's own cost", ratio(ours, old), of_ancestor[kind])
    for kind in cells.kinds:
        lock, ours = (found.own("tmpfs", 10_000, kind, peer) for peer in [peers.faillock, peers.ours])
        bar(f"{kind} on a tmpfs, of pam_faillock's own cost", ratio(ours, lock), of_faillock_in_memory[kind])
    for kind in cells.kinds:
        large, small = (found.own("disk", hosts, kind, peers.ours) for hosts in [1_000_000, 1000])
        bar(f"{kind} with 1 M hosts, of ours with 1 k", ratio(large, small), of_small_store)
    for kind in ["failing", "passing"]:
        for place in ["disk", "tmpfs"]:
            plain, full = (found.own(place, 10_000, kind, peer) for peer in [peers.plain, peers.everything])
            bar(f"{kind} on {place} with everything on, of the plain one's own cost", ratio(full, plain), of_plain)
    if peers.older_module:
        before_bars(found, bar)
    crowd_bars(found, bar)
    extra_bars(found, bar)
    return table(["bar", "figure", "at most", ""], rows)


def before_bars(found, bar):
    for kind in cells.kinds:
        for place in ["disk", "tmpfs"]:
            before, ours = (found.own(place, 10_000, kind, peer) for peer in [peers.before, peers.ours])
            bar(f"{kind} on {place}, of the older build's own cost", ratio(ours, before), 1)
    for kind in cells.kinds:
        before, ours = (
            found.turns[results.Key("disk", 10_000, 64, kind, peer)] for peer in [peers.before, peers.ours])
        bar(f"{kind}, 64 at once, p99 of the older build's", ours.p99 / before.p99, 0.5)


def crowd_bars(found, bar):
    crowd = [turns for key, turns in found.turns.items() if key.processes == 64 and key.peer == peers.ours]
    bar("errors of ours, 64 at once", sum(turns.errors for turns in crowd), 0, "")
    bar("hangs of ours, 64 at once", sum(turns.hangs for turns in crowd), 0, "")
    for kind in cells.kinds:
        ours, old = (found.turns[results.Key("disk", 10_000, 64, kind, peer)] for peer in [peers.ours, peers.ancestor])
        bar(f"{kind}, 64 at once, p99 of libpam-abl's", ours.p99 / old.p99, of_ancestor_in_a_crowd)


def extra_bars(found, bar):
    extras = found.extras
    hosts = int(extras["listed hosts"])
    bar("calls that write or sync, in 20 refusals", int(extras["refusal writes"]), 0, "")
    seen = f" (failing ones: {extras['failing syncs']})"
    # Where the failing ones show none, nothing was looked at.
    passing = int(extras["passing syncs"]) if int(extras["failing syncs"]) >= 20 else None
    bar("syncs of 20 passing logins with everything on" + seen, passing, 0, "")
    bar(f"`ablctl list` of {hosts:,} hosts", float(extras["list seconds"]), 2, " s")
    bar(f"`ablctl list` of {hosts:,} hosts, memory", float(extras["list MiB"]), 64, " MiB")
    bar(f"`ablctl check` with {hosts:,} hosts", float(extras["check ms"]), 4, " ms")


def text(found):
    places = f"{found.extras['machine']}; disk: {found.extras['disk']}; tmpfs: /dev/shm"
    return "\n\n".join([
        f"Microseconds, medians; {places}.",
        "## What a module adds to a login, one at a time", own_costs(found),
        "## With the keys that pam_abl doesn't have, one at a time", later_costs(found),
        "## Logins, many at once, on disk, 10,000 hosts", crowds(found),
        "## Bars", bars(found),
    ])


if __name__ == "__main__":
    print(text(results.read(*sys.argv[1:])))
