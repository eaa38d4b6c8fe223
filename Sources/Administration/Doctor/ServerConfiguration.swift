/// What sshd_config says for all; what stands in a `Match` is left out, unless sshd itself was asked.
struct ServerConfiguration {
  private var settings: [String: Setting] = [:]

  struct Setting {
    /// In small letters.
    let value: String
    let place: StackPlace
  }

  /// - Parameters:
  ///   - text: of the file `path`.
  ///   - included: the files that an `Include` names.
  init(
    _ text: [UInt8], _ path: String, included: (String) -> [(path: String, text: [UInt8])]
  ) {
    read(text, path, included, depth: 0)
  }

  /// What sshd says itself, each setting with the place in `written` if that says the same.
  ///
  /// - Parameter effective: see `RunningServer`.
  init(effective: [UInt8], written: ServerConfiguration, _ path: String) {
    self.init(effective, path) { _ in [] }
    for (key, setting) in settings {
      let known = written[key]
      let place = StackPlace(file: path, line: 0)
      settings[key] =
        known?.value == setting.value ? known : Setting(value: setting.value, place: place)
    }
  }

  /// The first one holds.
  subscript(_ key: String) -> Setting? { settings[key] }

  private static let otherNames = [
    "challengeresponseauthentication": "kbdinteractiveauthentication",
    "keyboardinteractiveauthentication": "kbdinteractiveauthentication",
  ]

  private mutating func read(
    _ text: [UInt8], _ path: String, _ included: (String) -> [(path: String, text: [UInt8])],
    depth: Int
  ) {
    let lines = text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    var isForAll = true
    for (index, line) in lines.enumerated() {
      let words = Self.words(String(decoding: line, as: UTF8.self))
      guard let first = words.first?.lowercased() else { continue }
      let key = Self.otherNames[first] ?? first
      if key == "match" { isForAll = words.dropFirst().first?.lowercased() == "all" }
      guard isForAll, key != "match" else { continue }
      if key == "include", depth < 16 {
        for name in words.dropFirst() {
          for file in included(name) { read(file.text, file.path, included, depth: depth + 1) }
        }
      } else if words.count > 1, settings[key] == nil {
        let place = StackPlace(file: path, line: index + 1)
        settings[key] = Setting(value: words[1].lowercased(), place: place)
      }
    }
  }

  /// A comment is no word; behind the key there may be a `=`.
  private static func words(_ line: String) -> [String] {
    var words: [String] = []
    var (word, isQuoted) = ("", false)
    for character in line {
      if character == "\"" {
        isQuoted.toggle()
      } else if isQuoted {
        word.append(character)
      } else if character == "#" && word.isEmpty {
        break
      } else if character == " " || character == "\t" || character == "\r"
        || character == "=" && words.count < 2
      {
        if !word.isEmpty { words.append(word) }
        word = ""
      } else {
        word.append(character)
      }
    }
    return word.isEmpty ? words : words + [word]
  }
}

extension MachineFiles {
  private static let server = "/etc/ssh/sshd_config"

  /// Of sshd, from itself or from its files; nil if they can't be read.
  var serverConfiguration: ServerConfiguration? {
    guard let text = read(Self.server) else { return nil }
    let written = ServerConfiguration(text, Self.server) { name in
      let path = name.hasPrefix("/") ? name : "/etc/ssh/" + name
      return matches(path).compactMap { file in read(file).map { (file, $0) } }
    }
    // Another machine's sshd can't be run.
    guard isHere, let effective = RunningServer.settings else { return written }
    return ServerConfiguration(effective: effective, written: written, Self.server)
  }

  /// The files that a pattern with wild cards in its last part means, in their order.
  private func matches(_ pattern: String) -> [String] {
    guard let slash = pattern.lastIndex(of: "/") else { return [] }
    let last = NamePattern(Array(pattern[pattern.index(after: slash)...].utf8), .user)
    guard last.isWild else { return [pattern] }
    let directory = String(pattern[..<slash])
    return names(in: directory).filter { last.matches(Array($0.utf8)) }.map { directory + "/" + $0 }
  }
}
