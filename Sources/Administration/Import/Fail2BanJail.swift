internal import Policy

/// A jail of fail2ban that is enabled, as far as abl can do its work.
struct Fail2BanJail {
  let name: String
  /// The service of PAM that it watches; `*` for all, nil if it watches none.
  let service: String?
  private(set) var maxretry = 3
  private(set) var findtime: Int64 = 600
  /// In seconds; below 0: for ever.
  private(set) var bantime: Int64 = 600
  /// How long blocks last, one after the other.
  private(set) var bantimes: [Int64] = []
  private(set) var ignored: [(word: ArraySlice<UInt8>, place: FilePlace)] = []

  /// Nil if it isn't enabled. What of it can't be carried over is told.
  init?(_ name: String, _ files: ConfigParserFiles, _ handover: inout Handover) {
    let source = Source(name, files)
    guard source.bool("enabled", &handover) else { return nil }
    self.name = name
    let filter = source.text("filter", &handover).map { String(decoding: $0.text, as: UTF8.self) }
    let kind = String((filter ?? name).prefix { $0 != "[" })
    service = Self.services[kind] ?? Self.services[name]
    guard service != nil else { return }
    maxretry = source.number("maxretry", &handover) ?? maxretry
    findtime = source.seconds("findtime", &handover) ?? findtime
    bantime = source.seconds("bantime", &handover) ?? bantime
    bantimes = source.bantimes(bantime, &handover)
    if let list = source.text("ignoreip", &handover) {
      let words = list.text.split { $0 == UInt8(ascii: ",") || $0 <= 0x20 }
      ignored = words.map { ($0, list.place) }
    }
    source.tellRest(&handover)
  }

  /// As it may be printed.
  var shown: String { Name(Array(name.utf8)).cell }
  /// `10m`
  var window: String { Duration(seconds: max(findtime, 1)).setting }

  /// `*/sshd:5/10m`
  var clause: String {
    let pattern = service == "*" ? "*" : "*/" + (service ?? "")
    return "\(pattern):\(max(maxretry, 1))/\(window)"
  }

  /// Filters that read what programs log of PAM, and the services of these.
  private static let services = [
    "sshd": "sshd", "sshd-ddos": "sshd", "pam-generic": "*", "dovecot": "dovecot",
    "vsftpd": "vsftpd", "proftpd": "proftpd", "pure-ftpd": "pure-ftpd", "webmin-auth": "webmin",
    "cyrus-imap": "imap", "postfix-sasl": "smtp", "sendmail-auth": "smtp",
  ]

  /// Reads `10m`, `1h 30m`, `-1`, `600`, `1day`; nil if it is no length of time.
  static func seconds(_ text: [UInt8]) -> Int64? {
    var rest = text.trimmed
    if rest.elementsEqual("-1".utf8) { return -1 }
    var sum: Int64 = 0
    guard !rest.isEmpty else { return nil }
    while !rest.isEmpty {
      let digits = rest.prefix { (0x30...0x39).contains($0) }
      guard let count = digits.decimal, count < 1_000_000_000, sum < 1 << 40 else { return nil }
      rest = rest[digits.endIndex...].trimmed
      let word = rest.prefix { !(0x30...0x39).contains($0) && $0 > 0x20 }
      rest = rest[word.endIndex...].trimmed
      guard let unit = unit(word) else { return nil }
      sum += Int64(count) * unit
    }
    return sum
  }

  private static func unit(_ word: ArraySlice<UInt8>) -> Int64? {
    let units: [(Int64, [StaticString])] = [
      (1, ["", "s", "ss", "se", "sec", "second", "seconds"]),
      (60, ["m", "mm", "mi", "min", "minute", "minutes"]),
      (3600, ["h", "hh", "ho", "hou", "hour", "hours"]),
      (86_400, ["d", "dd", "da", "day", "days"]),
      (604_800, ["w", "ww", "we", "wee", "week", "weeks"]),
      (2_629_800, ["mo", "mon", "month", "months"]),
      (31_557_600, ["y", "yy", "ye", "yea", "year", "years"]),
    ]
    return units.first { $0.1.contains { word.isWord($0) } }?.0
  }
}

/// The settings of one jail.
private struct Source {
  private let jail: String
  private let files: ConfigParserFiles

  init(_ jail: String, _ files: ConfigParserFiles) { (self.jail, self.files) = (jail, files) }

