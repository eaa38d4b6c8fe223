import Harness
import Testing

/// `ablctl doctor --try` and `ablctl trial` with Debian's own stacks, under sshd.
@Suite(.serialized, .enabled(if: Sandbox.isAvailable, Comment(rawValue: Sandbox.reason)))
struct TryTests {
  /// The module where libpam looks for it, and a configuration where it does.
  private static let place = """
    mkdir -p /run/abl-test/overlay/usr/upper /run/abl-test/overlay/usr/work
    mount -t overlay overlay /usr -o lowerdir=/usr,upperdir=/run/abl-test/overlay/usr/upper \\
      -o workdir=/run/abl-test/overlay/usr/work
    for directory in /usr/lib/*/security; do cp "$ABL_BUILD/pam/pam_abl.so" "$directory/"; done
    mkdir -p /etc/security
    printf 'host_rule = *:3/1h\\nuser_rule = !root:3/1h\\n' >/etc/security/pam_abl.conf
    chmod 644 /etc/security/pam_abl.conf
    ablctl() { "$ABL_BUILD/release/ablctl" "$@" </dev/null; }
    cp /etc/pam.d/sshd /run/abl-test/before
    tried() { ablctl doctor "$@" 2>&1 | grep -o 'a wrong password in sshd.*\\|no password was tried.*' || true; }

    """

