import Policy

@testable import BlockList
@testable import Upkeep

extension AllowList.Entry {
  /// `192.0.2.0/24`, `192.0.2.7`, or `user bob`.
  init(_ text: String) {
    if text.hasPrefix("user ") {
      self = .user(Name(Array(text.dropFirst(5).utf8)))
    } else {
      var mistakes: [SyntaxError] = []
      self = AllowList(hosts: Array(text.utf8)[...], mistakes: &mistakes).entries[0]
    }
  }
}

extension DecreeOrder {
  /// `block 192.0.2.0/24` for so many seconds from `start` on; nil: for ever.
  init(_ text: String, for seconds: Int64? = nil) {
    let words = text.split(separator: " ", maxSplits: 1)
    self.init(
      words[0] == "allow" ? .allow : .block, AllowList.Entry(String(words[1])),
      until: seconds.map { start.adding($0) } ?? .never, by: "root", reason: "a test", at: start)
  }
}

extension Sample {
  func decree(_ orders: String..., for seconds: Int64? = nil, at moment: Int64 = 0) throws {
    try blockList.decree(
      orders.map { DecreeOrder($0, for: seconds) }, at: start.adding(moment))
  }

  /// `refused`, by a rule or a decree, or `judged`.
  func fate(_ user: Name, from host: String, at seconds: Int64 = 0) throws -> String {
    let attempt = Attempt(user: user, host: Host(Array(host.utf8)[...]), service: "sshd")
    switch try admit(attempt, at: seconds) {
    case .refused(let refusal): return String(describing: refusal.message)
    case .admitted(let reservation):
      if let reservation { try settle(reservation, .succeeded, at: seconds) }
      return "judged"
    }
  }
}
