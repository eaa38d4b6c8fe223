/// A block that somebody would like the kernel to hold.
public struct Candidate: Sendable {
  public let prefix: Prefix
  /// The ports of the services it is blocked for, or `Element.allPorts`.
  public let ports: [UInt16]
  public let until: Moment
  public let origin: Origin

  /// Whose word it is, the weightiest first.
  public enum Origin: Int, Comparable, Sendable {
    case byHand, evidence, advice

    public static func < (one: Origin, other: Origin) -> Bool { one.rawValue < other.rawValue }
  }

  public init(_ prefix: Prefix, ports: [UInt16], until: Moment, origin: Origin) {
    (self.prefix, self.ports, self.until, self.origin) = (prefix, ports, until, origin)
  }
}

/// What the kernel ought to hold: which elements, and until when.
///
/// Order of admission, if there are more than may be: blocks by hand first, then those of this
/// machine's own evidence, then what other machines say; within each those that last longest, and of
/// equals the one whose address is lower, so that two looks at one store choose the same.
public struct Wanted: Equatable, Sendable {
  public private(set) var elements: [Element: Moment] = [:]
  /// How many prefixes there was no room for.
  public private(set) var leftOut = 0
  /// How many prefixes are this machine's own, its gateway's or the like, or on an allow list.
  public private(set) var exempt = 0

  public init() {}

  /// - Parameter most: how many elements there may be.
  public init(_ candidates: [Candidate], _ protection: Protection, at now: Moment, most: Int) {
    var admissible: [Candidate] = []
    for candidate in candidates where candidate.until > now {
      if protection.covers(candidate.prefix) { exempt += 1 } else { admissible.append(candidate) }
    }
    let count = admissible.reduce(0) { $0 + $1.ports.count }
    elements.reserveCapacity(min(count, most))
    if count > most { admissible.sort { $0.precedes($1) } }
    for candidate in admissible {
      if count > most { admit(candidate, most) } else { hold(candidate) }
    }
  }

  private mutating func admit(_ candidate: Candidate, _ most: Int) {
    let added = candidate.ports.count { elements[Element(candidate.prefix, port: $0)] == nil }
    guard elements.count + added <= most else {
      leftOut += 1
      return
    }
    hold(candidate)
  }

  /// Of two ends of one element the later holds.
  private mutating func hold(_ candidate: Candidate) {
    for port in candidate.ports {
      let element = Element(candidate.prefix, port: port)
      let other = elements.updateValue(candidate.until, forKey: element)
      if let other, other > candidate.until { elements[element] = other }
    }
  }

  /// The lengths of prefixes there are, the longest first.
  public func lengths(isIPv6: Bool) -> [UInt8] {
    var lengths: Set<UInt8> = []
    for element in elements.keys where element.prefix.isIPv6 == isIPv6 {
      lengths.insert(element.prefix.length)
    }
    return lengths.sorted(by: >)
  }
}

extension Candidate {
  fileprivate func precedes(_ other: Candidate) -> Bool {
    if origin != other.origin { return origin < other.origin }
    if until != other.until { return until > other.until }
    return prefix < other.prefix
  }
}
