"""Whom `make bench` compares: a stack each, that differs in its module only."""

import os
import pwd
import shutil
import subprocess

root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
support = os.path.join(root, ".build", "support")
module = os.path.join(root, ".build", "pam", "pam_abl.so")
ablctl = os.path.join(root, ".build", "release", "ablctl")

none, faillock, ancestor, ours = peers = ["no module", "pam_faillock", "libpam-abl", "abl"]
# Our module twice more, for what its later keys cost: with none that pam_abl doesn't have, and with all of them.
plain, everything = "abl plain", "abl everything"
# An older build of ours, if one is named (`bench --before MODULE`).
before, older_module = "abl before", os.environ.get("ABL_BENCH_BEFORE")
# Its checkout, which has the module in .build/pam, an ablctl in .build/release and its own shipped file.
older_checkout = older_module and os.path.abspath(os.path.join(os.path.dirname(older_module), "..", ".."))
older_ablctl = older_module and f"{older_checkout}/.build/release/ablctl"
if older_module:
    peers.append(before)

# Nobody is blocked but the hosts that are meant to be, and no refusal in the run is the one in 72 minutes that is
# written.
rules = ["host_rule=*:10/1d", "user_rule=!root:1000/1d", "host_purge=2d", "user_purge=2d", "limits=1000-1200"]

# What pam_abl doesn't have; as little is blocked by it.
plain_rules = rules + ["host_prefix=32:128"]
everything_rules = rules + [
    "limits=2000-2400",
    "host_prefix=32:64", "network_rule=/24|/16:2000/1d ::/64|::/48:2000/1d", "network_purge=2d", "user_known=30d",
    "caller_rule=*:10/1h", "host_block=10m,1h,1d,7d", "network_block=10m,1h", "user_block=10m,30m,1h",
    "user_case=ignore", "user_domain=strip", "same_password=once",
]
# Keys of the shipped file that pam_abl doesn't have.
later_keys = ("user_known", "caller_rule")

check = f"{support}/pam_testcheck.so password=right"


def debians_module():
    """The module of Debian's libpam-abl 0.6.0, which is fetched to a place of its own."""
    script = f"{root}/Tests/Support/ancestor"
    words = subprocess.run([script], check=True, stdout=subprocess.PIPE, text=True).stdout
    found = dict(line.split("=", 1) for line in words.splitlines())
    if found["libraries"]:
        os.environ["LD_LIBRARY_PATH"] = found["libraries"]
    return found["module"]


def accounts():
    """pam_faillock counts accounts of the machine only, and not root."""
    return [entry.pw_name for entry in pwd.getpwall() if entry.pw_uid != 0]


def stacks(site, debian):
    """The lines of each service of a site."""
    account = "account required pam_permit.so"
    tally = f"pam_faillock.so {{}} conf={site}/{{}}.conf"

    def locking(name):
        return [
            "auth required " + tally.format("preauth", name),
            f"auth [success=1 default=bad] {check}",
            "auth [default=die] " + tally.format("authfail", name),
            "auth sufficient " + tally.format("authsucc", name),
            "auth required pam_deny.so",
            account,
        ]

    return {
        none: [f"auth required {check}", account],
        faillock: locking("tally"),
        faillock + " locked": locking("locked"),
        ancestor: [f"auth required {debian} config={site}/old.conf", f"auth required {check}", account],
        ours: [f"auth required {module} config={site}/abl.conf", f"auth required {check}", account],
        before: [f"auth required {older_module} config={site}/before.conf", f"auth required {check}", account],
        plain: [f"auth required {module} config={site}/plain.conf", f"auth required {check}", account],
        everything: [f"auth required {module} config={site}/everything.conf", f"auth required {check}", account],
        "other": ["auth required pam_deny.so"],
    }


def shipped_configuration(checkout=root):
    """The file that an administrator has, comments and all: each login reads it."""
    with open(f"{checkout}/conf/pam_abl.conf", encoding="utf-8") as file:
        return file.read().splitlines()


def configurations(site, run):
    """The files that the stacks name."""
    older = [] if not older_module else shipped_configuration(older_checkout)
    interval = ["nodelay", "fail_interval=86400", "unlock_time=86400"]
    old = [f"db_home={site}/old", f"host_db={site}/old/hosts.db", f"user_db={site}/old/users.db"]
    without = [line for line in shipped_configuration() if not line.startswith(later_keys)]
    return {
        "tally": [f"dir={site}/tally", "deny=1000"] + interval,
        "locked": [f"dir={site}/locked", "deny=10"] + interval,
        "old": old + rules,
        "abl": shipped_configuration() + [f"db_home={site}/abl", f"run_home={run}", "max_size=1G"] + rules,
        "before": older + [f"db_home={site}/before", f"run_home={run}-before", "max_size=1G"] + rules,
        "plain": without + [f"db_home={site}/plain", f"run_home={run}-plain", "max_size=1G"] + plain_rules,
        "everything": shipped_configuration()
        + [f"db_home={site}/everything", f"run_home={run}-everything", "max_size=1G"] + everything_rules,
    }


def service(peer, kind):
    """The name of the service in which `peer` sees logins of this kind; it is a file's, too."""
    return (peer + " locked" if peer == faillock and kind == "refused" else peer).replace(" ", "-")


def write(path, lines):
    with open(path, "w", encoding="utf-8") as file:
        file.writelines(line + "\n" for line in lines)


def write_stacks(site, run, debian):
    os.makedirs(f"{site}/pam.d")
    for name, lines in stacks(site, debian).items():
        write(f"{site}/pam.d/{name.replace(' ', '-')}", lines)
    for name, lines in configurations(site, run).items():
        write(f"{site}/{name}.conf", lines)


def synced_copy(source, target):
    """Copies a directory and waits until it is on the disk, so that no login has to."""
    shutil.rmtree(target, ignore_errors=True)
    subprocess.run(["cp", "-r", "--sparse=always", source, target], check=True)
    for name in os.listdir(target):
        descriptor = os.open(f"{target}/{name}", os.O_RDONLY)
        os.fsync(descriptor)
        os.close(descriptor)
