/// The lines of a PAM stack, as libpam reads the text of a file in /etc/pam.d.
enum StackText {
  /// Each line with its number, from 1; comments and empty lines are left out.
  static func entries(of text: [UInt8]) -> [(number: Int, entry: StackEntry)] {
    var entries: [(number: Int, entry: StackEntry)] = []
    for (number, line) in logicalLines(of: text) {
      if let entry = StackEntry(words(of: line)) { entries.append((number, entry)) }
    }
    return entries
  }

  /// Without comments; a backslash at the end takes the next line along.
  private static func logicalLines(of text: [UInt8]) -> [(number: Int, line: [UInt8])] {
    var lines: [(number: Int, line: [UInt8])] = []
    var (pending, first) = ([UInt8](), 0)
    let pieces = text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    for (index, piece) in pieces.enumerated() {
      let comment = piece.firstIndex(of: UInt8(ascii: "#"))
      var line = Array(piece[..<(comment ?? piece.endIndex)])
      while let last = line.last, isBlank(last) { line.removeLast() }
      if pending.isEmpty { first = index + 1 }
      let goesOn = comment == nil && line.last == UInt8(ascii: "\\")
      if goesOn { line[line.count - 1] = UInt8(ascii: " ") }
      pending += line
      if goesOn { continue }
      if !pending.isEmpty { lines.append((first, pending)) }
      pending = []
    }
    if !pending.isEmpty { lines.append((first, pending)) }
    return lines
  }

  /// Words end at a blank; what stands in brackets is one word, in which `\]` is a bracket.
  static func words(of line: [UInt8]) -> [[UInt8]] {
    let (open, close) = (UInt8(ascii: "["), UInt8(ascii: "]"))
    var words: [[UInt8]] = []
    var rest = line[...]
    while true {
      rest = rest.drop { isBlank($0) }
      guard let first = rest.first else { return words }
      guard first == open else {
        words.append(Array(rest.prefix { !isBlank($0) }))
        rest = rest.drop { !isBlank($0) }
        continue
      }
      var word: [UInt8] = [open]
      rest = rest.dropFirst()
      while let byte = rest.popFirst(), byte != close {
        let isEscape = byte == UInt8(ascii: "\\") && rest.first == close
        word.append(isEscape ? rest.removeFirst() : byte)
      }
      words.append(word)
    }
  }

  private static func isBlank(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t")
  }
}

/// What a line of a stack is for.
enum StackKind: String {
  case auth, account, password, session

  /// Whether our module has something for it.
  var isServed: Bool { self == .auth || self == .account }
}

/// A line of a stack.
enum StackEntry: Equatable {
  case module(StackModule)
  /// Another file in this place; of its lines those of one kind only, if one is given.
  case include(file: String, kind: StackKind?, isSubstack: Bool)
  /// libpam makes nothing of it, and refuses whatever comes to it; why.
  case broken(String, isOurs: Bool)

  /// Nil if there is no word.
  init?(_ words: [[UInt8]]) {
    guard let first = words.first else { return nil }
    let texts = words.map { String(decoding: $0, as: UTF8.self) }
    let isOurs = texts.contains { $0.contains("pam_abl.so") }
    if texts[0].lowercased() == "@include" {
      self =
        texts.count > 1
        ? .include(file: texts[1], kind: nil, isSubstack: false)
        : .broken("no file is named", isOurs: false)
      return
    }
    // With a dash a module that is missing is not logged.
    let isQuiet = first.first == UInt8(ascii: "-")
    let kindText = String(texts[0].dropFirst(isQuiet ? 1 : 0)).lowercased()
    guard let kind = StackKind(rawValue: kindText) else {
      self = .broken("a line begins with auth, account, password or session", isOurs: isOurs)
      return
    }
    guard texts.count > 2 else {
      self = .broken("a line needs a control and a module", isOurs: isOurs)
      return
    }
    let control = texts[1].lowercased()
    if control == "include" || control == "substack" {
      self = .include(file: texts[2], kind: kind, isSubstack: control == "substack")
      return
    }
    guard let control = StackControl(texts[1]) else {
      self = .broken("this control is none", isOurs: isOurs)
      return
    }
    guard !texts[2].hasSuffix("\r") || !isOurs && !control.onAbsence.refuses else {
      self = .broken("it ends in CR LF, as of Windows, and the module isn't found", isOurs: isOurs)
      return
    }
    self = .module(
      StackModule(
        kind: kind, control: control, file: texts[2],
        arguments: words[3...].map { Self.unbracketed($0) }))
  }

  /// Brackets only hold a word with blanks together.
  private static func unbracketed(_ word: [UInt8]) -> [UInt8] {
    word.first == UInt8(ascii: "[") ? Array(word.dropFirst()) : word
  }
}

/// A module in a stack.
struct StackModule: Equatable {
  let kind: StackKind
  let control: StackControl
  /// As the line names it.
  let file: String
  let arguments: [[UInt8]]

  /// `pam_unix`
  var name: String {
    let last = file.split(separator: "/").last.map { String($0) } ?? file
    return last.hasSuffix(".so") ? String(last.dropLast(3)) : last
  }

  var isOurs: Bool { name == "pam_abl" }

  /// The services that the line is for; empty if all are.
  var services: [String] {
    arguments.compactMap { Self.service(in: $0).map { String(decoding: $0, as: UTF8.self) } }
  }

  /// The service that a word `only=SERVICE` names, as the module has it; nil of another word, and of
  /// a name that no service can have.
  static func service(in word: [UInt8]) -> ArraySlice<UInt8>? {
    let front = Array("only=".utf8)
    guard word.starts(with: front), word.count > front.count else { return nil }
    let name = word[front.count...]
    return name.contains { $0 <= 0x20 || ",;/".utf8.contains($0) || (0x41...0x5A).contains($0) }
      ? nil : name
  }

  func isFor(_ service: String) -> Bool { services.isEmpty || services.contains(service) }
}
