internal import CSystem
internal import Platform

/// What sshd itself says that holds for a stranger: `sshd -T`, which knows its own defaults, and each
/// `Match` that a stranger's connection comes by.
enum RunningServer {
  private static let program = "/usr/sbin/sshd"
  /// A name that no user has, from an address that is for documentation only.
  private static let stranger =
    "user=abl-doctor,host=stranger.invalid,addr=192.0.2.1,laddr=192.0.2.2,lport=22"
  private static let longest = 1 << 20

  /// Lines of `key value`, the key in small letters; nil if sshd isn't here, or doesn't tell.
  static var settings: [UInt8]? {
    let words = ["-T", "-C", stranger].map { Array($0.utf8) }
    guard Terminal.isRoot, unsafe access(program, X_OK) == 0,
      let child = try? ChildProcess.started(Array(program.utf8), words)
    else { return nil }
    let text = read(child.output)
    close(child.output)
    return child.complaintAtEnd("sshd") == nil ? text : nil
  }

  private static func read(_ descriptor: CInt) -> [UInt8] {
    var (all, piece) = ([UInt8](), [UInt8](repeating: 0, count: 16384))
    while all.count < longest {
      let got = unsafe CSystem.read(descriptor, &piece, piece.count)
      if got < 0, csystem_errno() == EINTR { continue }
      guard got > 0 else { break }
      all += piece[..<got]
    }
    return all
  }
}
