internal import Courier
internal import Hooks
internal import News
internal import Synchronization

/// The command line.
struct Options {
  var errand = Errand.carry
  var fleet = FleetConfiguration.usualPath
  var socket = "/run/abld/courier.sock"
  var settings = CourierSettings.usualPath
  /// Whether the command line has named them.
  var namesSettings = false
  var api = "/run/abld/api.sock"
  var hooks = HookDirectory.usualPath
  var state = "/var/lib/abl-courier"
  /// As which user it runs, if root starts it.
  var user = "abl"
  /// Whether it runs root's hooks, and does nothing else.
  var isForRoot = false

  /// What it is to do.
  enum Errand: Equatable {
    /// Carry, as long as it runs.
    case carry
    case check
    /// Hand on the mail that it reads: server, sender, recipients.
    case mail([String])
    /// Run hooks for an event that is made up: those of that name, or all.
    case testHooks(String?)
    /// Report an incident, or show the report.
    case report([String], isDry: Bool)
    case help
  }

  /// A word that isn't understood.
  struct Misuse: Error {
    let message: String
  }

  init(_ words: [String]) throws(Misuse) {
    var rest = words[...]
    while let word = rest.popFirst() {
      switch word {
      case "--root-hooks": isForRoot = true
      case "--syslog": Log.isSyslog.store(true, ordering: .relaxed)
      case "--check": errand = .check
      case "--help": errand = .help
      case "--mail":
        errand = .mail(Array(rest))
        rest = []
      case "--report", "--report-dry":
        errand = .report(Array(rest), isDry: word == "--report-dry")
        rest = []
      case "--test-hooks":
        errand = .testHooks(rest.first)
        rest = []
      default: try take(word, &rest)
      }
    }
    if isForRoot { user = "root" }
  }

  private mutating func take(_ word: String, _ rest: inout ArraySlice<String>) throws(Misuse) {
    let paths: [String: WritableKeyPath<Options, String>] = [
      "--config": \.fleet, "--socket": \.socket, "--settings": \.settings, "--api": \.api,
      "--hooks": \.hooks, "--state": \.state, "--user": \.user,
    ]
    guard let path = paths[word] else { throw Misuse(message: "unknown option '\(word.shown)'") }
    guard let value = rest.popFirst() else { throw Misuse(message: "\(word) needs a value") }
    self[keyPath: path] = value
    if path == \.settings { namesSettings = true }
  }

  static let help = """
    abl-courier carries between abld and the network: blocks to and from other machines, events to
    hooks, digests and alarms to people.

    USAGE: abl-courier [--config FILE] [--settings FILE] [--hooks DIRECTORY] [--state DIRECTORY]
                       [--socket PATH] [--api PATH] [--user NAME] [--root-hooks] [--syslog]
           abl-courier --check [--settings FILE]

      --config FILE      of the fleet (default: /etc/abl/fleet.conf)
      --settings FILE    of hooks, mails and reports (default: /etc/abl/courier.conf)
      --hooks DIRECTORY  of programs to run (default: /etc/abl/hooks.d)
      --state DIRECTORY  what it remembers (default: /var/lib/abl-courier)
      --user NAME        the user it runs as, if root starts it (default: abl)
      --root-hooks       stay root, and run hooks only; without a network (abl-hook-root.service)
      --syslog           log there, and not to standard error
      --check            say what is wrong with the settings, and end
    """
}
