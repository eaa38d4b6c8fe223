import Harness
import Testing

/// Without root, sshd runs as who started it, and libpam_wrapper brings its PAM services.
@Suite(.serialized, .enabled(if: hasWrapper, "needs libpam_wrapper (Debian's libpam-wrapper)"))
struct OrdinaryUserTests {
  @Test("an ordinary user's sshd refuses a host after ten keyboard-interactive guesses")
  func hostIsRefused() throws {
    let run = try Sandbox.runWithoutRoot(
      """
      install_abl "$ABL_BUILD"
      protect required testcheck sshd libpam
      guard_sshd
      for number in {1..10}; do
        echo "$number $(try kbd "user-$number" wrong 127.0.0.2) $(standing -H 127.0.0.2)"
      done
      echo "there $(try kbd "$(id -un)" right 127.0.0.2) $(try pw "$(id -un)" right 127.0.0.2)"
      echo "elsewhere $(try kbd "$(id -un)" right 127.0.0.3)"
      echo "here $(try libpam "$(id -un)" right)"
      echo "judged $(judged wrong) wrong"
      """)
    let clear = (1...9).map { "\($0) denied clear" }
    #expect(
      run.lines == clear + ["10 denied blocked", "there denied denied", "elsewhere ok"]
        + ["here ok", "judged 10 wrong"], "\(run)")
  }
}

private let hasWrapper: Bool = {
  let search = Command("sh", ["-c", "ls /usr/lib/*/libpam_wrapper.so /usr/lib*/libpam_wrapper.so"])
  return (try? search.run())?.output.contains("libpam_wrapper") ?? false
}()
