"""guards: what `beside` compares. Each is started, is asked which processes it is, and is ended. Debian's packages are unpacked, not installed."""

import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
BUILD = pathlib.Path(os.environ.get("BUILD", ROOT / ".build/release"))


def run(*words, **more):
    return subprocess.run([str(word) for word in words], check=True, capture_output=True, text=True, **more).stdout


def wait_until(what, condition, process=None, said=lambda: ""):
    end = time.monotonic() + 60
    while not condition():
        if time.monotonic() > end or (process and process.poll() is not None):
            sys.exit(f"beside: {what} doesn't come up\n{said()}")
        time.sleep(0.1)


def unpacked(name, packages):
    """The files of Debian's packages, in .build/NAME, and the version of the first."""
    place = ROOT / ".build" / name
    place.mkdir(parents=True, exist_ok=True)
    for package in packages:
        if any(place.glob(f"{package}_*.deb")):
            continue
        subprocess.run(["apt-get", "-q", "-o", "APT::Sandbox::User=", "download", package], cwd=place, check=True, capture_output=True)
        run("dpkg", "-x", next(place.glob(f"{package}_*.deb")), place)
    return place, run("dpkg-deb", "-f", next(place.glob(f"{packages[0]}_*.deb")), "Version").strip()


class Guard:
    """A program that watches; each is a process of ours, with what it has said in a file."""

    def __init__(self):
        self.processes = []

    def start(self, words, said, **more):
        process = subprocess.Popen([str(word) for word in words], stdout=open(said, "w"), stderr=subprocess.STDOUT, **more)
        self.processes.append(process)
        return process

    def pids(self):
        """Its processes, and those that they have started."""
        pids = [process.pid for process in self.processes]
        for pid in pids:
            for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
                pids += map(int, (task / "children").read_text().split())
        return pids

    def failure(self):
        return None

    def end(self):
        for process in reversed(self.processes):
            process.send_signal(signal.SIGTERM)
            process.wait(60)


# ---- abl ----


class Abl(Guard):
    def __init__(self, directory):
        super().__init__()
        (directory / "abld.conf").write_text(f"config = {directory}/pam_abl.conf\n")
        (directory / "abld.conf").chmod(0o600)
        told = re.search(r"^Environment=(.*)$", (ROOT / "conf/systemd/abld.service").read_text(), re.MULTILINE)
        environment = dict(os.environ, **dict(word.split("=") for word in told[1].split()))
        words = [BUILD / "abld", "--foreground", "--config", directory / "abld.conf", "--run", directory / "abld"]
        process = self.start(words, directory / "abld.log", env=environment)
        wait_until("abld", (directory / "abld/state").exists, process, (directory / "abld.log").read_text)


# ---- Debian's fail2ban ----

# Its default action takes iptables, which it recommends, as it does both ways to watch a log.
FAIL2BAN = ["fail2ban", "python3-pyinotify", "python3-systemd", "iptables", "libip4tc2", "libip6tc2", "libxtables12",
            "libnetfilter-conntrack3", "libnfnetlink0", "libnftnl11", "libmnl0"]


def fail2ban():
    place, version = unpacked("fail2ban", FAIL2BAN)
    # What Debian's alternatives make of it.
    (place / "sbin").mkdir(exist_ok=True)
    for name in ["iptables", "ip6tables"]:
        if not (place / "sbin" / name).is_symlink():
            (place / "sbin" / name).symlink_to("../usr/sbin/xtables-nft-multi")
    return place, version


class Fail2ban(Guard):
    def __init__(self, directory, limit, backend, action=None, log=None):
        super().__init__()
        self.place, _ = fail2ban()
        self.directory = directory / f"fail2ban-{backend}"
        shutil.copytree(self.place / "etc/fail2ban", self.directory)
        lines = ["[DEFAULT]", "ignoreip =", f"maxretry = {limit}", f"backend = {backend}"]
        lines += [f"banaction = {action}"] if action else []
        # Debian sets its backend for the jail alone.
        lines += ["[sshd]", "enabled = true", f"backend = {backend}"] + ([f"logpath = {log}"] if log else [])
        (self.directory / "jail.local").write_text("\n".join(lines) + "\n")
        local = [f"{name} = {self.directory}/{name}" for name in ["socket", "pidfile", "logtarget", "dbfile"]]
        (self.directory / "fail2ban.local").write_text("[DEFAULT]\n" + "\n".join(local) + "\n")
        libraries = next(self.place.glob("usr/lib/*-linux-gnu"))
        packages = self.place / "usr/lib/python3/dist-packages"
        self.environment = dict(
            os.environ, PYTHONPATH=str(packages if action else self.alone(packages)), LD_LIBRARY_PATH=str(libraries),
            XTABLES_LIBDIR=str(libraries / "xtables"), PATH=f"{self.place}/sbin:" + os.environ["PATH"])
        words = ["/usr/bin/python3", self.place / "usr/bin/fail2ban-server", "-c", self.directory, "-f", "start"]
        process = self.start(words, self.directory / "said", env=self.environment)
        wait_until("fail2ban", lambda: "Total failed" in self.ask("status", "sshd"), process, self.said)

    def alone(self, packages):
        """As it is where only what the package depends on is installed."""
        shutil.copytree(packages / "fail2ban", self.directory / "python/fail2ban")
        return self.directory / "python"

    def ask(self, *words):
        client = ["/usr/bin/python3", self.place / "usr/bin/fail2ban-client", "-c", self.directory, *words]
        return subprocess.run(map(str, client), env=self.environment, capture_output=True, text=True).stdout

    def said(self):
        log = self.directory / "logtarget"
        return (self.directory / "said").read_text() + (log.read_text() if log.exists() else "")

    def failure(self):
        """What its log has of an action that failed."""
        lines = [line for line in (self.directory / "logtarget").read_text().splitlines() if " -- stderr: " in line]
        return lines[0].partition(" -- stderr: ")[2] if lines else None


