"""What `make bench` measures besides logins: the disk, the writes of a refusal, and ablctl."""

import os
import platform
import re
import statistics
import subprocess
import sys
import time

import cells
import peers
import stores


def measure(sites, syncs):
    yield "machine", f"{os.cpu_count()} cores, Linux {platform.release()}, {libpam()}"
    disk = max((site for (place, _), site in sites.items() if place == "disk"), key=lambda site: site.hosts)
    yield "disk", f"{file_system(disk.directory)}, a sync takes {statistics.median(syncs):.0f} us"
    yield "refusal writes", refusal_writes(disk)
    known = sites["disk", 10_000]
    yield "passing syncs", syncs_of(known, "passing")
    yield "failing syncs", syncs_of(known, "failing")
    yield "listed hosts", disk.hosts
    yield "list seconds", f"{seconds(['list'], disk, 3):.2f}"
    yield "list MiB", f"{kilobytes(['list'], disk) / 1024:.0f}"
    yield "check ms", f"{seconds(['check', '-H', '10.0.0.7'], disk, 20) * 1000:.1f}"


def libpam():
    words = ["dpkg-query", "-W", "-f", "libpam ${Version}", "libpam0g"]
    return subprocess.run(words, check=True, capture_output=True, text=True).stdout


def file_system(directory):
    words = ["findmnt", "-n", "-o", "FSTYPE,SOURCE", "--target", directory]
    return " on ".join(subprocess.run(words, check=True, capture_output=True, text=True).stdout.split())


def sync_time(directory):
    """Microseconds that a write and its fdatasync take there, in the median."""
    descriptor = os.open(f"{directory}/sync", os.O_RDWR | os.O_CREAT)
    spent = []
    for _ in range(200):
        begin = time.monotonic()
        os.pwrite(descriptor, os.urandom(4096), 0)
        os.fdatasync(descriptor)
        spent.append(time.monotonic() - begin)
    os.close(descriptor)
    return statistics.median(spent) * 1e6


def refusal_writes(site):
    """Calls that write to a file or sync one, in 20 logins of blocked hosts."""
    calls = "write,pwrite64,writev,pwritev,pwritev2,fsync,fdatasync,msync,ftruncate,rename,renameat"
    return len(re.findall(own_file(site), trace(calls, site, peers.ours, "refused")))


def syncs_of(site, kind):
    """Calls that wait for the disk, in 20 logins with everything on, each of a user who has not logged in from there."""
    calls = "fsync,fdatasync,msync,sync_file_range,sync,syncfs,pwritev2"
    lines = trace(calls, site, peers.everything, kind, start=5000).splitlines()
    return len([line for line in lines if re.search(own_file(site), line) and ("pwritev2" not in line or "SYNC" in line)])


def own_file(site):
    return f"<({re.escape(site.directory)}|{re.escape(site.run)})"


def trace(calls, site, peer, kind, start=0):
    """What strace prints of 20 logins; no cell has those from number 5000 on."""
    hosts = f"172.16:{stores.blocked_hosts}" if kind == "refused" else "10.0:10000"
    words = [
        f"{peers.support}/attempts", "--confdir", site.path("pam.d"), "--service", peers.service(peer, kind),
        "--password", cells.password[kind], "--expect", str(cells.expected[kind]),
        "--users", site.path("users"), "--hosts", hosts, "--attempts", "20",
        "--from", str(start),
    ]
    return subprocess.run(
        ["strace", "-f", "-y", "-e", f"trace={calls}"] + words, check=True, stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL, text=True).stderr


def seconds(words, site, count):
    """How long ablctl takes, in the median."""
    spent = []
    for _ in range(count):
        begin = time.monotonic()
        status = subprocess.run(command(words, site), stdout=subprocess.DEVNULL).returncode
        spent.append(time.monotonic() - begin)
        if status not in (0, 2):
            raise SystemExit(f"bench: ablctl {words[0]} failed")
    return statistics.median(spent)


def kilobytes(words, site):
    """The most memory that ablctl has at a time, pages of the store that it has mapped included.

    Of a small process: a program begins with the mark that its starter had reached.
    """
    watch = "import resource, subprocess, sys; subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, check=True); \
        print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    words = [sys.executable, "-S", "-c", watch] + command(words, site)
    starter = subprocess.Popen(["sh", "-c", '"$@" & wait $!', "sh"] + words, stdout=subprocess.PIPE, text=True)
    return int(starter.communicate()[0])


def command(words, site):
    return [peers.ablctl, words[0], "-c", site.path("abl.conf")] + words[1:]
