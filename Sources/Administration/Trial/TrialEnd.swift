internal import CSystem
internal import Platform

/// When a trial ends: the word `trial=BOOT:SECONDS` of a line, which the module understands by itself
/// (pam/shim.c). In another boot, and so many seconds after that one began, the line is nothing.
struct TrialEnd: Equatable {
  /// The name that the kernel has given the boot.
  let boot: [UInt8]
  /// By the clock that began with it.
  let seconds: Int64

  static let prefix = Array("trial=".utf8)

  /// In so many seconds.
  ///
  /// - Throws: `SystemError` if the boot has no name here.
  init(in seconds: Int64) throws {
    boot = try Boot.read()
    self.seconds = Self.uptime + seconds
  }

  /// Nil if a word is another one. One that can't be understood is over.
  init?(word: [UInt8]) {
    guard word.starts(with: Self.prefix) else { return nil }
    let value = word.dropFirst(Self.prefix.count)
    let colon = value.firstIndex(of: UInt8(ascii: ":")) ?? value.endIndex
    boot = Array(value[..<colon])
    seconds = Int64(String(decoding: value[colon...].dropFirst(), as: UTF8.self)) ?? 0
  }

  var word: [UInt8] { Self.prefix + boot + Array(":\(seconds)".utf8) }

  /// How many seconds are left; nil if it is over.
  var left: Int64? {
    let left = seconds - Self.uptime
    return left > 0 && boot == Boot.id ? left : nil
  }

  private static var uptime: Int64 {
    var time = timespec()
    unsafe clock_gettime(CLOCK_BOOTTIME, &time)
    return Int64(time.tv_sec)
  }
}

extension StackModule {
  /// The first end that its words name; nil if it is on no trial.
  var trial: TrialEnd? {
    arguments.compactMap { TrialEnd(word: $0) }.min { ($0.left ?? 0) < ($1.left ?? 0) }
  }

  /// By its words the module does nothing any more.
  var isOver: Bool { trial.map { $0.left == nil } ?? false }
}
