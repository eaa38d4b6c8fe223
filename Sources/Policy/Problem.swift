extension SyntaxError {
  /// All that can be wrong with a configuration.
  public enum Problem: Equatable, Sendable {
    // in a line
    case settingExpected, valueUnexpected, leftover, nulByte, lineTooLong, fileTooLong
    case wideCharacters, returnsAlone, settingsJoined, pathAlone, onlyExpected, valueQuoted
    case keyUnknown(meant: Key?)
    case keyDeprecated(successor: Key)
    case tooManyMistakes
    // in a rule
    case nameExpected, serviceExpected, networkInRule, addressExpected, colonExpected, equalsInName
    case networkLengthExpected, callerExpected, userExpected, prefixesExpected
    case homePrefixesExpected
    case countExpected, countZero, countTooLarge, slashExpected, windowExpected, windowZero
    // in an amount
    case numberExpected, numberTooLarge
    case unitUnknown(Units)
    case outOfRange(ClosedRange<UInt64>, Units)
    // in a list
    case hostExpected, networkExpected
    case prefixExpected(from: ClosedRange<UInt64>)
    // in a command
    case argumentExpected, bracketNested, bracketStray, bracketOpen
    case programRelative, programVariable, placeholderUnknown
    // in other values
    case limitsExpected, limitsReversed, limitsTooLow, limitsLowered
    case pathRelative, includeRepeated, tooManyIncludes
    case lapseOrCountExpected, allowOrDenyExpected, keepOrIgnoreExpected, keepOrStripExpected
    case countOrOnceExpected
    // of one value with another
    case purgeTooShort
    case purgeBelowWindow(UInt32, rule: Key)
    case limitsBelowCount(UInt32)

    var severity: Severity {
      switch self {
      case .keyDeprecated, .limitsLowered, .purgeTooShort, .purgeBelowWindow, .limitsBelowCount,
        .returnsAlone:
        .warning
      default: .error
      }
    }
  }
}
