internal import Policy
internal import Text

/// What the command line of the old tool says: `pam_abl [OPTION] [CONFIG]`.
///
/// It is read as GNU's `getopt_long` reads it: options may stand behind CONFIG, letters together
/// (`-wH 192.0.2.7`), and of a long one its beginning is enough. Like there, what makes no sense is
/// said, and the rest is done.
public struct OldOptions: Sendable {
  /// The last one that is asked for is done.
  public private(set) var action = Action.list
  /// Whether each attempt is listed, and what is done is said: `-v`.
  public private(set) var isVerbose = false
  /// Whether of an attempt only its age is told: `-r`.
  public private(set) var isRelative = false
  /// The users that are named, or patterns of them.
  public private(set) var users: [[UInt8]] = []
  /// Likewise of hosts.
  public private(set) var hosts: [[UInt8]] = []
  /// The service that is named.
  public private(set) var service: [UInt8]?
  /// The reason of a failure, in the old tool's words.
  public private(set) var reason: [UInt8]?
  /// The first word that is no option.
  public private(set) var config: [UInt8]?
  /// What made no sense: "invalid option -- 'x'".
  public private(set) var complaints: [String] = []

  /// What it can be asked for.
  public enum Action: Sendable {
    case list, purge, fail, check, whitelist, update, debugCommand, help
  }

  /// - Parameter arguments: without the name of the program.
  public init(_ arguments: [[UInt8]]) {
    var rest = arguments[...]
    var words: [[UInt8]] = []
    while let argument = rest.popFirst() {
      if argument.elementsEqual("--".utf8) {
        words += rest
        break
      } else if argument.starts(with: "--".utf8) {
        readLong(argument.dropFirst(2), &rest)
      } else if argument.first == UInt8(ascii: "-"), argument.count > 1 {
        readLetters(argument.dropFirst(), &rest)
      } else {
        words.append(argument)
      }
    }
    config = words.first
  }

  private mutating func readLetters(
    _ letters: ArraySlice<UInt8>, _ rest: inout ArraySlice<[UInt8]>
  ) {
    var letters = letters
    while let letter = letters.popFirst() {
      guard let option = Option.all.first(where: { $0.letter == letter }) else {
        complaints.append("invalid option -- '\(Name([letter]).escaped)'")
        continue
      }
      guard option.takesValue else {
        take(option, nil)
        continue
      }
      guard let value = letters.isEmpty ? rest.popFirst() : Array(letters) else {
        complaints.append("option requires an argument -- '\(Name([letter]).escaped)'")
        return
      }
      take(option, value)
      return
    }
  }

  private mutating func readLong(_ word: ArraySlice<UInt8>, _ rest: inout ArraySlice<[UInt8]>) {
    let name = word.prefix { $0 != UInt8(ascii: "=") }
    var value = name.count < word.count ? Array(word.dropFirst(name.count + 1)) : nil
    let shown = "--\(Name(Array(name)).escaped)"
    let meant = Option.all.filter { $0.name.utf8.starts(with: name) }
    let exact = meant.first { $0.name.utf8.elementsEqual(name) }
    guard let option = exact ?? (meant.count == 1 ? meant.first : nil) else {
      let isAmbiguous = meant.count > 1
      complaints.append(
        isAmbiguous ? "option '\(shown)' is ambiguous" : "unrecognized option '\(shown)'")
      return
    }
    if option.takesValue, value == nil { value = rest.popFirst() }
    if option.takesValue, value == nil {
      complaints.append("option '--\(option.name)' requires an argument")
    } else if !option.takesValue, value != nil, !option.mayHaveValue {
      complaints.append("option '--\(option.name)' doesn't allow an argument")
    } else {
      take(option, value)
    }
  }

  private mutating func take(_ option: Option, _ value: [UInt8]?) {
    switch option.meaning {
    case .action(let action): self.action = action
    case .verbose: isVerbose = true
    case .relative: isRelative = true
    case .user: users.append(value ?? [])
    case .host: hosts.append(value ?? [])
    case .service: service = value
    case .reason: reason = value
    case .oldUser: (action, users) = (.whitelist, users + [value ?? []])
    case .oldHost: (action, hosts) = (.whitelist, hosts + [value ?? []])
    }
  }
}

extension OldOptions {
  private struct Option {
    let letter: UInt8
    let name: String
    let meaning: Meaning

    /// The long forms of three options wanted a value in 0.6.0, for nothing, and some callers have
    /// learned to give one.
    var mayHaveValue: Bool { name == "fail" || name == "whitelist" || name == "check" }

    var takesValue: Bool {
      switch meaning {
      case .action, .verbose, .relative: false
      case .user, .host, .service, .reason, .oldUser, .oldHost: true
      }
    }

    static let all: [Option] = [
      Option("h", "help", .action(.help)), Option("d", "debugcommand", .action(.debugCommand)),
      Option("p", "purge", .action(.purge)), Option("r", "relative", .relative),
      Option("v", "verbose", .verbose), Option("f", "fail", .action(.fail)),
      Option("w", "whitelist", .action(.whitelist)), Option("c", "check", .action(.check)),
      Option("u", "update", .action(.update)), Option("s", "service", .service),
      Option("U", "user", .user), Option("H", "host", .host), Option("R", "reason", .reason),
      // Of the time before 0.4, still in use.
      Option(nil, "okuser", .oldUser), Option(nil, "okhost", .oldHost),
    ]

    private init(_ letter: Unicode.Scalar?, _ name: String, _ meaning: Meaning) {
      self.letter = letter.map { UInt8(ascii: $0) } ?? 0
      (self.name, self.meaning) = (name, meaning)
    }
  }

  private enum Meaning {
    case action(Action)
    case verbose, relative, user, host, service, reason, oldUser, oldHost
  }
}
