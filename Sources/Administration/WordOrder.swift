internal import ArgumentParser

/// Where the names of commands stand among the words: ArgumentParser knows one only where no option
/// stands before it, and takes it for an argument of the default command else.
enum WordOrder {
  /// `words` with each command's name before the options: `known --json list` as `known list --json`.
  static func commandsFirst(_ words: [String]) -> [String] {
    var words = words
    var (command, index): (any ParsableCommand.Type, Int) = (Ablctl.self, 0)
    while let (part, place) = part(of: command, in: words[index...]) {
      words.insert(words.remove(at: place), at: index)
      (command, index) = (part, index + 1)
    }
    return words
  }

  /// The first word that is no option's, if it names a part of `command`, and its place.
  private static func part(
    of command: any ParsableCommand.Type, in words: ArraySlice<String>
  ) -> (any ParsableCommand.Type, Int)? {
    let parts = command.configuration.subcommands
    guard !parts.isEmpty else { return nil }
    var option: String?
    for (place, word) in zip(words.indices, words) {
      // What stands behind `--` is no command, and a shell asks for completions by `---completion`.
      if word == "--" || word.hasPrefix("---") { return nil }
      if word.hasPrefix("-"), word != "-" {
        option = word.contains("=") ? nil : word
        continue
      }
      let part = parts.first { $0.goesBy(word) }
      if let part, option.map({ !isValue(behind: $0, of: part, in: command) }) ?? true {
        return (part, place)
      }
      // Else it is the option's value, or the first argument.
      guard let before = option, command.takesValue(before) else { return nil }
      option = nil
    }
    return nil
  }
}

extension WordOrder {
  /// Whether the name of `part`, behind `option`, is the option's value: `--reason list block`.
  private static func isValue(
    behind option: String, of part: any ParsableCommand.Type, in command: any ParsableCommand.Type
  ) -> Bool {
    part.takesValue(option) || !part.knows(option) && command.takesValue(option)
  }

  /// The first word that is neither an option nor, as far as can be told, an option's value; nil if
  /// there is none.
  static func firstArgument(in words: [String]) -> String? {
    var option: String?
    for word in words {
      if word == "--" || word.hasPrefix("---") { return nil }
      if word.hasPrefix("-"), word != "-" {
        option = word.contains("=") ? nil : word
        continue
      }
      guard let before = option, Ablctl.takesValue(before) else { return word }
      option = nil
    }
    return nil
  }
}

extension ParsableCommand {
  fileprivate static func goesBy(_ word: String) -> Bool {
    _commandName == word || configuration.aliases.contains(word)
  }

  /// Whether `option` is one of this command, or of a part of it.
  fileprivate static func knows(_ option: String) -> Bool {
    let parts = configuration.subcommands
    guard parts.isEmpty else { return parts.contains { $0.knows(option) } }
    do {
      _ = try parse([option])
      return true
    } catch {
      return !message(for: error).hasPrefix("Unknown option ")
    }
  }

  /// Whether a value stands behind `option`, of this command or of a part of it: ArgumentParser
  /// says so only by its complaint where there is none.
  fileprivate static func takesValue(_ option: String) -> Bool {
    let parts = configuration.subcommands
    guard parts.isEmpty else { return parts.contains { $0.takesValue(option) } }
    do {
      _ = try parse([option])
      return false
    } catch {
      return message(for: error).hasPrefix("Missing value for ")
    }
  }
}