  @Test("a wrong password is counted, and nothing of it stays: no attempt, no block, no command")
  func counted() throws {
    let run = try Sandbox.run(
      Self.place + """
        printf '%s = [/usr/bin/touch] [/run/abl-test/ran]\\n' host_block_cmd user_block_cmd \\
          host_clear_cmd user_clear_cmd >>/etc/security/pam_abl.conf
        ablctl trial start >/dev/null
        tried --try --yes
        ablctl list
        for number in 1 2 3 4; do tried --try --yes | wc -l; done
        ablctl list --json | wc -l
        if [ -e /run/abl-test/ran ]; then echo ran; else echo 'nothing ran'; fi
        """)
    #expect(
      run.lines == [
        "a wrong password in sshd was counted for the host and for the user, and taken back",
        "no failed login is on record", "1", "1", "1", "1", "0", "nothing ran",
      ], "\(run)")
  }

  @Test("nothing is tried without a word, nor where one failure would be more than a count")
  func careful() throws {
    let run = try Sandbox.run(
      Self.place + """
        ablctl trial start >/dev/null
        ablctl doctor --try 2>&1 | sed 's/abl-doctor-[0-9]* from [0-9.]*/NAME from ADDRESS/' || true
        sed -i 's/:3/:1/' /etc/security/pam_abl.conf
        tried --try --yes
        printf 'host_rule = *:3/1h\\nhost_whitelist = 0.0.0.0/0\\n' >/etc/security/pam_abl.conf
        printf 'user_rule = !root:3/1h\\n' >>/etc/security/pam_abl.conf
        tried --try --yes
        ablctl trial stop
        tried --try --yes
        syslog_lines 'pam_unix' | wc -l
        """)
    #expect(
      run.lines == [
        "ablctl: a wrong password for NAME from ADDRESS goes through sshd; what sees it, too: pam_unix; "
          + "say --yes if it may",
        "no password was tried: by the rule the first failure blocks already",
        "a wrong password in sshd was counted for the user, and taken back", "abl is off in sshd",
        "no password was tried: no service has a line that works", "2",
      ], "\(run)")
  }

  @Test("a line that counts nothing is found out") func notCounted() throws {
    let run = try Sandbox.run(
      Self.place + """
        sed -i '1i auth required pam_abl.so check_both' /etc/pam.d/sshd
        tried --try --yes
        """)
    #expect(
      run.lines == ["a wrong password in sshd was refused by code 7, and not counted"], "\(run)")
  }

  @Test("a trial refuses while it goes on; in another boot, or when it is over, it refuses nobody")
  func trial() throws {
    let run = try Sandbox.run(
      Self.place + """
        guard_sshd
        ablctl trial start --for 1h >/dev/null
        for number in 1 2 3; do try pw guest wrong 127.0.0.2; done
        try pw guest open-sesame 127.0.0.2
        word=$(grep -o 'trial=.*' /etc/pam.d/sshd)
        sed -i "s/trial=.*/trial=${word:6:36}:1/" /etc/pam.d/sshd
        try pw guest open-sesame 127.0.0.2
        sed -i "s/trial=.*/trial=00000000-0000-0000-0000-000000000000:${word:43}/" /etc/pam.d/sshd
        try pw guest open-sesame 127.0.0.2
        sed -i "s/trial=.*/$word/" /etc/pam.d/sshd
        try pw guest open-sesame 127.0.0.2
        ablctl trial keep
        try pw guest open-sesame 127.0.0.2
        grep pam_abl /etc/pam.d/sshd
        """)
    #expect(
      run.lines == [
        "denied", "denied", "denied", "denied", "ok", "ok", "denied", "abl stays on in sshd",
        "denied", "auth required pam_abl.so",
      ], "\(run)")
  }

  @Test(
    "whatever is killed at whatever moment, the stack is the old one or the new one, whole; and in another boot it refuses nobody"
  )
  func killed() throws {
    let run = try Sandbox.run(
      Self.place + """
        guard_sshd
        ablctl trial start >/dev/null
        for number in 1 2 3; do try pw guest wrong 127.0.0.2 >/dev/null; done
        try pw guest open-sesame 127.0.0.2
        cp /etc/pam.d/sshd /run/abl-test/trial
        ablctl trial keep >/dev/null
        cp /etc/pam.d/sshd /run/abl-test/kept
        traced() { # WORD OPTION...: 'trial WORD', from where it begins
            if [ $1 = start ]; then cp /run/abl-test/before /etc/pam.d/sshd; else cp /run/abl-test/trial /etc/pam.d/sshd; fi
            strace -f -q -o /run/abl-test/calls "${@:2}" "$ABL_BUILD/release/ablctl" trial $1 >/dev/null 2>&1 </dev/null || true
        }
        steps=0 old=0 new=0
        for word in start keep stop; do
          for call in openat write fchown fchmod fsync rename; do
            traced $word -e trace=$call
            all=$(grep -c "$call(" /run/abl-test/calls)
            for ((number = all > \(Effort.isLong ? 40 : 2) ? all - \(Effort.isLong ? 39 : 1) : 1; number <= all; number++)); do
              traced $word -e trace=$call -e inject=$call:signal=KILL:when=$number
              grep -q 'killed by SIGKILL' /run/abl-test/calls
              grep -v pam_abl.so /etc/pam.d/sshd | cmp - /run/abl-test/before
              [ "$(grep -c pam_abl.so /etc/pam.d/sshd)" -le 1 ]
              case $word in start) old_one=before ;; *) old_one=trial ;; esac
              if cmp -s /etc/pam.d/sshd /run/abl-test/$old_one; then old=$((old + 1)); else new=$((new + 1)); fi
              steps=$((steps + 1))
            done
            # Nothing is left of this boot but the file.
            sed -i 's/trial=[^:]*/trial=00000000-0000-0000-0000-000000000000/' /etc/pam.d/sshd
            if cmp -s /etc/pam.d/sshd /run/abl-test/kept; then want=denied; else want=ok; fi
            [ "$(try pw guest open-sesame 127.0.0.2)" = $want ]
          done
        done
        [ $steps -ge 20 ] && [ $old -gt 0 ] && [ $new -gt 0 ] && echo both
        cp /run/abl-test/trial /etc/pam.d/sshd
        ablctl trial keep
        try pw guest open-sesame 127.0.0.2
        cp /run/abl-test/before /etc/pam.d/sshd
        ablctl trial start >/dev/null
        ablctl trial stop >/dev/null
        cmp /etc/pam.d/sshd /run/abl-test/before && echo same
        ls -a /etc/pam.d | grep -c '^.abl-' || true
        """)
    #expect(
      run.lines == ["denied", "both", "abl stays on in sshd", "denied", "same", "0"], "\(run)")
  }

  @Test("sshd itself is asked what holds for a stranger") func server() throws {
    let run = try Sandbox.run(
      Self.place + """
        mkdir -p /run/sshd
        ablctl trial start >/dev/null
        printf 'Match Address 192.0.2.0/24\\n MaxAuthTries 2\\n' >>/etc/ssh/sshd_config
        ablctl doctor | grep -o 'bounded by sshd, too: MaxAuthTries.*'
        """)
    #expect(run.lines == ["bounded by sshd, too: MaxAuthTries 2"], "\(run)")
  }
}
