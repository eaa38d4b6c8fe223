import Harness
import Testing

/// A way to spoil the store, and what the log says then.
struct Damage: CustomTestStringConvertible, Sendable {
  let testDescription: String
  let script: String
  let message: String
  /// What becomes of a failure that is judged meanwhile.
  let failure: String

  init(
    _ description: String, _ script: String, _ message: String,
    failure: String = "cannot count a failure"
  ) {
    (testDescription, self.script, self.message) = (description, script, message)
    self.failure = failure
  }

  static let all = [
    Damage(
      "a file is in its place", "umount /var/lib/abl && rm -r /var/lib/abl && touch /var/lib/abl",
      "cannot open '/var/lib/abl': Not a directory"),
    Damage(
      "everybody may write to it", "chmod 777 /var/lib/abl",
      "cannot trust '/var/lib/abl': owner 0, mode 777; it must be root's and nobody else may write to it"
    ),
    Damage(
      "everybody may write to its part in memory", "chmod 1777 /run/abl",
      "cannot trust '/run/abl': owner 0, mode 1777; it must be root's and nobody else may write to it",
      failure: "a failure waits in a file of its own"
    ),
  ]
}

@Suite(.serialized, .enabled(if: Sandbox.isAvailable, Comment(rawValue: Sandbox.reason)))
struct UnusableStoreTests {
  @Test(
    "a store that can't be used: root's programs do as on_error says, su refuses, others pass",
    arguments: Damage.all)
  func onError(_ damage: Damage) throws {
    let run = try Sandbox.run(
      """
      install_abl "$ABL_BUILD"
      quick_su
      protect requisite testcheck su libpam
      : >"$ABL_TEST_DIR/judged"
      try libpam target wrong >/dev/null
      mkdir "$ABL_TEST_DIR/pam.d"
      sed 's/ log=.*//' /etc/pam.d/libpam >"$ABL_TEST_DIR/pam.d/libpam"
      \(damage.script)
      own() { as_user caller "$ABL_SUPPORT/pamdrive" --no-delay --confdir "$ABL_TEST_DIR/pam.d" \\
        --service libpam --user target auth:"$1" | cut -d' ' -f-3; }
      for answer in allow deny; do
        echo "on_error = $answer" >>"$ABL_CONFIGURATION"
        echo "$answer: $(try libpam target right) $(try libpam target wrong)"
        echo "su: $(suclient guess - target right 1)"
        echo "root's su: $("$ABL_SUPPORT/suclient.py" guess - target right 1)"
        echo "su to root: $(suclient guess - root right 1)"
        echo "own: $(own right) $(own wrong)"
      done
      syslog_lines 'pam_abl' | grep -v 'not root' | sort | uniq -c | sed 's/^ *//'
      """)
    let refused = "exit 1 su: Authentication failure"
    // Root isn't asked for a password in Debian's su; here he is.
    #expect(
      Array(run.lines.prefix(10)) == [
        "allow: ok denied", "su: \(refused)", "root's su: exit 0 pty-42", "su to root: \(refused)",
        "own: auth 0 SUCCESS auth 7 AUTH_ERR",
        "deny: denied denied", "su: \(refused)", "root's su: \(refused)", "su to root: \(refused)",
        "own: auth 0 SUCCESS auth 7 AUTH_ERR",
      ], "\(run)")
    #expect(
      run.lines.dropFirst(10).sorted() == [
        "1 <err> pamdrive: PAM pam_abl: \(damage.failure): \(damage.message)",
        "1 <err> su: pam_abl(su:auth): letting the stack decide: \(damage.message)",
        "2 <err> pamdrive: pam_abl(libpam:auth): letting the stack decide: \(damage.message)",
        "2 <err> pamdrive: pam_abl(libpam:auth): refusing: \(damage.message)",
        "5 <err> su: pam_abl(su:auth): refusing: \(damage.message)",
      ], "\(run)")
  }

  @Test("on a disk that may only be read su works, and what fails there counts")
  func readOnly() throws {
    let run = try Sandbox.run(
      """
      install_abl "$ABL_BUILD" 'user_rule = *:3/1h'
      quick_su
      protect requisite testcheck su
      suclient guess - target wrong 1
      mount -o remount,ro /var/lib/abl
      for password in right wrong right wrong right; do suclient guess - target $password 1; done
      mount -o remount,rw /var/lib/abl
      suclient guess - target right 1
      recorded target
      """)
    let (denied, entered) = ("exit 1 su: Authentication failure", "exit 0 pty-42")
    #expect(
      run.lines == [denied, entered, denied, entered, denied, denied, denied, "3"], "\(run)")
  }

  @Test("where libpam can't be made to tell the verdict su refuses, and root's programs say so")
  func noVerdict() throws {
    let run = try Sandbox.run(
      """
      install_abl "$ABL_BUILD"
      quick_su
      protect requisite testcheck libpam
      pam_service su "auth requisite $ABL_SUPPORT/pam_abl.so config=$ABL_CONFIGURATION" \
        "auth required $ABL_SUPPORT/pam_testcheck.so password=right" 'account required pam_permit.so'
      echo "$ABL_SUPPORT/unarmable.so" >>/etc/ld.so.preload
      suclient guess - target right 1
      "$ABL_SUPPORT/pamdrive" --service libpam --user target auth:right | cut -d' ' -f-3
      syslog_lines pam_abl
      """)
    let why = "cannot learn whether an answer is right: Memory buffer error"
    #expect(
      run.lines == [
        "exit 1 su: Authentication failure", "auth 0 SUCCESS",
        "<err> su: pam_abl(su:auth): refusing: \(why)",
        "<err> su: pam_abl(su:auth): refused, but other modules may judge what is answered: "
          + "Memory buffer error",
        "<err> pamdrive: pam_abl(libpam:auth): letting the stack decide: \(why)",
      ], "\(run)")
  }
}
