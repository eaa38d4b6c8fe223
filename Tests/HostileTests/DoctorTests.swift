import Harness
import Testing

@Suite(
  "The doctor's word on a stack, and what the stack does", .serialized,
  .enabled(if: Sandbox.isAvailable, Comment(rawValue: Sandbox.reason)))
struct DoctorTests {
  /// A stack, and what is to come of it.
  struct Shape {
    let lines: String
    /// The exit status of `ablctl doctor`.
    let doctor: Int
    /// Whether a right password is let in before any failure, and after as many as block.
    let (before, after): (Bool, Bool)

    init(_ doctor: Int, _ before: Bool, _ after: Bool, _ lines: String) {
      (self.doctor, self.before, self.after, self.lines) = (doctor, before, after, lines)
    }

    var said: String { "\(doctor) \(before ? "ok" : "denied") \(after ? "ok" : "denied")" }
  }

  /// ABL is our module with its configuration, JUDGE one that has the name of pam_unix.
  private static let debian = """
    auth [success=1 default=ignore] JUDGE
    auth requisite pam_deny.so
    auth required pam_permit.so
    """

  static let shapes = [
    Shape(0, true, false, "auth required ABL\n" + debian),
    Shape(0, true, false, "auth requisite ABL\nauth required JUDGE"),
    Shape(0, true, false, "auth requisite pam_nologin.so\nauth required ABL\n@include judged"),
    Shape(0, true, false, "auth substack DIR/guarded\nauth required JUDGE"),
    Shape(0, true, false, "auth [success=ok ignore=ignore default=die] ABL\nauth required JUDGE"),
    Shape(2, true, false, "auth optional ABL\nauth required JUDGE"),
    Shape(2, true, false, "auth sufficient ABL\nauth required JUDGE"),
    Shape(2, true, false, "auth [success=1 default=ignore] ABL\nauth required JUDGE"),
    Shape(2, true, false, "auth required JUDGE\nauth required ABL"),
    Shape(2, true, false, "auth substack DIR/ended\nauth required ABL"),
    Shape(1, true, true, debian + "\nauth required ABL"),
    Shape(
      1, true, true,
      "auth [success=1 default=ignore] pam_permit.so\nauth substack DIR/guarded\nauth substack DIR/ended"
    ),
    Shape(1, true, true, "auth sufficient JUDGE\nauth required ABL"),
    Shape(1, true, true, "@include judged\nauth required ABL"),
    Shape(1, true, true, "auth required JUDGE"),
    Shape(1, true, true, "auth required ABL only=other\nauth required JUDGE"),
    Shape(1, true, true, "auth sufficient pam_permit.so\nauth required ABL\nauth required JUDGE"),
    Shape(
      1, true, true,
      "auth [auth_err=1 ignore=ignore] ABL\nauth required JUDGE\nauth required pam_permit.so"),
    Shape(
      1, true, true,
      "auth [success=1 default=ignore] pam_permit.so\nauth required ABL\nauth required JUDGE"),
    Shape(1, true, true, "auth optional /none/pam_abl.so\nauth required JUDGE"),
    Shape(
      1, true, true,
      "auth [module_unknown=ignore default=bad] /none/pam_abl.so\nauth required JUDGE"),
    Shape(1, false, false, "-auth required /none/pam_abl.so\nauth required JUDGE"),
    Shape(1, false, false, "auth required /none/pam_abl.so\nauth required JUDGE"),
    Shape(1, false, false, "auth [success=ok default=bad] ABL\nauth required JUDGE"),
    Shape(1, false, false, "auth requird ABL\nauth required JUDGE"),
    Shape(1, false, false, "auth required ABL\n@include nothing\nauth required JUDGE"),
    Shape(1, false, false, "auth required ABL\nauth include svc\nauth required JUDGE"),
    Shape(1, false, false, "auth requisite pam_deny.so\nauth required ABL\nauth required JUDGE"),
  ]

  @Test("agree") func agree() throws {
    let stacks = Self.shapes.enumerated().map { number, shape in
      "look \(number + 1) '\(shape.lines)'"
    }
    let run = try Sandbox.run(
      """
      install_abl "$ABL_BUILD" 'host_rule = *:2/1h'
      judge=$ABL_TEST_DIR/judge/pam_unix.so
      mkdir -p -m 755 "$ABL_TEST_DIR/judge"
      cp "$ABL_SUPPORT/pam_testcheck.so" "$judge"
      fill() {
          local text=$1
          text=${text//DIR/$ABL_TEST_DIR}
          text=${text//ABL/$ABL_SUPPORT/pam_abl.so config=$ABL_CONFIGURATION}
          printf '%s\\n' "${text//JUDGE/$judge password=right}"
      }
      login() {
          local verdict
          # libpam doesn't even begin with some stacks.
          verdict=$("$ABL_SUPPORT/pamdrive" --no-delay --service svc --user guest --rhost "192.0.2.$1" \\
              "auth:$2" 2>/dev/null | cut -d' ' -f3) || true
          if [ "$verdict" = SUCCESS ]; then echo ok; else echo denied; fi
      }
      look() {
          local status=0 first
          fill "$2" >"$ABL_PAM_DIR/svc"
          "$ABL_SUPPORT/ablctl" doctor >"$ABL_TEST_DIR/said" 2>&1 || status=$?
          first=$(login "$1" right)
          login "$1" wrong >/dev/null
          login "$1" wrong >/dev/null
          login "$1" wrong >/dev/null
          echo "$status $first $(login "$1" right)"
      }
      fill 'auth required ABL' >"$ABL_TEST_DIR/guarded"
      fill $'auth sufficient JUDGE\\nauth required pam_deny.so' >"$ABL_TEST_DIR/ended"
      fill '\(Self.debian)' >"$ABL_PAM_DIR/judged"
      \(stacks.joined(separator: "\n"))
      """)
    #expect(run.lines == Self.shapes.map { $0.said }, "\(run)")
  }
}
