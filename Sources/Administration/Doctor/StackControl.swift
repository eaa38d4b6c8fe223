/// What libpam makes of the word of a module.
struct StackControl: Equatable {
  /// As the line has it.
  let text: String
  private let actions: [String: Action]
  private let others: Action

  enum Action: Equatable {
    case ignore, ok, done, bad, die, reset
    /// Passes over so many modules.
    case jump(Int)

    init?(_ word: String) {
      switch word {
      case "ignore": self = .ignore
      case "ok": self = .ok
      case "done": self = .done
      case "bad": self = .bad
      case "die": self = .die
      case "reset": self = .reset
      default:
        guard let count = Int(word), count > 0 else { return nil }
        self = .jump(count)
      }
    }
  }

  /// Nil if libpam doesn't know it.
  init?(_ word: String) {
    text = word.hasPrefix("[") ? word + "]" : word
    let pairs: [(String, Action)]
    switch word.lowercased() {
    case "required": pairs = Self.usual(.ok, .bad)
    case "requisite": pairs = Self.usual(.ok, .die)
    case "optional": pairs = Self.usual(.ok, .ignore)
    case "sufficient": pairs = Self.usual(.done, .ignore)
    default:
      guard word.hasPrefix("["), let parsed = Self.pairs(word.dropFirst()) else { return nil }
      pairs = parsed
    }
    actions = Dictionary(pairs) { $1 }
    // What isn't set is a failure.
    others = actions["default"] ?? .bad
  }

  private static func usual(_ success: Action, _ failure: Action) -> [(String, Action)] {
    [
      ("success", success), ("new_authtok_reqd", success), ("ignore", .ignore),
      ("default", failure),
    ]
  }

  private static func pairs(_ text: Substring) -> [(String, Action)]? {
    var pairs: [(String, Action)] = []
    for word in text.split(whereSeparator: { $0 == " " || $0 == "\t" }) {
      let parts = word.split(separator: "=", omittingEmptySubsequences: false)
      guard parts.count == 2, let action = Action(String(parts[1])),
        results.contains(String(parts[0]))
      else { return nil }
      pairs.append((String(parts[0]), action))
    }
    return pairs
  }

  private static let results = Set(
    """
    success open_err symbol_err service_err system_err buf_err perm_denied auth_err \
    cred_insufficient authinfo_unavail user_unknown maxtries new_authtok_reqd acct_expired \
    session_err cred_unavail cred_expired cred_err no_module_data conv_err authtok_err \
    authtok_recover_err authtok_lock_busy authtok_disable_aging try_again ignore abort \
    authtok_expired module_unknown bad_item conv_again incomplete default
    """.split(separator: " ").map { String($0) })

  private func action(_ result: String) -> Action { actions[result] ?? others }

  /// The password was right.
  var onSuccess: Action { action("success") }
  /// The password was wrong, or a refusal of ours.
  var onRefusal: Action { action("auth_err") }
  /// There is no such module.
  var onAbsence: Action { action("module_unknown") }
  /// The module has no opinion, as ours where nothing is blocked.
  var onIgnore: Action { action("ignore") }

  /// How many modules it may pass over.
  var jumps: [Int] {
    (Array(actions.values) + [others]).compactMap {
      if case .jump(let count) = $0 { count } else { nil }
    }
  }
}

extension StackControl.Action {
  /// The login is refused.
  var refuses: Bool { self == .bad || self == .die }
}
