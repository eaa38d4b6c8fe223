/// The text of a file of /etc/pam.d, in which lines come and go; all others stay as they are, byte for
/// byte.
struct StackEdit {
  private(set) var lines: [[UInt8]]
  private static let newline = UInt8(ascii: "\n")

  init(_ text: [UInt8]) {
    lines = text.split(separator: Self.newline, omittingEmptySubsequences: false).map { Array($0) }
  }

  var text: [UInt8] { Array(lines.joined(separator: [Self.newline])) }

  /// The numbers of lines, from 1, that are on trial: those of ours, each alone on its line.
  var trials: [Int] {
    StackText.entries(of: text).compactMap { number, entry in
      guard case .module(let module) = entry, module.isOurs, module.trial != nil else { return nil }
      let isAlone = !endsInBackslash(number) && !endsInBackslash(number - 1)
      return isAlone ? number : nil
    }
  }

  private func endsInBackslash(_ number: Int) -> Bool {
    number > 0 && lines[number - 1].last == UInt8(ascii: "\\")
  }

  mutating func remove(_ number: Int) { lines.remove(at: number - 1) }

  /// Puts `line` in front of the one of that number; behind all if there is none.
  mutating func insert(_ line: [UInt8], before number: Int?) {
    // Behind the last newline there is nothing.
    let end = lines.last == [] ? lines.count - 1 : lines.count
    lines.insert(line, at: number.map { min($0 - 1, end) } ?? end)
  }

  /// Takes the word that ends a trial out of a line.
  mutating func settle(_ number: Int) {
    let blank = UInt8(ascii: " ")
    let words = lines[number - 1].split(separator: blank, omittingEmptySubsequences: false)
    let kept = words.filter { !$0.starts(with: TrialEnd.prefix) }
    lines[number - 1] = Array(kept.joined(separator: [blank]))
  }

  /// The line in front of which ours belongs: the first that may judge, that includes others that may,
  /// or that may pass over what stands behind it; nil if there is none.
  ///
  /// - Parameter hasAuth: whether a file of that name has auth lines.
  func place(hasAuth: (String) -> Bool) -> Int? {
    for (number, entry) in StackText.entries(of: text) {
      switch entry {
      case .module(let module):
        guard module.kind == .auth else { continue }
        let isQuiet = KnownModules.quiet.contains(module.name)
        if !isQuiet || !module.control.jumps.isEmpty { return number }
      case .include(let file, let kind, _):
        if kind ?? .auth == .auth, hasAuth(file) { return number }
      case .broken: continue
      }
    }
    return nil
  }
}
