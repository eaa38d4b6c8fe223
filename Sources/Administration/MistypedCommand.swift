internal import ArgumentParser

/// The first word, where it is no command: ArgumentParser says of such a one only that it is
/// unexpected, or complains of the options before it.
enum MistypedCommand {
  /// What is wrong with the words behind our name; nil if the first that is no option, nor an
  /// option's value, is a command, or if there is none.
  static func misuse(in words: [String]) -> Misuse? {
    var words = words[...]
    if words.first == "help" { words = words.dropFirst() }
    // Where a command is the first word it is no option's: that is the usual case.
    if let first = words.first, names.contains(first) { return nil }
    guard let word = WordOrder.firstArgument(in: Array(words)), !names.contains(word),
      word != "help"
    else { return nil }
    let hint = meant(by: word).map { " Did you mean '\($0)'?" } ?? ""
    return Misuse(message: "There is no command '\(ArgumentBytes.harmless(word))'." + hint)
  }

  /// All commands, by each of their names.
  private static var names: Set<String> {
    let configuration = Ablctl.configuration
    let grouped = configuration.groupedSubcommands.flatMap { $0.subcommands }
    return Set(
      (configuration.subcommands + grouped).flatMap { command in
        [command.configuration.commandName ?? command._commandName] + command.configuration.aliases
      })
  }

  /// What other tools of the field call it.
  private static let words = [
    "banned": "list", "ls": "list", "blocked": "list", "decisions": "list",
    "reset": "unblock", "pardon": "unblock", "why": "explain", "inspect": "explain",
    "version": "--version", "test": "check-config", "config": "check-config", "bans": "list",
    "whitelist": "allow", "allowlist": "allow", "top": "stats", "statistics": "stats",
    "alerts": "events", "health": "doctor", "backup": "export", "restore": "import",
    "try": "trial",
    "whitelisted": "allow", "tail": "events", "log": "events",
  ]

  /// The command that was probably meant.
  static func meant(by word: String) -> String? {
    let known = names
    // Where there is no such command, one of a like name may be its opposite.
    if let other = words[word] {
      return known.contains(other) || other.hasPrefix("-") ? other : nil
    }
    let begun = known.filter { $0.hasPrefix(word) }
    if let only = begun.first, begun.count == 1, word.count > 1 { return only }
    return Likeness.closest(to: word, among: known.sorted())
  }
}

/// How like words are.
enum Likeness {
  /// The one of `words` that `word` was probably meant to be: a letter or two are wrong, missing, too
  /// many or swapped; nil if there is none, or no best one.
  static func closest(to word: String, among words: some Sequence<String>) -> String? {
    let typed = Array(word.lowercased().unicodeScalars.prefix(longest + 1))
    let most = typed.count < 5 ? 1 : 2
    var (best, least, isTied): (String?, Int, Bool) = (nil, 2 * most + 1, false)
    for other in words where other != best {
      let scalars = Array(other.lowercased().unicodeScalars.prefix(longest + 1))
      let distance = distance(typed, scalars)
      guard distance <= most else { continue }
      // Of two that are as near, the one that is as long.
      let rank = 2 * distance - (scalars.count == typed.count ? 1 : 0)
      if rank == least { isTied = true }
      if rank < least { (best, least, isTied) = (other, rank, false) }
    }
    return isTied ? nil : best
  }

  /// Longer words are no typing mistakes of each other, and would take long.
  private static let longest = 64

  /// The Damerau-Levenshtein distance, where letters are swapped next to each other only; a large
  /// number where the lengths alone are too different.
  static func distance(_ one: [Unicode.Scalar], _ other: [Unicode.Scalar]) -> Int {
    guard abs(one.count - other.count) <= 2, max(one.count, other.count) <= longest else {
      return Int.max / 2
    }
    var (before, row) = ([Int](), Array(0...other.count))
    for (index, scalar) in one.enumerated() {
      var next = [index + 1]
      for (column, candidate) in other.enumerated() {
        var least = min(row[column + 1], next[column]) + 1
        least = min(least, row[column] + (scalar == candidate ? 0 : 1))
        if index > 0, column > 0, scalar == other[column - 1], one[index - 1] == candidate {
          least = min(least, before[column - 1] + 1)
        }
        next.append(least)
      }
      (before, row) = (row, next)
    }
    return row[other.count]
  }
}
