"""The file of every single time, .build/bench/results.tsv, and what is made of it.

  turn   REPEAT PLACE HOSTS PROCESSES KIND PEER RATE ERRORS HANGS TIMES   microseconds, separated by blanks
  extra  NAME VALUE                                                      what else was measured, see extras.py
"""

import collections
import statistics

import peers

path = f"{peers.root}/.build/bench/results.tsv"

Key = collections.namedtuple("Key", "place hosts processes kind peer")


class Turns:
    """All turns of a peer in one cell."""

    def __init__(self):
        self.rates, self.errors, self.hangs, self.medians, self.times = [], 0, 0, [], []

    def add(self, rate, errors, hangs, times):
        self.rates.append(float(rate))
        self.errors += int(errors)
        self.hangs += int(hangs)
        times = [float(time) for time in times.split()]
        self.times = sorted(self.times + times)
        if times:
            self.medians.append(statistics.median(times))

    @property
    def median(self):
        """Of the turns' medians: one turn that was disturbed does not count for more."""
        return statistics.median(self.medians)

    @property
    def p99(self):
        """Of all logins; one that hung is beyond it."""
        rank = (len(self.times) + self.hangs) * 99 // 100
        return self.times[rank] if rank < len(self.times) else float("inf")

    @property
    def rate(self):
        return statistics.median(self.rates)


class Results:
    def __init__(self, turns, extras):
        self.turns, self.extras = turns, extras

    def own(self, place, hosts, kind, peer, processes=1):
        """What a peer's module costs: the stack with it less the stack without; None where it wasn't measured.

        On a machine that is busy otherwise it may be less than nothing.
        """
        stack, bare = (self.turns.get(Key(place, hosts, processes, kind, name)) for name in [peer, peers.none])
        return stack.median - bare.median if stack and bare else None

    def cells(self):
        return list(dict.fromkeys(key[:4] for key in self.turns))


def begin(file):
    file.write("kind\trepeat\tplace\thosts\tprocesses\tlogin\tpeer\trate\terrors\thangs\ttimes\n")


def write(file, repeat, cell, peer, outcome):
    row = ["turn", repeat, cell.place, cell.hosts, cell.processes, cell.kind, peer]
    row += [outcome[name] for name in ["rate", "errors", "hangs", "times"]]
    file.write("\t".join(map(str, row)) + "\n")
    file.flush()


def write_extra(file, row):
    file.write("\t".join(["extra"] + [str(value) for value in row]) + "\n")


def read(name=path):
    turns, extras = collections.defaultdict(Turns), {}
    with open(name, encoding="ascii") as file:
        for line in file:
            kind, *row = line.rstrip("\n").split("\t")
            if kind == "extra":
                extras[row[0]] = row[1]
            elif kind == "turn":
                _, place, hosts, processes, login, peer, *outcome = row
                turns[Key(place, int(hosts), int(processes), login, peer)].add(*outcome)
    return Results(dict(turns), extras)
