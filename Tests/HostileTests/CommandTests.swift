import Harness
import Testing

/// What a local user can bequeath to the administrator's command, by way of his su.
@Suite(.serialized, .enabled(if: Sandbox.isAvailable, Comment(rawValue: Sandbox.reason)))
struct CommandTests {
  /// A command that writes down as what it runs. It is run when target has failed once.
  private static let script = """
    ran=$ABL_TEST_DIR/ran
    cat >"$ABL_TEST_DIR/command" <<'END'
    #!/bin/bash
    {
      echo "ids $(id -ru) $(id -u) $(id -rg) $(id -g) $(id -G)"
      echo "limits $(for limit in t f d s c n v; do ulimit -S -$limit; done | xargs)"
      echo "priority $(nice) $(chrt -p $$ | sed '/runtime/d; s/.* //' | xargs) $(ionice -p $$) $(cat /proc/self/oom_score_adj)"
      echo "processors $(nproc) slack $(cat /proc/self/timerslack_ns)"
      echo "in $(pwd) $(umask) $(ps -o tty= -p $$)"
      echo "keyring $(grep -c hostile /proc/keys)"
      echo "signals $(grep -E 'Sig(Blk|Ign)' /proc/self/status | cut -f2 | xargs)"
    } >"${0%/*}/running" 2>&1
    mv "${0%/*}/running" "${0%/*}/ran"
    END
    chmod 755 "$ABL_TEST_DIR/command"
    install_abl "$ABL_BUILD" 'user_rule = *:1/1h' "user_block_cmd = [$ABL_TEST_DIR/command]"
    quick_su
    protect requisite testcheck su libpam
    usermod -a -G games,users caller
    guess() { # CONDITION
      ablctl unblock --all >/dev/null
      rm -f "$ran"
      suclient guess "$1" target wrong 1 >/dev/null
    }
    count() { find "$ran" 2>/dev/null | wc -l; }

    """

  @Test(
    "nothing of it goes on to the command",
    arguments: [
      "-",
      "soft=cpu:1+soft=fsize:0+soft=stack:400K+soft=core:1M",
      "soft=nofile:6",
      "soft=as:96M+soft=data:4M",
      "nice", "idle", "nice+idle+disk+oom+processor=0",
      "cwd=gone+umask=777+env=hostile",
      "keyring",
      "ignore=ALL+block=ALL",
    ])
  func inheritance(condition: String) throws {
    let run = try Sandbox.run(
      Self.script + """
        nproc
        guess \(condition)
        await 1 count
        cat "$ran"
        syslog_lines "command'"
        """)
    #expect(
      run.lines.dropFirst() == [
        "ids 0 0 0 0 0",
        "limits unlimited unlimited unlimited 8192 0 1024 unlimited",
        "priority 0 SCHED_OTHER 0 none: prio 0 0",
        "processors \(run.lines.first ?? "") slack 50000",
        "in / 0022 ?",
        "keyring 0",
        "signals 0000000000000000 0000000000000000",
      ], "\(run)")
  }

  @Test("limits that he can't raise again are lifted, where root may do that")
  func hardLimits() throws {
    let run = try Sandbox.run(
      Self.script + """
        # Root of a container may lack the capability.
        bash -c 'ulimit -t 7; ulimit -t unlimited 2>/dev/null; ulimit -t'
        guess cpu=7
        await 1 count
        grep limits "$ran"
        """)
    let expected = "limits \(run.lines.first ?? "") unlimited unlimited 8192 0 1024 unlimited"
    #expect(run.lines.last == expected, "\(run)")
  }

  @Test("the command leaves his cgroup, which he may freeze, but not that of a service")
  func cgroup() throws {
    let run = try Sandbox.run(
      Self.script + """
        # Where the hierarchy would be: what is done to the real one would stay.
        mount -t tmpfs tmpfs /sys/fs/cgroup
        touch /sys/fs/cgroup/cgroup.procs
        guess -
        await 1 count
        echo "su: $(cat /sys/fs/cgroup/cgroup.procs)"
        : >/sys/fs/cgroup/cgroup.procs
        ablctl unblock --all >/dev/null
        rm -f "$ran"
        try libpam target wrong
        await 1 count
        echo "root: $(cat /sys/fs/cgroup/cgroup.procs)"
        """)
    #expect(run.lines == ["su: 0", "denied", "root: "], "\(run)")
  }

  @Test("how it failed reaches the system's log as syslog(3) would send it")
  func log() throws {
    let run = try Sandbox.run(
      Self.script + """
        echo 'exit 3' >"$ABL_TEST_DIR/command"
        sed -i '1i #!/bin/sh' "$ABL_TEST_DIR/command"
        # A /dev of its own, and nothing that catches what is sent there.
        mkdir "$ABL_TEST_DIR/dev"
        mount -t tmpfs tmpfs "$ABL_TEST_DIR/dev"
        cp -a /dev/null /dev/urandom "$ABL_TEST_DIR/dev/"
        mount --move "$ABL_TEST_DIR/dev" /dev
        : >/etc/ld.so.preload
        python3 - <<'END' &
        import socket
        log = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        log.bind('/dev/log')
        log.settimeout(120)
        while True:
            line = log.recv(9000).decode()
            if 'failed' in line:
                break
        print(line, flush=True)
        END
        for i in {1..2400}; do if [ -S /dev/log ]; then break; fi; sleep 0.05; done
        try libpam target wrong
        wait $!
        """)
    // Nobody waits for the command, so it may also fail before the login has told of its end.
    #expect(
      run.lines.sorted() == [
        "<83>pam_abl: '/run/abl-test/command' failed: exit status 3", "denied",
      ],
      "\(run)")
  }
}