# ---- Debian's CrowdSec, with its bouncer for the firewall ----


def crowdsec():
    place, version = unpacked("crowdsec", ["crowdsec", "crowdsec-firewall-bouncer"])
    bouncer = run("dpkg-deb", "-f", next(place.glob("crowdsec-firewall-bouncer_*.deb")), "Version").strip()
    return place, version, bouncer


class CrowdSec(Guard):
    """With the collections that Debian's package turns on, of the hub that it brings along. No other machine is told of its
    alerts, or asked for its own."""

    def __init__(self, directory, limit, acquisition, interval=None):
        super().__init__()
        self.place, _, _ = crowdsec()
        self.directory = directory / f"crowdsec-{interval}"
        self.etc, self.hub = self.directory / "etc", self.place / "usr/share/crowdsec/hub"
        shutil.copytree(self.place / "etc/crowdsec", self.etc)
        shutil.copytree(self.place / "usr/share/crowdsec/data", self.directory / "data")
        self.configure(acquisition)
        self.enable(limit)
        control = ["-c", self.etc / "config.yaml", "--error"]
        run(self.place / "usr/bin/cscli", *control, "machines", "add", "--force", "bench", "--password", "bench-bench")
        run(self.place / "usr/bin/cscli", *control, "-oraw", "bouncers", "add", "firewall", "-k", "0123456789abcdef")
        self.begin(interval)

    def configure(self, acquisition):
        """As the package's script leaves it, in a directory of its own and in the foreground."""
        text = (self.etc / "config.yaml").read_text()
        for here, there in [("/etc/crowdsec/", f"{self.etc}/"), ("/var/lib/crowdsec/hub/", f"{self.hub}/"),
                            ("/var/lib/crowdsec/data/", f"{self.directory}/data/"), ("/usr/lib/crowdsec/", f"{self.place}/usr/lib/crowdsec/"),
                            ("daemonize: true", "daemonize: false"), ("log_media: file", "log_media: stdout"),
                            ("  type: sqlite\n", "  type: sqlite\n  use_wal: true\n")]:
            text = text.replace(here, there)
        text = re.sub(r" +online_client:.*\n +credentials_path:.*\n", "", text)
        (self.etc / "config.yaml").write_text(text)
        (self.etc / "acquis.yaml").write_text(acquisition + "labels:\n  type: syslog\n")

    def enable(self, limit):
        """What the package turns on, but for the parser that spares private addresses: all hosts here have such. The limit is that of the others."""
        scripts = self.directory / "control"
        run("dpkg-deb", "-e", next(self.place.glob("crowdsec_*.deb")), scripts)
        items = re.findall(r"^((?:collections|parsers|scenarios)/\S+\.yaml)$", (scripts / "postinst").read_text(), re.MULTILINE)
        for item in map(pathlib.PurePath, items):
            target = self.etc / item.parent.parent / item.name
            target.parent.mkdir(parents=True, exist_ok=True)
            if item.name == "ssh-bf.yaml":
                target.write_text((self.hub / item).read_text().replace("capacity: 5", f"capacity: {limit - 1}"))
            elif item.name != "whitelists.yaml":
                target.symlink_to(self.hub / item)

    def begin(self, interval):
        said = self.directory / "said"
        process = self.start([self.place / "usr/bin/crowdsec", "-c", self.etc / "config.yaml"], said)
        wait_until("crowdsec", lambda: "Starting processing data" in said.read_text(), process, said.read_text)
        bouncer = self.etc / "bouncers/crowdsec-firewall-bouncer.yaml"
        lines = ["mode: nftables", "api_key: 0123456789abcdef", "daemonize: false", "log_mode: stdout", f"pid_dir: {self.directory}/"]
        lines += [f"update_frequency: {interval}"] if interval else []
        pathlib.Path(f"{bouncer}.local").write_text("\n".join(lines) + "\n")
        told = self.directory / "bouncer-said"
        process = self.start([self.place / "usr/bin/crowdsec-firewall-bouncer", "-c", bouncer], told)
        wait_until("its bouncer", lambda: "Processing new and deleted decisions" in told.read_text(), process, told.read_text)
