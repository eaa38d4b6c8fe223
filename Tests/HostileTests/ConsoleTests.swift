import Harness
import Testing

@Suite(.serialized, .enabled(if: Sandbox.isAvailable, Comment(rawValue: Sandbox.reason)))
struct ConsoleTests {
  @Test("no host rule blocks login(1) at a terminal; one that a network login names is blocked")
  func login() throws {
    let run = try Sandbox.run(
      """
      install_abl "$ABL_BUILD" 'host_rule = *:3/1h'
      # Else login may ask once more before it notices that nobody is there.
      sed -i 's/^LOGIN_RETRIES.*/LOGIN_RETRIES 1/' /etc/login.defs
      protect requisite testcheck login remote
      from() { PTY_LOGIN=$2 PTY_PASSWORD=$3 "$ABL_SUPPORT/pty_try" login ${1:+-h "$1"} || true; }
      for number in {1..5}; do from '' target wrong; done | uniq -c | xargs
      from '' target right
      for number in {1..3}; do from 192.0.2.9 target wrong; done | uniq -c | xargs
      from 192.0.2.9 target right
      from 192.0.2.10 target right
      from '' target right
      echo "$(recorded 192.0.2.9) $(recorded target)"
      ablctl list --json | grep -c '"kind":"host"'
      # Debian 13's login has a service of its own for them.
      syslog_lines pam_abl | sed 's/[(]remote:auth[)]/(login:auth)/; s/ for remote:/ for login:/'
      """)
    #expect(
      run.lines == [
        "5 denied", "ok", "3 denied", "denied", "ok", "ok", "3 8", "1",
        "<notice> login: pam_abl(login:auth): refusing user 'target' from 192.0.2.9 for login: "
          + "host '192.0.2.9' is blocked by *:3/1h",
      ], "\(run)")
  }

  @Test("sudo that tells this machine's name blocks no host, and no other user's sudo")
  func ownName() throws {
    let run = try Sandbox.run(
      """
      install_abl "$ABL_BUILD" 'host_rule = *:3/1h'
      protect required testcheck sudo
      echo 'Defaults pam_rhost' >/etc/sudoers.d/rhost && chmod 440 /etc/sudoers.d/rhost
      echo 'target ALL=(ALL:ALL) ALL' >/etc/sudoers.d/target && chmod 440 /etc/sudoers.d/target
      for number in {1..5}; do try sudo caller wrong; done | uniq -c | xargs
      echo "$(try sudo caller right) $(try sudo target right), judged $(judged wrong)"
      ablctl list hosts --json | wc -l
      """)
    #expect(run.lines == ["5 denied", "ok ok, judged 5", "0"], "\(run)")
  }

  @Test("a login: prompt that nobody answers is no guess of the host")
  func noName() throws {
    let run = try Sandbox.run(
      """
      install_abl "$ABL_BUILD" 'host_rule = *:3/1h'
      protect requisite testcheck libpam
      for number in {1..5}; do
        "$ABL_SUPPORT/pamdrive" --no-delay --service libpam --rhost 192.0.2.9 eof
      done | cut -d' ' -f-2 | uniq -c | xargs
      recorded 192.0.2.9
      """)
    #expect(run.lines.last == "0", "\(run)")
  }
}
