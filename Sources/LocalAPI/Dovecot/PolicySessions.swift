internal import Platform

/// Which attempt was reserved for which login of Dovecot: a report names its session, no number.
actor PolicySessions {
  private var attempts: [String: [(number: String, end: Int64)]] = [:]
  private let seconds: Int64

  /// - Parameter seconds: after which an attempt lapses.
  init(seconds: Int64) { self.seconds = seconds }

  func add(_ number: String, for key: String) {
    let now = Clock.milliseconds
    attempts[key, default: []].append((number, now + seconds * 1000))
    guard attempts.count > 4096 else { return }
    attempts = attempts.filter { $0.value.contains { $0.end > now } }
  }

  /// The first that is still awaited; nil if there is none.
  func take(_ key: String) -> String? {
    guard var waiting = attempts[key] else { return nil }
    let now = Clock.milliseconds
    waiting.removeAll { $0.end <= now }
    let first = waiting.isEmpty ? nil : waiting.removeFirst().number
    attempts[key] = waiting.isEmpty ? nil : waiting
    return first
  }
}
