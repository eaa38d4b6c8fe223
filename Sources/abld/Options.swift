internal import Daemon
internal import Platform

/// What stands on the command line.
struct Options {
  var action = Action.run
  var settings = Settings.defaultFile
  /// Whether the command line has named them: then there must be such a file.
  var namesSettings = false
  /// Where it tells of itself.
  var run = RunDirectory.standard
  /// Whether messages go to standard error, and not to the system's log.
  var isInForeground = false

  enum Action {
    case run, remove, check, help, version
  }

  /// A word that isn't understood.
  struct Misuse: Error {
    let message: String
  }

  init(_ words: [String]) throws(Misuse) {
    var rest = words[...]
    while let word = rest.popFirst() {
      switch word {
      case "--foreground", "-f": isInForeground = true
      case "--remove": action = .remove
      case "--check": action = .check
      case "--help", "-h": action = .help
      case "--version": action = .version
      case "--config", "-c":
        guard let file = rest.popFirst() else { throw Misuse(message: "\(word) needs a file") }
        (settings, namesSettings) = (Path(Array(file.utf8)), true)
      case "--run":
        guard let directory = rest.popFirst() else {
          throw Misuse(message: "--run needs a directory")
        }
        run = Path(Array(directory.utf8))
      default: throw Misuse(message: "unknown option '\(word)'")
      }
    }
  }

  static let help = """
    abld carries the blocks of pam_abl.so into the kernel's firewall, and keeps them there.

    USAGE: abld [--config <file>] [--run <directory>] [--foreground]
           abld --check [--config <file>]
           abld --remove

      -c, --config <file>   its settings (default: /etc/abl/abld.conf)
      -f, --foreground      log to standard error, not to the system's log
      --run <directory>     where it tells ablctl of itself (default: /run/abld)
      --check               say what is wrong with the settings, and end
      --remove              take all of it out of the kernel, and end
      --version             show the version
      -h, --help            show this

    SIGHUP makes it read its settings again. See abld(8).
    """
}
