import Harness
import Testing

/// How applications really drive a module, and what each way is to count: one row a case.
///
/// The letters are the method and the numbers the variant: a password, b keyboard-interactive, c
/// key, d and e several on one connection, f nothing sent, g grace time, h to j users who can't log
/// in, k processes killed.
@Suite("The life of an attempt under sshd", .enabled(if: Sandbox.isAvailable, "\(Sandbox.reason)"))
struct LifecycleTests {
  @Test(
    "is counted once if its password was wrong, and never otherwise",
    arguments: [
      Case("a1", "password right", 0, "client pw:guest:right run:true"),
      Case("a2", "password wrong, client gives up", 1, "client pw:guest:wrong"),
      Case(
        "a3", "three wrong passwords on one connection", 3,
        "client pw:guest:wrong pw:guest:wrong pw:guest:wrong"),
      Case("b1", "keyboard-interactive right", 0, "client kbd:guest:right run:true"),
      Case("b2", "keyboard-interactive wrong", 1, "client kbd:guest:wrong"),
      Case(
        "b3", "three wrong answers on one connection", 3,
        "client kbd:guest:wrong kbd:guest:wrong kbd:guest:wrong"),
      Case("c", "a key", 0, "client pk:guest:$key run:true"),
      Case("d", "password wrong, then right", 1, "client pw:guest:wrong pw:guest:right run:true"),
      Case(
        "d2", "keyboard-interactive wrong, then right", 1,
        "client kbd:guest:wrong kbd:guest:right run:true"),
      Case("e", "password wrong, then a key", 1, "client pw:guest:wrong pk:guest:$key run:true"),
      Case(
        "e2", "keyboard-interactive wrong, then a key", 1,
        "client kbd:guest:wrong pk:guest:$key run:true"),
      Case(
        "e3", "password wrong, keyboard-interactive wrong", 2,
        "client pw:guest:wrong kbd:guest:wrong"),
      Case(
        "e4", "password wrong, keyboard-interactive right", 1,
        "client pw:guest:wrong kbd:guest:right"),
      Case(
        "e5", "keyboard-interactive wrong, password right", 1,
        "client kbd:guest:wrong pw:guest:right run:true"),
      Case(
        "e7", "password wrong, then a prompt opened and left", 1,
        "client pw:guest:wrong kbdclose:guest:0.2; await 0 in_flight"),
      Case(
        "e8", "gone during the delay of a wrong password", 1, check: "fail_delay=2000000",
        "client pwasync:guest:wrong wait:$judged rst"),
      Case(
        "x11", "gone during the delay of a wrong answer", 1, check: "fail_delay=2000000",
        "client kbdrst:guest:wrong:$judged"),
      Case("f2", "'none' only", 0, "client none:guest"),
      Case(
        "f3", "prompt shown, client leaves", 0,
        "client kbdclose:guest:0.2; await 0 in_flight"),
      Case("f6", "three empty answers", 3, "client kbd:guest: kbd:guest: kbd:guest:"),
      Case(
        "g1", "grace time ends at an open prompt", 0, grace: 2,
        "client kbdhold:guest:6; await 0 in_flight"),
      Case(
        "g3", "grace time ends while a password is judged", 0, grace: 2, check: "delay=20000",
        "client pw:guest:wrong; await 0 in_flight"),
      Case(
        "g4", "grace time ends while an answer is judged", 0, grace: 2, check: "delay=20000",
        "client kbd:guest:wrong; await 0 in_flight"),
      Case(
        "g5", "grace time ends in the delay of a wrong password", 1, grace: 20,
        check: "fail_delay=60000000", "client pw:guest:wrong"),
      Case(
        "g6", "grace time ends in the delay of a wrong answer", 1, grace: 20,
        check: "fail_delay=60000000", "client kbd:guest:wrong"),
      Case("h1", "unknown user, password", 1, "client pw:nobody-here:wrong"),
      Case("h2", "unknown user, keyboard-interactive", 1, "client kbd:nobody-here:wrong"),
      Case(
        "h4", "the user name changes within the connection", 1,
        "client pw:guest:wrong pw:target:wrong"),
      Case(
        "i", "right password of a user whom sshd denies", 1, sshd: "DenyUsers guest",
        "client pw:guest:right"),
      Case("j", "right password of root, who may not log in", 1, "client pw:root:right"),
      Case(
        "k1", "sshd killed while a password is judged", 0, check: held,
        "hold pw:guest:wrong & await 1 in_flight; kill -9 $(judge); wait; await 0 in_flight"),
      Case(
        "k2", "its network process killed while a password is judged", 1, check: held,
        "hold pw:guest:wrong & await 1 in_flight; kill -9 $(pgrep -P $(judge)); rm $held; wait; await 1 failures"
      ),
      Case(
        "k3", "its process for keyboard-interactive killed while it judges", 0, check: held,
        "hold kbd:guest:wrong & await 1 in_flight; kill -9 $(judge); wait; await 0 in_flight"),
      Case(
        "k5", "sshd told to end while a password is judged", 0, check: held,
        "hold pw:guest:wrong & await 1 in_flight; kill -TERM $(judge); wait; await 0 in_flight"),
      Case(
        "k6", "sshd killed while its process for keyboard-interactive judges", 1, check: held,
        "hold kbd:guest:wrong & await 1 in_flight; kill -9 $(ps -o ppid= -p $(judge)); rm $held; wait; await 1 failures"
      ),
      Case(
        "k4", "sshd killed at an open prompt", 0,
        "hold kbdtype:guest::$held & await 1 prompts; kill -9 $(ps -o ppid= -p $(pgrep -f 'guest [[]pam[]]')); echo >$held; wait; await 0 in_flight"
      ),
    ])
  func counts(_ row: Case) throws {
    let outcome = try Sandbox.run(
      """
      install_abl "$ABL_BUILD"
      judged=$ABL_TEST_DIR/judged held=$ABL_TEST_DIR/held
      : >$judged
      pam_service sshd "auth required $ABL_SUPPORT/pam_abl.so config=$ABL_CONFIGURATION" \
        "auth required $ABL_SUPPORT/pam_testcheck.so password=right log=$judged \(row.check)" \
        "account required pam_permit.so" "session required pam_permit.so"
      key=$ABL_TEST_DIR/key
      ssh-keygen -q -N '' -t ed25519 -f $key
      install -d -o guest -m 700 ~guest/.ssh
      install -o guest -m 600 $key.pub ~guest/.ssh/authorized_keys
      GRACE=\(row.grace) MAX_AUTH_TRIES=20 start_sshd $ABL_PORT '\(row.sshd)' >/dev/null
      client() { "$ABL_SUPPORT/sshclient.py" 127.0.0.1 $ABL_PORT 127.0.0.2 "$@" >>$ABL_TEST_DIR/said 2>&1 || true; }
      hold() { touch $held; client "$@"; }
      in_flight() { ablctl show 127.0.0.2 --host --json | grep -c inFlight || true; }
      prompts() { pgrep -fc 'guest [[]pam[]]' || true; }
      failures() { ablctl list hosts --json | sed 's/.*"failures":\\([0-9]*\\).*/\\1/' | grep . || echo 0; }
      # The process of the first attempt in flight, from its slot.
      judge() { slots | awk '$1 == "admitted" { print $2 }'; }
      \(row.script)
      await 0 in_flight >/dev/null
      echo "failures $(failures)"
      """)
    #expect(outcome.lines.last == "failures \(row.failures)", "\(outcome)")
  }
}

/// For a password that is judged as long as there is that file.
private let held = "while=$held"

/// A row of the table: a script of bash, and how many failures it is.
struct Case: CustomTestStringConvertible, Sendable {
  let testDescription: String
  let failures: Int
  let sshd: String
  let grace: Int
  let check: String
  let script: String

  init(
    _ number: String, _ description: String, _ failures: Int, sshd: String = "", grace: Int = 300,
    check: String = "", _ script: String
  ) {
    testDescription = "\(number): \(description)"
    (self.failures, self.sshd, self.grace, self.check) = (failures, sshd, grace, check)
    self.script = script
  }
}
