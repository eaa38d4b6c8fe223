"""The stores that `make bench` measures: each peer's, with as many hosts, made by the peer's own means."""

import json
import os
import random
import shutil
import struct
import subprocess
import tempfile
import time

import peers

users = 1000
blocked_hosts = 100
usual_lengths = [32, 32, 32, 24, 24, 16, 64, 48, "user"]  # of what is decreed
names = [f"user{number}" for number in range(users)]


def host(first, number):
    return f"{first}.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"


def histories(hosts):
    """Name and number of failures: hosts that have failed once, and a few that are blocked."""
    return [(host(10, number), 1) for number in range(hosts)] + [
        (host(172, (16 << 16) + number), 10) for number in range(blocked_hosts)
    ]


def decrees(count, lengths):
    """As many blocks by hand in 11.0.0.0/8, in 2001:db8::/32 and of users, where no login comes from."""
    names = random.Random(18)
    made = set()
    while len(made) < count:
        length = names.choice(lengths)
        if length == "user":
            made.add(("user", f"decreed{len(made)}"))
        elif length > 32:
            made.add(("network", f"2001:db8:{names.getrandbits(16):x}:{names.getrandbits(16):x}::/{length}"))
        else:
            bits = (11 << 24 | names.getrandbits(24)) >> (32 - length) << (32 - length)
            address = ".".join(str(bits >> shift & 255) for shift in (24, 16, 8, 0))
            made.add(("host", address) if length == 32 else ("network", f"{address}/{length}"))
    return sorted(made)


def write_decrees(path, made):
    """An export that has these and nothing else."""
    with open(path, "w", encoding="ascii") as file:
        print(json.dumps({"format": "abl export", "version": 2, "clock": None}), file=file)
        for kind, name in made:
            line = {"decree": "block", "kind": kind, "name": name, "made": "2026-01-01T00:00:00Z", "until": None}
            print(json.dumps(line | {"by": "root", "reason": "a reason of the usual length"}), file=file)
        print(json.dumps({"end": True, "subjects": 0, "attempts": 0, "decrees": len(made)}), file=file)


def record(count, other, now):
    """As pam_abl 0.6.0 has it: state, count, and for each attempt time, reason, other name and service."""
    attempts = b"".join(
        struct.pack("=qi", now - 60 * (count - index), 4) + other + b"\0sshd\0" for index in range(count)
    )
    return struct.pack("=iI", 1 if count >= 10 else 2, count) + attempts


def write_dump(path, known, other):
    """What db5.3_dump prints of a database with these."""
    now = int(time.time())
    with open(path, "w", encoding="ascii") as file:
        file.write("VERSION=3\nformat=bytevalue\ndatabase=state\ntype=btree\ndb_pagesize=4096\nHEADER=END\n")
        for name, count in sorted(known):
            file.write(f" {name.encode().hex()}\n {record(count, other, now).hex()}\n")
        file.write("DATA=END\n")


class Site:
    """A directory on one file system with the stacks, and everybody's store of so many hosts."""

    def __init__(self, base, run, hosts, debian):
        self.hosts = hosts
        self.directory = tempfile.mkdtemp(prefix=f"{hosts}-", dir=base)
        self.run = f"{run}/run-{os.path.basename(base)}-{hosts}"
        peers.write_stacks(self.directory, self.run, debian)
        peers.write(f"{self.directory}/users", names)
        peers.write(f"{self.directory}/accounts", peers.accounts())
        os.mkdir(f"{self.directory}/old.made", 0o700)
        if hosts:
            self.fill(run)

    def path(self, name):
        return f"{self.directory}/{name}"

    def fill(self, memory):
        """By way of a tmpfs: the import of a million hosts waits for the disk two thousand times."""
        with tempfile.TemporaryDirectory(dir=memory) as work:
            write_dump(f"{work}/hosts", histories(self.hosts), b"user1")
            write_dump(f"{work}/users", [(name, 1) for name in names], b"10.0.0.1")
            for kind in ["hosts", "users"]:
                made = self.path(f"old.made/{kind}.db")
                subprocess.run(["db5.3_load", "-f", f"{work}/{kind}", made], check=True)
            self.fill_own("abl", peers.ablctl, work)
            if self.hosts == 10_000:
                self.fill_own("plain", peers.ablctl, work, peers.plain_rules)
                self.fill_own("everything", peers.ablctl, work, peers.everything_rules, decrees(1000, usual_lengths))
            if peers.older_module:
                self.fill_own("before", peers.older_ablctl, work)

    def fill_own(self, name, ablctl, work, rules=peers.rules, decreed=()):
        """By its own ablctl: an older module refuses a store that a newer one has made."""
        places = [f"db_home={work}/{name}", f"run_home={work}/run-{name}", "max_size=1G"]
        peers.write(f"{work}/conf", places + rules)
        for kind in ["hosts", "users"]:
            words = ["import", "pam_abl", "-c", f"{work}/conf", "--dump", f"--{kind[:-1]}", f"{work}/{kind}"]
            subprocess.run([ablctl] + words, check=True, stdout=subprocess.DEVNULL)
        if decreed:
            write_decrees(f"{work}/decrees", decreed)
            words = [ablctl, "import", "-c", f"{work}/conf", f"{work}/decrees"]
            subprocess.run(words, check=True, stdout=subprocess.DEVNULL)
        peers.synced_copy(f"{work}/{name}", self.path(name))

    def prepare(self, peer):
        """Brings a peer's store to where each turn begins.

        Ours is left as it is, for it forgets nothing that others need. The other two begin anew: pam_faillock has a
        few accounts only, whose tallies would grow; and of libpam-abl each passing login leaves a registration behind,
        for which all that come later would pay.
        """
        if peer == peers.faillock:
            self.write_tallies()
        elif peer == peers.ancestor:
            peers.synced_copy(self.path("old.made"), self.path("old"))
        elif peer == peers.ours and self.hosts == 0:
            shutil.rmtree(self.path("abl"), ignore_errors=True)
        elif peer == peers.before and self.hosts == 0:
            shutil.rmtree(self.path("before"), ignore_errors=True)

    def write_tallies(self):
        """A tally is 64 bytes for each failure: source 52, reserved 2, status 2, time 8."""
        if not os.path.isdir(self.path("tally")):
            os.mkdir(self.path("tally"))
            os.mkdir(self.path("locked"))
            for number in range(min(self.hosts, 10_000)):
                self.write_tally(f"tally/{host(10, number)}", 1)
        for account in peers.accounts():
            self.write_tally(f"tally/{account}", 0)
            self.write_tally(f"locked/{account}", 10)

    def write_tally(self, name, failures):
        entry = struct.pack("=52sHHQ", b"192.0.2.7", 0, 1, int(time.time()) - 60)
        with open(self.path(name), "wb") as file:
            file.write(entry * failures)
