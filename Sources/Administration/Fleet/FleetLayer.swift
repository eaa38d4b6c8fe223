internal import Courier
internal import Daemon
internal import Orders
internal import Platform
internal import Policy
internal import Sharing

/// The machines that this one shares with, as abld tells of them.
struct FleetLayer {
  /// Nil if abld doesn't run, or shares with no other machine.
  let state: FleetState?
  /// Whether it is meant to share: there is a configuration.
  let isMeant: Bool

  init() {
    if case .running = DaemonPresence() { state = FleetState() } else { state = nil }
    isMeant = FleetFiles.exists(Self.file)
  }

  private static var file: String {
    String(LoadedSettings(file: Settings.defaultFile).settings.fleet.text)
  }

  /// What fleet.conf says.
  static func configuration() throws -> FleetConfiguration {
    let file = file
    guard let text = Tool.contents(of: file, atMost: 1 << 20) else {
      throw Failure(
        message: "cannot read \(ArgumentBytes.quoted(file)): this machine is in no fleet")
    }
    do {
      return try FleetConfiguration(parsing: String(decoding: text, as: UTF8.self), file: file)
    } catch { throw Failure(message: error.messages.first ?? "'\(file)' has mistakes") }
  }

  var connected: Int { state?.brokers.count { $0.state == "connected" } ?? 0 }
  var denied: Int { state?.brokers.reduce(0) { $0 + $1.denied } ?? 0 }

  /// One line on all of it; nil where no fleet is meant, and no list is there.
  var sentence: String? {
    guard let state, !state.origin.isEmpty else {
      return isMeant ? "fleet.conf is there, but abld doesn't share" : listSentence
    }
    let machines = counted(state.peers.count, "other machine")
    var parts = ["\(state.origin) shares with \(machines)"]
    if state.hasCourier {
      parts.append("\(connected) of \(counted(state.brokers.count, "broker")) connected")
    } else {
      parts.append("abl-courier isn't there")
    }
    parts.append("\(counted(state.enforced, "block")) of others in force")
    if !state.lists.isEmpty { parts.append(lists(state)) }
    if !state.trouble.isEmpty { parts.append("but " + state.trouble) }
    return parts.joined(separator: "; ")
  }

  private var listSentence: String? {
    guard let state, !state.lists.isEmpty else { return nil }
    let trouble = state.trouble.isEmpty ? "" : "; but " + state.trouble
    return "\(lists(state)); \(counted(state.enforced, "block")) of it in force\(trouble)"
  }

  private func lists(_ state: FleetState) -> String {
    let names = state.lists.map(\.name).joined(separator: ", ")
    return "\(counted(state.lists.count, "list")) (\(names))"
  }

  /// When the certificate of this machine ends, as openssl tells it; and whether in 30 days or less.
  static func certificateEnd() -> (text: String, isSoon: Bool)? {
    guard let configuration = try? configuration(), configuration.user == nil else { return nil }
    let words = ["x509", "-noout", "-enddate", "-in", configuration.certificate]
    let check = words + ["-checkend", String(30 * 86_400)]
    guard let outcome = try? Tool.run(FleetAuthority.openssl, check) else { return nil }
    let line = String(decoding: outcome.output.prefix { $0 != 10 }, as: UTF8.self)
    guard line.hasPrefix("notAfter=") else { return nil }
    let end = line.dropFirst("notAfter=".count).split(separator: " ").joined(separator: " ")
    return (end, outcome.status != 0)
  }
}

/// What is left out of what others report, in words.
enum LeftOut {
  static func text(_ word: String) -> String {
    Suppression.allCases.first { "\($0)" == word }?.rawValue ?? word
  }
}
