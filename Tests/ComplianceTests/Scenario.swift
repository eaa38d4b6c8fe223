import Foundation
import Testing

/// A configuration, and what happens under it.
struct Scenario: CustomTestStringConvertible, Sendable {
  let testDescription: String
  /// Lines, behind those that say where the databases are.
  let configuration: [String]
  /// What stands in the stack; see `Machine`.
  var stack = Stack()
  let events: [Event]
  /// What ours says of it in the log, at error or warning, without its place.
  var complaints: [String] = []

  init(
    _ description: String, _ configuration: String..., stack: Stack = Stack(),
    complaints: [String] = [], events: [Event]
  ) {
    testDescription = description
    (self.configuration, self.stack) = (configuration, stack)
    (self.events, self.complaints) = (events, complaints)
  }
}

/// What an attempt to log in came to.
enum Verdict: Equatable, Sendable {
  /// In.
  case passed
  /// The password was judged, and wrong.
  case wrong
  /// Refused, with a password that is right or that was never judged.
  case refused
  /// Another code of pam_authenticate.
  case code(Int)
  /// It never came back.
  case hung
}

/// Something that happens.
struct Event: Sendable {
  let deed: Deed
  /// What comes of it: of ours, and of the old one; nil if there is nothing to see.
  var ours: Finding?
  var ancestor: Finding?

  enum Deed: Sendable {
    /// One run of an application at each of these times, in seconds.
    case attempts(Login, at: [Int])
    case purge(at: Int)
    /// Reading what commands have written.
    case readNotes
    /// Something done to the machine, at no time.
    case act(@Sendable (Machine) throws -> Void)
  }

  enum Finding: Equatable, Sendable {
    /// On each attempt.
    case verdict(Verdict)
    /// The lines that commands have written so far.
    case notes([String])
  }
}

/// One run of an application.
struct Login: Sendable {
  var password: String
  /// Nil if the application leaves it to the stack to ask.
  var user: String?
  /// Nil at the console.
  var host: String?
  var service: String
  /// What sshd says of its client, besides the host; nil if this is not sshd.
  var address: String?
}

extension Login: CustomStringConvertible {
  var description: String {
    "\(password) password of \(user ?? "nobody yet") from \(host ?? "here") for \(service)"
  }
}

extension Event {
  /// Tries the wrong password.
  static func guess(
    at times: Int..., user: String? = "bob", host: String? = nil, service: String = "sshd",
    is verdict: Verdict
  ) -> Event {
    attempts(
      Login(password: "wrong", user: user, host: host, service: service), at: times, verdict)
  }

  /// Tries the right password.
  static func enter(
    at times: Int..., user: String? = "bob", host: String? = nil, service: String = "sshd",
    is verdict: Verdict
  ) -> Event {
    attempts(
      Login(password: "right", user: user, host: host, service: service), at: times, verdict)
  }

  /// Tries the wrong password over sshd, which looks up names.
  static func guessOverSSH(
    at times: Int..., host: String, address: String, is verdict: Verdict
  ) -> Event {
    let login = Login(
      password: "wrong", user: "bob", host: host, service: "sshd", address: address)
    return attempts(login, at: times, verdict)
  }

  /// Fails where the module has no rules, only databases.
  static func history(
    at times: [Int] = [0, 2, 4, 6, 8], user: String? = "bob", host: String? = nil
  ) -> Event {
    let service = Machine.unruledService
    return attempts(
      Login(password: "wrong", user: user, host: host, service: service), at: times, .wrong)
  }

  private static func attempts(_ login: Login, at times: [Int], _ verdict: Verdict) -> Event {
    Event(
      deed: .attempts(login, at: times), ours: .verdict(verdict), ancestor: .verdict(verdict))
  }

  /// What commands have written so far.
  static func noted(_ lines: String...) -> Event {
    Event(deed: .readNotes, ours: .notes(lines), ancestor: .notes(lines))
  }

  static func configure(_ lines: String...) -> Event {
    act { try $0.configure(lines) }
  }

  /// Runs what cron runs: `ablctl purge`, or the old `pam_abl -p`.
  static func purge(at time: Int) -> Event { Event(deed: .purge(at: time)) }

  static func act(_ deed: @escaping @Sendable (Machine) throws -> Void) -> Event {
    Event(deed: .act(deed))
  }

  /// The same, but the old one's verdict is another, for a reason.
  func butAncestor(_ verdict: Verdict, because reason: String) -> Event {
    but(.verdict(verdict), reason)
  }

  /// The same, but with the old one something else is written, for a reason.
  func butAncestorNoted(_ lines: String..., because reason: String) -> Event {
    but(.notes(lines), reason)
  }

  /// The reason is there to be read where the difference is.
  private func but(_ finding: Finding, _ reason: String) -> Event {
    precondition(!reason.isEmpty && finding != ours)
    var event = self
    event.ancestor = finding
    return event
  }
}

extension Scenario {
  /// Plays it on `module`, and expects what was said.
  func hold(on module: Module) throws {
    // Only root can hide a configuration that is installed on this machine.
    guard !stack.needsNoInstalledConfiguration || geteuid() == 0 else { return }
    let machine = try Machine(module, configuration, stack)
    #expect(try play(on: machine) == expectations(of: module))
    let (said, resignations) = (try machine.complaints, try machine.resignations)
    guard module == .ours else { return }
    if geteuid() == 0 || resignations.isEmpty {
      #expect(said == complaints)
    } else {
      // Who isn't root can't be expected to have the store: his module says no more than that.
      let decided = complaints.filter { $0.hasPrefix("letting the stack decide: ") }
      #expect(said.filter { !$0.hasPrefix("not root, ") } == [])
      #expect(resignations == decided.map { "not root, \($0)" })
    }
  }

  private func play(on machine: Machine) throws -> [String] {
    var transcript: [String] = []
    for event in events {
      switch event.deed {
      case .attempts(let login, let times):
        for time in times {
          let verdict = try machine.at(time) { try machine.verdict(on: login) }
          transcript.append(line(time, login, verdict))
        }
      case .purge(let time): try machine.at(time) { try machine.purge() }
      case .act(let deed): try deed(machine)
      case .readNotes: transcript.append("noted: \(try machine.notes(for: event))")
      }
    }
    return transcript
  }

  private func expectations(of module: Module) -> [String] {
    events.flatMap { event in
      switch (event.deed, module == .ours ? event.ours : event.ancestor) {
      case (.attempts(let login, let times), .verdict(let verdict)?):
        return times.map { line($0, login, verdict) }
      case (.readNotes, .notes(let lines)?): return ["noted: \(lines)"]
      default: return []
      }
    }
  }

  private func line(_ time: Int, _ login: Login, _ verdict: Verdict) -> String {
    "at \(time): \(login): \(verdict)"
  }
}
