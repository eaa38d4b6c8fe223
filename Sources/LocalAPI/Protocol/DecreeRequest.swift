internal import Administration
internal import BlockList
internal import Policy
internal import Upkeep

/// What a request says of a decree, in JSON.
struct DecreeRequest: Sendable {
  let kind: Decree.Kind
  let target: AllowList.Entry
  /// For how long; nil: for ever.
  private(set) var seconds: Int64?
  private(set) var reason = Name("")
  /// Whether every address may be meant.
  private(set) var isForced = false

  /// What was read so far.
  private struct Members {
    var words: [String: String] = [:]
    var seconds: Int64?
    var isForced = false
  }

  init(_ body: [UInt8]) throws(Problem) {
    var members = Members()
    do throws(JSONError) {
      var scanner = JSONScanner(body[...])
      try scanner.readOnlyObject { (key, scanner) throws(JSONError) in
        try Self.read(String(decoding: key, as: UTF8.self), &scanner, into: &members)
      }
    } catch { throw .malformed("the body, at byte \(error.offset): \(error.message)") }
    switch members.words["decree"] {
    case "allow": kind = .allow
    case "block": kind = .block
    default: throw .malformed("'decree' must be 'allow' or 'block'")
    }
    target = try Self.target(members.words["kind"], members.words["name"])
    (seconds, isForced) = (members.seconds, members.isForced)
    reason = Name(bounded: Array((members.words["reason"] ?? "").utf8))
  }

  private static func read(
    _ key: String, _ scanner: inout JSONScanner, into members: inout Members
  ) throws(JSONError) {
    switch key {
    case "decree", "kind", "name", "reason":
      members.words[key] = String(decoding: try scanner.readString(), as: UTF8.self)
    case "seconds":
      let text = String(decoding: try scanner.readNumber(), as: UTF8.self)
      guard let seconds = Int64(text), (1...longest).contains(seconds) else {
        throw scanner.error("'seconds' is a whole number from 1 to \(longest)")
      }
      members.seconds = seconds
    case "force":
      members.isForced = scanner.next == UInt8(ascii: "t")
      try scanner.skip(members.isForced ? "true" : "false")
    default: throw scanner.error("there is no member of this name")
    }
  }

  /// A hundred years.
  private static let longest: Int64 = 100 * 366 * 86_400

  /// A name of DNS is no host here: its owner may have it mean another's address tomorrow.
  private static func target(
    _ kind: String?, _ name: String?
  ) throws(Problem) -> AllowList.Entry {
    guard let name, !name.isEmpty, !name.utf8.contains(0) else {
      throw .malformed("'name' must be there, and must not hold a NUL")
    }
    if kind == "user" { return .user(Name(bounded: Array(name.utf8))) }
    guard kind == "host" || kind == "network" else {
      throw .malformed("'kind' must be 'host', 'network' or 'user'")
    }
    var mistakes: [SyntaxError] = []
    let list = AllowList(hosts: Array(name.utf8)[...], mistakes: &mistakes)
    guard mistakes.isEmpty, list.entries.count == 1, let entry = list.entries.first,
      case .network = entry, (entry.subject != nil) == (kind == "host")
    else {
      throw .malformed(
        kind == "host"
          ? "'name' must be an address of IPv4 or IPv6"
          : "'name' must be a network, as 192.0.2.0/24 or 2001:db8::/48")
    }
    return entry
  }
}
