import Glibc
import Testing

@testable import Administration

/// Where another user may have put something, in place of the file that is to be.
@Suite(.enabled(if: geteuid() == 0, "gives files to others")) struct HostileTargetTests {
  private let machine = Machine()

  private func export(_ target: String) -> Ended { machine.ablctl("export", "-o", target) }

  private static let reason =
    "it is no ordinary file, and others than root may have put it there; name another"

  @Test("an export is not written through a link or into a pipe that another has put there")
  func planted() throws {
    chmod(machine.directory, 0o1777)
    let (victim, target) = (machine.directory + "/victim", machine.directory + "/target")
    Machine.write("precious\n", to: victim)
    #expect(symlink(victim, target) == 0 && lchown(target, 65534, 65534) == 0)
    let refused = "ablctl: cannot write to '\(target)': \(Self.reason)\n"
    #expect(export(target) == Ended(status: 1, output: "", error: refused))
    #expect(Machine.bytes(of: victim) == Array("precious\n".utf8))
    unlink(target)
    #expect(mkfifo(target, 0o666) == 0 && lchown(target, 65534, 65534) == 0)
    // Somebody waits for it.
    let reader = open(target, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
    defer { close(reader) }
    #expect(export(target) == Ended(status: 1, output: "", error: refused))
  }

  @Test("nor through one of root's in a directory where another can exchange it") func exchanged() {
    let (victim, target) = (machine.directory + "/victim", machine.directory + "/dir/target")
    Machine.write("precious\n", to: victim)
    #expect(mkdir(machine.directory + "/dir", 0o777) == 0)
    #expect(symlink(victim, target) == 0)
    for (owner, mode) in [(0, 0o777), (65534, 0o755), (65534, 0o1777)] as [(uid_t, mode_t)] {
      chmod(machine.directory + "/dir", mode)
      chown(machine.directory + "/dir", owner, 0)
      #expect(export(target).error.hasSuffix(Self.reason + "\n"))
    }
    #expect(Machine.bytes(of: victim) == Array("precious\n".utf8))
    chown(machine.directory + "/dir", 0, 0)
    chmod(machine.directory + "/dir", 0o1777)
    #expect(export(target) == Ended(status: 0, output: "", error: ""))
    #expect(Machine.bytes(of: victim).starts(with: Array(#"{"format":"#.utf8)))
  }

  @Test("a file of another is replaced, not written to; and standard output is")
  func replaced() throws {
    chmod(machine.directory, 0o1777)
    let (target, second) = (machine.directory + "/target", machine.directory + "/second")
    Machine.write("precious\n", to: target)
    #expect(chown(target, 65534, 65534) == 0 && link(target, second) == 0)
    #expect(export(target) == Ended(status: 0, output: "", error: ""))
    #expect(Machine.bytes(of: second) == Array("precious\n".utf8))
    var status = stat()
    #expect(stat(target, &status) == 0 && status.st_uid == 0 && status.st_mode & 0o777 == 0o600)
    #expect(export("/dev/stdout").output.hasPrefix(#"{"format":"abl export""#))
  }
}
