/// What has to change so that what is held becomes what is wanted.
public struct Difference: Equatable, Sendable {
  /// To be there until then, whether or not they are there now.
  public private(set) var asserted: [(element: Element, until: Moment)] = []
  public private(set) var removed: [Element] = []

  /// - Parameter held: what the kernel was told, and until when.
  public init(from held: [Element: Moment], to wanted: [Element: Moment], at now: Moment) {
    for (element, until) in wanted where until > now && held[element] != until {
      asserted.append((element, until))
    }
    // What has expired has left the kernel by itself.
    for (element, until) in held where until > now && (wanted[element] ?? now) <= now {
      removed.append(element)
    }
  }

  public var isEmpty: Bool { asserted.isEmpty && removed.isEmpty }

  public static func == (one: Difference, other: Difference) -> Bool {
    one.removed == other.removed && one.asserted.elementsEqual(other.asserted) { $0 == $1 }
  }
}
