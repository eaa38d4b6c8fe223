internal import ArgumentParser
internal import CSystem
internal import Platform

/// Has abl-courier do something that ablctl must not: it gives up root's rights first, and then talks to
/// a network or runs hooks.
enum CourierProgram {
  /// Runs it to its end, and prints what it prints; what isn't printable ASCII stands as '?'.
  ///
  /// - Throws: `ExitCode` if it fails.
  static func run(_ words: [String]) throws {
    guard let program else { throw Failure(message: "cannot find the program abl-courier") }
    let process = try ChildProcess.started(
      Array(program.utf8), words.map { Array($0.utf8) })
    try Output.open { output in
      var reader = LineReader(process.output, longest: 1 << 16)
      while let line = try reader.next() {
        try output.add(bytes: line.text.map { 0x20...0x7E ~= $0 ? $0 : UInt8(ascii: "?") })
      }
    }
    guard let complaint = process.complaintAtEnd("abl-courier") else { return }
    if !complaint.hasPrefix("abl-courier: exit status") { complain(complaint) }
    throw ExitCode.failure
  }

  /// The one beside this program, or where packages put it.
  private static var program: String? {
    var buffer = [CChar](repeating: 0, count: 4097)
    let count = unsafe readlink("/proc/self/exe", &buffer, buffer.count - 1)
    let own = buffer.prefix(max(count, 0)).map { UInt8(bitPattern: $0) }
    let directory = own.lastIndex(of: UInt8(ascii: "/")).map { own[..<$0] } ?? []
    let places = [String(decoding: directory, as: UTF8.self), "/usr/sbin", "/usr/local/sbin"]
    return places.map { $0 + "/abl-courier" }.first { unsafe access($0, X_OK) == 0 }
  }
}
