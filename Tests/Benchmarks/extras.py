"""What `make bench` measures besides logins: the disk, the writes of a refusal, and ablctl."""

import os
import platform
import re
import statistics
import subprocess
import time

import cells
import peers
import stores


def measure(sites, syncs):
    yield "machine", f"{os.cpu_count()} cores, Linux {platform.release()}, {libpam()}"
    disk = max((site for (place, _), site in sites.items() if place == "disk"), key=lambda site: site.hosts)
    yield "disk", f"{file_system(disk.directory)}, a sync takes {statistics.median(syncs):.0f} us"
    yield "refusal writes", refusal_writes(disk)
    yield "listed hosts", disk.hosts
    seconds, kilobytes = costs(["list"], disk, 3)
    yield from [("list seconds", f"{seconds:.2f}"), ("list MiB", f"{kilobytes / 1024:.0f}")]
    seconds, _ = costs(["check", "-H", "10.0.0.7"], disk, 20)
    yield "check ms", f"{seconds * 1000:.1f}"


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
    words = [
        f"{peers.support}/attempts", "--confdir", site.path("pam.d"), "--service", peers.service(peers.ours, "refused"),
        "--password", cells.password["refused"], "--expect", str(cells.expected["refused"]),
        "--users", site.path("users"), "--hosts", f"172.16:{stores.blocked_hosts}", "--attempts", "20",
    ]
    calls = "write,pwrite64,writev,pwritev,pwritev2,fsync,fdatasync,msync,ftruncate,rename,renameat"
    trace = subprocess.run(
        ["strace", "-f", "-y", "-e", f"trace={calls}"] + words, check=True, stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL, text=True).stderr
    own = f"<({re.escape(site.directory)}|{re.escape(site.run)})"
    return len(re.findall(own, trace))


def costs(words, site, count):
    """Seconds of ablctl, in the median, and the most memory it had, in KiB."""
    spent, most = [], 0
    for _ in range(count):
        begin = time.monotonic()
        process = os.posix_spawn(
            peers.ablctl, [peers.ablctl, words[0], "-c", site.path("abl.conf")] + words[1:], os.environ,
            file_actions=[(os.POSIX_SPAWN_OPEN, 1, "/dev/null", os.O_WRONLY, 0)])
        _, status, usage = os.wait4(process, 0)
        spent.append(time.monotonic() - begin)
        if os.waitstatus_to_exitcode(status) not in (0, 2):
            raise SystemExit(f"bench: ablctl {words[0]} failed")
        most = max(most, usage.ru_maxrss)
    return statistics.median(spent), most
