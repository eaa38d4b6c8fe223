internal import Platform
internal import Policy

/// The configuration of DenyHosts: `NAME = value` or `NAME : value`, the last of a name holds.
struct DenyHostsSettings {
  /// A value, and its line.
  struct Value {
    let text: ArraySlice<UInt8>
    let line: Int
  }

  /// As it may be printed.
  let file: String
  private var values: [String: Value] = [:]

  private static let longestLine = 64 << 10

  /// Reads `path`; what abl has no use for is told.
  ///
  /// - Throws: `Failure` if no line is a setting of DenyHosts; none is shown, it may be a secret.
  init(_ path: Path, _ handover: inout Handover) throws {
    file = path.shown
    var lines = try LineReader(path, longest: Self.longestLine)
    while let line = try lines.next() {
      let (text, place) = (line.text.trimmed, FilePlace(file: file, line: line.number))
      guard !text.isEmpty, text.first != UInt8(ascii: "#") else { continue }
      let sign = text.firstIndex { $0 == UInt8(ascii: "=") || $0 == UInt8(ascii: ":") }
      guard let sign, !line.isCut else {
        handover.complain(place, text, "expected 'NAME = value'")
        continue
      }
      let name = String(decoding: text[..<sign].trimmed, as: UTF8.self).uppercased()
      let value = text[(sign + 1)...].trimmed
      if value.starts(with: "$[".utf8) {
        handover.leave(place, text, "it is a variable of DenyHosts' environment")
        continue
      }
      take(name, Value(text: value, line: line.number), text, place, &handover)
    }
    guard !values.isEmpty else {
      let name = Name(path.bytes).quoted
      throw Failure(message: "\(name) is no configuration of DenyHosts: no line of it is a setting")
    }
  }

  private mutating func take(
    _ name: String, _ value: Value, _ text: ArraySlice<UInt8>, _ place: FilePlace,
    _ handover: inout Handover
  ) {
    if Self.used.contains(name) {
      values[name] = value
    } else if let why = Self.reasons.first(where: { name.hasPrefix($0.key) })?.why {
      // What is empty or off says nothing.
      let isOff = value.text.isEmpty || ["no", "0", "false"].contains { value.text.isWord($0) }
      if !isOff { handover.leave(place, Self.discreet(name, text), why) }
    } else {
      handover.leave(
        place, Self.discreet(name, text), "it is no setting of DenyHosts that abl knows")
    }
  }

  /// Without what may be a password.
  private static func discreet(_ name: String, _ text: ArraySlice<UInt8>) -> [UInt8] {
    name.hasPrefix("SMTP_") ? Array(name.utf8) : Array(text)
  }

  /// What is set, and not empty.
  func value(_ name: String) -> Value? {
    values[name].flatMap { $0.text.isEmpty ? nil : $0 }
  }

  /// A path, that of `usual` if it isn't set.
  func path(_ name: String, or usual: Path) -> Path {
    value(name).map { Path($0.text) } ?? usual
  }

  /// A number; nil if it isn't set, or none.
  func number(_ name: String, _ handover: inout Handover) -> Int? {
    guard let value = value(name) else { return nil }
    if let number = value.text.decimal, number < 1_000_000 { return number }
    handover.complain(FilePlace(file: file, line: value.line), value.text, "no number for \(name)")
    return nil
  }

  /// A length of time in seconds; nil if it isn't set (DenyHosts then knows no end), or none.
  func seconds(_ name: String, _ handover: inout Handover) -> Int64? {
    guard let value = value(name) else { return nil }
    if let seconds = Self.seconds(value.text), seconds > 0 { return seconds }
    handover.complain(
      FilePlace(file: file, line: value.line), value.text, "no length of time for \(name)")
    return nil
  }

  /// Reads `4w`, `30 d`, `600`.
  static func seconds(_ text: ArraySlice<UInt8>) -> Int64? {
    let digits = text.prefix { (0x30...0x39).contains($0) }
    guard let count = digits.decimal, count < 10_000_000 else { return nil }
    let unit = text[digits.endIndex...].trimmed
    let lengths: [(StaticString, Int64)] = [
      ("s", 1), ("m", 60), ("h", 3600), ("d", 86_400), ("w", 604_800), ("y", 31_536_000),
    ]
    if unit.isEmpty { return Int64(count) }
    return lengths.first { unit.isWord($0.0) }.map { Int64(count) * $0.1 }
  }

  private static let used: Set<String> = [
    "DENY_THRESHOLD", "DENY_THRESHOLD_INVALID", "DENY_THRESHOLD_VALID", "DENY_THRESHOLD_ROOT",
    "DENY_THRESHOLD_RESTRICTED", "AGE_RESET_INVALID", "AGE_RESET_VALID", "AGE_RESET_ROOT",
    "AGE_RESET_RESTRICTED", "PURGE_DENY", "HOSTS_DENY", "WORK_DIR", "ETC_DIR", "BLOCK_SERVICE",
    "SECURE_LOG", "LOCK_FILE", "DAEMON_SLEEP", "DAEMON_PURGE",
  ]

  /// Why what begins so can't be carried over.
  private static let reasons: [(key: String, why: String)] = [
    ("PURGE_THRESHOLD", "no block becomes one for ever by itself; 'host_block' makes them longer"),
    ("RESET_ON_SUCCESS", "a right login takes no failure back; 'user_known' keeps users in"),
    ("PLUGIN_", "put such a program into /etc/abl/hooks.d (docs/hooks.md), or 'host_block_cmd'"),
    ("SYNC_", "machines of your own share by 'ablctl fleet' (docs/fleet.md)"),
    ("ADMIN_EMAIL", "notices by mail are a matter of abl-courier (docs/hooks.md)"),
    ("EMAIL_METHOD", "notices by mail are a matter of abl-courier (docs/hooks.md)"),
    ("SMTP_", "notices by mail are a matter of abl-courier (docs/hooks.md)"),
    ("SYSLOG_REPORT", "abl always logs"),
    ("DAEMON_LOG", "abl logs to the system's log"),
    ("IPTABLES", "abld keeps a table of its own in nftables (docs/abld.md)"),
    ("BLOCKPORT", "abld finds the ports of a service itself (docs/abld.md)"),
    ("PF", "there is no pf on Linux"),
    ("HOSTNAME_LOOKUP", "no name is looked up"),
    ("ALLOWED_HOSTS_HOSTNAME_LOOKUP", "no name is looked up; a host is its address"),
    ("SUSPICIOUS_LOGIN_REPORT", "abl reports no right login"),
    ("DETECT_DOVECOT_LOGIN_ATTEMPTS", "put pam_abl into /etc/pam.d/dovecot (docs/dovecot.md)"),
    ("SSHD_FORMAT_REGEX", "no log is read; PAM tells of each attempt"),
    ("FAILED_", "no log is read; PAM tells of each attempt"),
    ("USERDEF_FAILED_ENTRY_REGEX", "no log is read; a program may tell by 'ablctl fail'"),
    ("SUCCESSFUL_ENTRY_REGEX", "no log is read; PAM tells of each attempt"),
  ]
}
