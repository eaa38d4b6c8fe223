public import Text

extension SyntaxError.Problem {
  /// What is wrong and, where it isn't plain, what would be right.
  public var message: Text {
    switch self {
    case .settingExpected: "expected 'key = value'"
    case .valueUnexpected: "this word takes no value"
    case .leftover: "unexpected text after the value"
    case .nulByte: "unexpected NUL byte"
    case .lineTooLong: "line too long; at most 64 KiB are read"
    case .fileTooLong: "file too long; at most 1 MiB is read"
    case .wideCharacters: "this file is in UTF-16, and not read; save it as UTF-8"
    case .returnsAlone: "this line ends in CR alone, and is read so; save the file with LF ends"
    case .settingsJoined: "another setting begins here, and is not read; give it a line of its own"
    case .valueQuoted: "quotes are no part of a value here; write it without"
    case .pathAlone: "expected 'config=' in front of the path of a configuration"
    case .onlyExpected:
      "expected 'only=' and one service in small letters, like 'only=sshd', on a PAM line"
    case .keyUnknown(nil): "unknown key"
    case .keyUnknown(let meant?): "unknown key; did you mean '" + meant.name + "'?"
    case .keyDeprecated(let successor): "deprecated, ignoring; use '" + successor.name + "'"
    case .tooManyMistakes: "too many mistakes; the rest is not shown"
    case .nameExpected: "expected a name"
    case .serviceExpected: "expected a service"
    case .networkInRule: "a rule takes no network, and no service is a number"
    case .networkLengthExpected:
      "expected the length of a network, '/8' to '/64', like '/24|/48'; '::/32' is for IPv6"
    case .callerExpected: "expected '*' or the number of a user, as 'id -u' prints it"
    case .userExpected: "expected '@' behind the users whose guesses count, like 'root|admin@*'"
    case .addressExpected: "expected an address in brackets, like '[2001:db8::1]'"
    case .colonExpected: "expected ':' and a limit, like ':10/1h'"
    case .equalsInName: "no name has '='; give each setting a line of its own"
    case .countExpected: "expected a number of failures, as in '10/1h'"
    case .countZero: "the number of failures must be at least 1"
    case .countTooLarge: "number too large; at most " + Text(Limit.most) + " failures are kept"
    case .slashExpected: "expected '/' and a length of time, as in '10/1h'"
    case .windowExpected: "expected a length of time, like '90s', '15m', '1h' or '2d'"
    case .windowZero: "the length of time must be at least one second"
    case .numberExpected: "expected a number"
    case .numberTooLarge: "number too large"
    case .unitUnknown(.time): "unknown unit; use 's', 'm', 'h' or 'd'"
    case .unitUnknown(.delay): "unknown unit; use 'ms' or 's'"
    case .unitUnknown(.size): "unknown unit; use 'K', 'M' or 'G'"
    case .outOfRange(let range, let units):
      "out of range; expected " + units.text(of: range.lowerBound) + " to "
        + units.text(of: range.upperBound)
    case .hostExpected: "expected a host name, an address or a network; ';' separates them"
    case .networkExpected: "expected an address before '/'"
    case .prefixExpected(let range):
      "expected a prefix length from " + Text(range.lowerBound) + " to "
        + Text(range.upperBound)
    case .prefixesExpected:
      "expected the bits of an IPv4 host, 8 to 32, and of an IPv6 host, 16 to 128, like '32:64'"
    case .homePrefixesExpected:
      "expected the bits of a user's network, of IPv4 8 to 32, and of IPv6 16 to 128, like '24:48'"
    case .argumentExpected: "expected '[/path/to/program] [argument]'"
    case .bracketNested: "'[' inside an argument; write '\\['"
    case .bracketStray: "']' without '['"
    case .bracketOpen: "expected ']'"
    case .programRelative: "expected an absolute path; no PATH is searched"
    case .programVariable: "the program must not depend on the attempt"
    case .placeholderUnknown: "unknown placeholder; use '%h', '%u', '%s' or '%%'"
    case .lapseOrCountExpected: "expected 'lapse' or 'count'"
    case .allowOrDenyExpected: "expected 'allow' or 'deny'"
    case .keepOrIgnoreExpected: "expected 'keep' or 'ignore'"
    case .keepOrStripExpected: "expected 'keep' or 'strip'"
    case .countOrOnceExpected: "expected 'count' or 'once'"
    case .limitsExpected: "expected 'lower-upper', like '1000-1200'"
    case .limitsReversed: "the lower limit is above the upper one"
    case .limitsTooLow: "the lower limit must be at least 2"
    case .limitsLowered: "lowered to " + Text(Limit.most) + ", the most that is kept"
    case .pathRelative: "expected an absolute path"
    case .includeRepeated: "this file is read already"
    case .tooManyIncludes: "too many files; at most " + Text(Include.most) + " are read"
    case .purgeTooShort: "raised to 1h, the least"
    case .purgeBelowWindow(let window, let rule):
      "raised to " + Units.time.text(of: UInt64(window)) + ", the longest time in '" + rule.name
        + "'"
    case .limitsBelowCount(let count):
      "raised to " + Text(count) + ", the largest number of failures in a rule"
    }
  }
}
