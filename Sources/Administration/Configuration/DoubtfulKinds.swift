internal import BlockList
internal import Policy
internal import Text
internal import Upkeep

extension LoadedConfiguration {
  /// The kinds of subjects of which a mistake hides what was meant: a rule without the clause that
  /// has it, or none at all, would end blocks that nothing else ends.
  var doubtfulKinds: [SubjectKind] {
    let errors = diagnostics.filter { $0.severity == .error }
    return SubjectKind.allCases.filter { kind in errors.contains { $0.concerns(kind) } }
  }
}

extension Diagnostic {
  /// Whether what is wrong may be about subjects of that kind. What no setting of its own begins,
  /// or has another setting behind it, may be about all.
  fileprivate func concerns(_ kind: SubjectKind) -> Bool {
    let word = lineText.drop { $0 == 0x20 || $0 == 0x09 }
      .prefix { $0 != UInt8(ascii: "=") && $0 != 0x20 && $0 != 0x09 }
    let joining: [SyntaxError.Problem] = [.settingsJoined, .settingExpected, .valueUnexpected]
    let isAlone = !joining.contains { $0.message == message }
    guard isAlone, let key = Key.allCases.first(where: { $0.name.bytes.elementsEqual(word) })
    else { return true }
    return switch key {
    case .hostRule, .hostBlock, .hostPurge, .hostPrefix, .hostAllowList: kind == .host
    case .networkRule, .networkBlock, .networkPurge: kind == .network
    case .userRule, .userBlock, .userPurge, .userAllowList, .userKnown, .knownPrefix, .userCase,
      .userDomain:
      kind == .user || kind == .home
    case .callerRule: kind == .caller
    case .limits, .config: true
    default: false
    }
  }
}

extension BlockList {
  /// Of what no block has ended, and why.
  var lastingRemark: String {
    var words: [String] = []
    for kind in lasting {
      let word = kind == .home ? "users" : kind.word.description + "s"
      if !words.contains(word) { words.append(word) }
    }
    return "no block of \(words.joined(separator: ", ")) was ended, and no command run for it: "
      + "what the configuration says of them has a mistake; mend it, then run this again"
  }
}
