internal import Text

extension Advice {
  /// Warns of a placeholder by which a name could say more than a name.
  mutating func look(atCommand setting: Setting) {
    let arguments = setting.arguments
    for (index, argument) in arguments.enumerated() {
      let isProgram = index > 0 && setting.line[arguments[index - 1]].isProgramOption
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

extension ArraySlice<UInt8> {
  /// Whether this is an option whose argument is a program, of a shell or Perl.
  fileprivate var isProgramOption: Bool { isEqual(to: "-c") || isEqual(to: "-e") }
}
