"""The stores that `make bench` measures: each peer's, with as many hosts, made by the peer's own means."""

import os
import shutil
import struct
import subprocess
import tempfile
import time

import peers

users = 1000
blocked_hosts = 100
names = [f"user{number}" for number in range(users)]


def host(first, number):
    return f"{first}.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"


def histories(hosts):
    """Name and number of failures: hosts that have failed once, and a few that are blocked."""
    return [(host(10, number), 1) for number in range(hosts)] + [
        (host(172, (16 << 16) + number), 10) for number in range(blocked_hosts)
    ]


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
            if peers.older_module:
                self.fill_own("before", peers.older_ablctl, work)

    def fill_own(self, name, ablctl, work):
        """By its own ablctl: an older module refuses a store that a newer one has made."""
        places = [f"db_home={work}/{name}", f"run_home={work}/run-{name}", "max_size=1G"]
        peers.write(f"{work}/conf", places + peers.rules)
        for kind in ["hosts", "users"]:
            words = ["import", "pam_abl", "-c", f"{work}/conf", "--dump", f"--{kind[:-1]}", f"{work}/{kind}"]
            subprocess.run([ablctl] + words, check=True, stdout=subprocess.DEVNULL)
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
