public import News

/// What has happened since the last digest, in a bounded form, as it is kept over restarts.
public struct Digest: Equatable, Sendable {
  /// The number of the last event that is in it.
  public internal(set) var sequence: UInt64 = 0
  /// Since when, in seconds since 1970.
  public internal(set) var begun: Int64
  var counts: [Count: Int] = [:]
  /// The first blocks, each a line.
  var blocks: [String] = []
  /// How many blocks began by attempts at each service.
  var services: [String: Int] = [:]

  enum Count: String, CaseIterable, Sendable {
    case hosts, users, extended, ended
    /// Events that abld no longer had when it was asked.
    case missed
    /// Events that no hook was run for, and hooks that failed.
    case dropped, failed
    /// Notices that were to be sent at once, beyond the cap.
    case silent
  }

  static let mostBlocks = 50
  static let mostServices = 30

  public init(begun: Int64) { self.begun = begun }

  public var isEmpty: Bool { counts.values.allSatisfy { $0 == 0 } }

  mutating func count(_ what: Count, _ number: Int = 1) { counts[what, default: 0] += number }

  /// Notes an event.
  public mutating func take(_ item: NewsItem) {
    sequence = item.sequence
    switch item.event {
    case .extended: return count(.extended)
    case .ended: return count(.ended)
    case .began: count(item.isOrigin ? .hosts : .users)
    }
    if blocks.count < Self.mostBlocks { blocks.append(item.sentence) }
    guard let service = item.service?.shown.prefix(60) else { return }
    let isKnown = services[String(service)] != nil || services.count < Self.mostServices
    services[isKnown ? String(service) : "others", default: 0] += 1
  }

  /// Notes how many events were lost before they were read.
  public mutating func miss(_ number: Int) { count(.missed, number) }

  /// Notes what became of hooks.
  public mutating func noteHooks(dropped: Int, failed: Int) {
    count(.dropped, dropped)
    count(.failed, failed)
  }
}

extension NewsItem {
  /// "host 192.0.2.7 until 2026-11-30T09:00:00Z by *:10/1h, last for sshd"
  var sentence: String {
    let end = until.map { " until \($0)" } ?? ""
    let clause = rule.map { " by \($0)" } ?? ""
    let last = service.map { ", last for \($0)" } ?? ""
    return String("\(kind) \(name)\(end)\(clause)\(last)".shown.prefix(400))
  }
}

// MARK: - In words

extension Digest {
  /// "12 hosts and 1 user were blocked"
  var headline: String {
    let (hosts, users) = (counts[.hosts] ?? 0, counts[.users] ?? 0)
    let ofUsers = "\(users) user\(users == 1 ? "" : "s")"
    let ofHosts = "\(hosts) host\(hosts == 1 ? "" : "s")"
    if users == 0 { return "\(ofHosts) \(hosts == 1 ? "was" : "were") blocked" }
    if hosts == 0 { return "\(ofUsers) \(users == 1 ? "was" : "were") blocked" }
    return "\(ofHosts) and \(ofUsers) were blocked"
  }

  /// The text of its mail.
  func text(until now: Int64) -> String {
    var lines = [
      "abl on \(Identity.hostName), from \(Clock.local(begun)) to \(Clock.local(now)):", "",
    ]
    for (count, label) in Self.labels where counts[count, default: 0] > 0 {
      let number = String(counts[count, default: 0])
      let indent = String(repeating: " ", count: max(0, 8 - number.utf8.count))
      lines.append(indent + number + "  " + label)
    }
    if !blocks.isEmpty {
      let began = counts[.hosts, default: 0] + counts[.users, default: 0]
      let first = began > blocks.count ? ", the first \(blocks.count)" : ""
      lines += ["", "Blocked\(first):"] + blocks.map { "  " + $0 }
    }
    if !services.isEmpty {
      let sorted = services.sorted { ($0.value, $1.key) > ($1.value, $0.key) }
      lines += ["", "By service:"] + sorted.map { "  \($0.key): \($0.value)" }
    }
    return (lines + ["", "ablctl status and ablctl events tell more."]).joined(separator: "\n")
  }

  private static let labels: [(Count, String)] = [
    (.hosts, "hosts and networks were blocked"), (.users, "users were blocked"),
    (.extended, "blocks went on"), (.ended, "blocks ended"),
    (.missed, "events are not in this digest: they were overtaken before they were read"),
    (.dropped, "events no hook was run for: hooks take too long"), (.failed, "hooks failed"),
    (.silent, "notices were not sent at once: there were too many"),
  ]
}

// MARK: - As it is kept

extension Digest {
  /// Lines of a word and a value.
  var encoded: [UInt8] {
    var lines = ["version 1", "sequence \(sequence)", "begun \(begun)"]
    for count in Count.allCases { lines.append("\(count.rawValue) \(counts[count] ?? 0)") }
    lines += blocks.map { "block \($0)" }
    lines += services.sorted { $0.key < $1.key }.map { "service \($0.value) \($0.key)" }
    return Array((lines.joined(separator: "\n") + "\n").utf8)
  }

  /// Nil if it is none, or of another version.
  init?(decoding bytes: [UInt8]) {
    self.init(begun: 0)
    var isKnown = false
    for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") {
      let parts = line.split(separator: " ", maxSplits: 1).map(String.init)
      guard parts.count == 2 else { return nil }
      switch parts[0] {
      case "version": isKnown = parts[1] == "1"
      case "sequence": sequence = UInt64(parts[1]) ?? 0
      case "begun": begun = Int64(parts[1]) ?? 0
      case "block": blocks.append(parts[1])
      case "service":
        let words = parts[1].split(separator: " ", maxSplits: 1)
        if words.count == 2 { services[String(words[1])] = Int(words[0]) ?? 0 }
      default:
        let number = Int(parts[1]) ?? 0
        if let count = Count(rawValue: parts[0]), number > 0 { counts[count] = number }
      }
    }
    guard isKnown, blocks.count <= Self.mostBlocks, services.count <= Self.mostServices + 1 else {
      return nil
    }
  }
}
