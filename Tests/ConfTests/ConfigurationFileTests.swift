import Harness
import Policy
import Testing

/// conf/pam_abl.conf, which is installed as it is.
struct ConfigurationFileTests {
  private let lines: [String]

  init() throws {
    lines = try Repository.text(of: "conf/pam_abl.conf")
      .split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
  }

  @Test("it has no mistakes")
  func hasNoMistakes() {
    let (_, complaints) = read(lines)
    #expect(complaints == [])
  }

  @Test("it sets the rules and how long attempts are kept, and nothing else")
  func setsRules() {
    let settings = lines.filter { !$0.isEmpty && !$0.hasPrefix("#") }
    #expect(
      settings == [
        "host_rule = !127.0.0.1|[::1]:10/1h,30/1d 127.0.0.1|[::1]:100/1h",
        "user_rule = !root:10/1h,30/1d", "user_known = 30d", "caller_rule = *:10/1h",
        "host_purge = 2d", "user_purge = 2d",
      ])
  }

  @Test("what it says are defaults are the defaults")
  func defaultsAreTrue() {
    let defaults = lines.filter { $0.isDefault }.map { String($0.dropFirst()) }
    #expect(defaults.count == 15)
    let (configuration, complaints) = read(defaults)
    #expect(complaints == [])
    // A configuration remembers whether it was told its directory.
    let (expected, _) = read(["db_home = /var/lib/abl"])
    #expect(String(describing: configuration) == String(describing: expected))
    let untold = String(describing: Configuration().databaseHome)
    #expect(String(describing: configuration.databaseHome) == untold)
  }

  @Test("its examples are right")
  func examplesAreRight() {
    let examples = lines.filter { $0.isExample }
    #expect(examples.count == 16)
    let (_, complaints) = read(examples.map { String($0.dropFirst()) })
    // The file that is included in the example was not read.
    #expect(complaints.count == 1)
  }

  @Test("nothing of it, nor of its examples, is hardly meant or dangerous")
  func givesNoAdvice() {
    let examples = lines.filter { $0.isExample }.map { String($0.dropFirst()) }
    let (configuration, _) = read(lines + examples)
    #expect(configuration.advice.map { String(describing: $0.headline) } == [])
    #expect(configuration.writtenCommands.count == 6)
  }

  @Test("a proxy on this machine doesn't block all its clients, and nobody guesses without an end")
  func loopback() {
    let (configuration, _) = read(lines)
    func isBlocked(_ host: String, _ failures: Int) -> Bool {
      guard let host = Host(Array(host.utf8)[...]) else { return false }
      let times = [Guess](repeating: Guess(Timestamp(seconds: 0)), count: failures)
      return configuration.hostRule.isBlocking(
        .host(host), using: nil, after: times, inFlight: [], before: .existing,
        at: Timestamp(seconds: 0))
    }
    for own in ["127.0.0.1", "::1", "::ffff:127.0.0.1"] {
      #expect(!isBlocked(own, 99) && isBlocked(own, 100), "\(own)")
    }
    for other in ["192.0.2.7", "2001:db8::1", "127.0.0.2"] {
      #expect(!isBlocked(other, 9) && isBlocked(other, 10), "\(other)")
    }
    #expect(configuration.hostAllowList.entries.isEmpty)
  }

  @Test("it speaks of every key", arguments: Key.allCases)
  func namesEveryKey(key: Key) {
    #expect(lines.contains { $0.contains(String(describing: key.name)) })
  }

  private func read(_ lines: [String]) -> (Configuration, complaints: [String]) {
    let reader = ConfigurationReader()
    reader.read(Array(lines.joined(separator: "\n").utf8), file: "pam_abl.conf")
    let configuration = reader.finish()
    return (configuration, reader.diagnostics.map { String(describing: $0.headline) })
  }
}

extension String {
  /// Whether it is `#key = value`, without a blank behind '#'.
  fileprivate var isDefault: Bool {
    wholeMatch(of: /#[a-z_]+ = \S+/) != nil && self != "#key = value"
  }

  /// Whether it is an indented setting, and no prose.
  fileprivate var isExample: Bool {
    wholeMatch(of: /#   ([a-z_]+ = .+|debug|check_host|log_both)/) != nil && !hasPrefix("#   key")
  }
}