  func text(_ key: String, _ handover: inout Handover) -> ConfigParserFiles.Value? {
    do throws(ConfigParserFiles.Unresolved) {
      let value = try files.value(key, in: jail)
      return value.flatMap { $0.text.isEmpty ? nil : $0 }
    } catch {
      handover.complain(
        error.place, error.reference, "'\(key)' refers to that, which is not set, or too much")
      return nil
    }
  }

  func bool(_ key: String, _ handover: inout Handover) -> Bool {
    let text = text(key, &handover)?.text ?? []
    return (["1", "yes", "true", "on"] as [StaticString]).contains { text.isWord($0) }
  }

  func number(_ key: String, _ handover: inout Handover) -> Int? {
    guard let value = text(key, &handover) else { return nil }
    if let number = value.text.decimal, number < 1_000_000 { return number }
    handover.complain(value.place, value.text, "no number for \(key)")
    return nil
  }

  func seconds(_ key: String, _ handover: inout Handover) -> Int64? {
    guard let value = text(key, &handover) else { return nil }
    if let seconds = Fail2BanJail.seconds(value.text), seconds != 0, seconds < 4_000_000_000 {
      return seconds
    }
    handover.complain(value.place, value.text, "no length of time for \(key)")
    return nil
  }

  private static let mostSteps = 8

  /// How long the first block lasts, the second, and so on.
  func bantimes(_ first: Int64, _ handover: inout Handover) -> [Int64] {
    guard first > 0, bool("bantime.increment", &handover) else { return first > 0 ? [first] : [] }
    let most = seconds("bantime.maxtime", &handover).flatMap { $0 > 0 ? $0 : nil }
    var factors: [Double] = []
    if let list = text("bantime.multipliers", &handover) {
      let words = list.text.split { $0 == UInt8(ascii: ",") || $0 <= 0x20 }
      factors = words.compactMap { Double(String(decoding: $0, as: UTF8.self)) }
      if factors.count != words.count || factors.contains(where: { !($0 > 0 && $0 < 1e9) }) {
        handover.complain(list.place, list.text, "no numbers for bantime.multipliers")
        factors = []
      }
    } else if let formula = text("bantime.formula", &handover) {
      handover.leave(
        formula.place, formula.text, "a formula isn't evaluated; each block lasts twice as long")
    }
    if factors.isEmpty {
      let factor = text("bantime.factor", &handover)?.text
      let own = factor.flatMap { Double(String(decoding: $0, as: UTF8.self)) } ?? 1
      factors = (0..<Self.mostSteps).map { Double(1 << $0) * (own > 0 && own < 1e6 ? own : 1) }
    }
    var times: [Int64] = []
    for factor in factors.prefix(Self.mostSteps) {
      let time = min(Int64(Double(first) * factor), most ?? 365 * 86_400)
      if time > times.last ?? 0 { times.append(time) }
    }
    return times.isEmpty ? [first] : times
  }

  /// What an administrator has set, and abl doesn't do.
  func tellRest(_ handover: inout Handover) {
    for (key, why) in Self.reasons {
      // As it is written; and what every installation has is no loss.
      guard let value = files.raw(key, in: jail), !value.text.isEmpty,
        !value.place.file.hasSuffix("/jail.conf")
      else { continue }
      let isPlain = key == "mode" && value.text.isWord("normal")
      if !isPlain { handover.leave(value.place, Array("\(key) = ".utf8) + value.text, why) }
    }
  }

  private static let reasons: [(String, String)] = [
    ("ignorecommand", "no command is asked whether a host counts"),
    ("ignoreself", "this machine's own addresses are never blocked in the kernel"),
    ("mode", "PAM tells of wrong passwords alone; sshd's PerSourcePenalties are for the rest"),
    ("failregex", "no log is read; PAM tells of each attempt"),
    ("ignoreregex", "no log is read; PAM tells of each attempt"),
    ("bantime.rndtime", "no time is made up by chance"),
    ("bantime.overalljails", "a host's blocks count over all services anyway"),
    ("action", "abld blocks in the kernel; programs and mails are hooks (docs/hooks.md)"),
    ("banaction", "abld keeps a table of its own in nftables (docs/abld.md)"),
    ("destemail", "notices by mail are a matter of abl-courier (docs/hooks.md)"),
    ("port", "abld finds the ports of a service itself (docs/abld.md)"),
  ]
}
