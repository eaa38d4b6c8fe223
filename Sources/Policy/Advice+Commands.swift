internal import Text

extension Advice {
  /// Warns of a placeholder by which a name could say more than a name.
  mutating func look(atCommand setting: Setting) {
    let arguments = setting.arguments
    for (index, argument) in arguments.enumerated() {
      let isProgram = setting.line.isProgram(index, of: arguments)
      for code in setting.line.codes(in: argument) {
        let word = Text(setting.line[code])
        if code != argument {
          warn(
            "'\(word)' is only a part of this argument: alone in one, it can't be read as more",
            at: code, of: setting)
        } else if isProgram {
          warn("'\(word)' is run as a program here, and a stranger chose it", at: code, of: setting)
        }
      }
    }
  }
}

extension Setting {
  /// Where the arguments of a command are, without their brackets.
  var arguments: [Range<Int>] {
    var (arguments, open): ([Range<Int>], Int?) = ([], nil)
    line.forEachPlain(in: value) { place in
      switch (line[place], open) {
      case (UInt8(ascii: "["), nil): open = place + 1
      case (UInt8(ascii: "]"), let start?):
        arguments.append(start..<place)
        open = nil
      default: break
      }
    }
    return arguments
  }
}

extension [UInt8] {
  /// Calls `body` with the places in `range` that no backslash stands before.
  fileprivate func forEachPlain(in range: Range<Int>, _ body: (Int) -> Void) {
    var place = range.lowerBound
    while place < range.upperBound {
      let isEscape = self[place] == UInt8(ascii: "\\")
      if !isEscape { body(place) }
      place += isEscape ? 2 : 1
    }
  }

  /// Whether the argument at `index` is run: by a shell or Perl that an option before it tells so,
  /// or by what such a program evaluates.
  fileprivate func isProgram(_ index: Int, of arguments: [Range<Int>]) -> Bool {
    let before = arguments[..<index].map { self[$0] }
    guard let last = before.last else { return false }
    let isShell = before.contains { $0.isShell }
    if last.isProgramOption || isShell && last.isProgramGroup { return true }
    return zip(before, before.dropFirst()).contains { option, script in
      (option.isProgramOption || isShell && option.isProgramGroup) && script.has("eval")
    }
  }

  /// Where `%h`, `%u` and `%s` are in an argument.
  fileprivate func codes(in argument: Range<Int>) -> [Range<Int>] {
    var (codes, percent): ([Range<Int>], Int?) = ([], nil)
    forEachPlain(in: argument) { place in
      guard let start = percent, start + 1 == place else {
        percent = self[place] == UInt8(ascii: "%") ? place : nil
        return
      }
      if self[place] != UInt8(ascii: "%") { codes.append(start..<(place + 1)) }
      percent = nil
    }
    return codes
  }
}

extension UInt8 {
  fileprivate var isLetter: Bool { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(lowercased) }
}

extension ArraySlice<UInt8> {
  /// Whether this is an option whose argument is a program, of a shell or Perl.
  fileprivate var isProgramOption: Bool { isEqual(to: "-c") || isEqual(to: "-e") }

  /// Likewise, with others in front: `-lc`.
  fileprivate var isProgramGroup: Bool {
    first == UInt8(ascii: "-") && (last == UInt8(ascii: "c") || last == UInt8(ascii: "e"))
      && dropFirst().allSatisfy { $0.isLetter }
  }

  /// Whether this is a program that runs its argument after such an option.
  fileprivate var isShell: Bool {
    let name = self[(lastIndex(of: UInt8(ascii: "/")).map { $0 + 1 } ?? startIndex)...]
    if name.suffix(2).isEqual(to: "sh") { return true }
    let others: [StaticString] = ["perl", "python", "ruby", "node", "php", "busybox"]
    return others.contains { name.prefix($0.utf8CodeUnitCount).isEqual(to: $0) }
  }

  fileprivate func has(_ word: StaticString) -> Bool {
    let count = word.utf8CodeUnitCount
    return indices.contains { self[$0...].prefix(count).isEqual(to: word) }
  }
}
