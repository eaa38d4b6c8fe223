internal import Text

/// Blocks to be added or removed, in one message for each of their sets.
extension Batch {
  /// Adds elements that are not there yet.
  mutating func addNew(_ elements: [(element: Element, until: Moment)], at now: Moment) {
    put(.newElement, elements, at: now)
  }

  /// Sees to it that elements are there, and end when they should.
  ///
  /// Before Linux 6.12 or so, to add what is there changes nothing, with success: the old time-out
  /// stays. So what is there is removed first; and it is added before that, for to remove what isn't
  /// there would fail. In between no packet sees it gone, since all of it takes effect at once.
  mutating func set(_ elements: [(element: Element, until: Moment)], at now: Moment) {
    put(.newElement, elements, at: now)
    put(.deleteElement, elements, at: nil)
    put(.newElement, elements, at: now)
  }

  /// Removes elements, whether or not they have expired meanwhile.
  mutating func remove(_ elements: [Element], at now: Moment) {
    let ended = elements.map { (element: $0, until: now) }
    put(.newElement, ended, at: now)
    put(.deleteElement, ended, at: nil)
  }

  /// Removes an element that is there.
  mutating func removePresent(_ element: Element) {
    put(.deleteElement, [(element, Moment(milliseconds: 0))], at: nil)
  }

  private mutating func put(
    _ message: TableMessage, _ elements: [(element: Element, until: Moment)], at now: Moment?
  ) {
    for members in Self.bySet(elements) {
      for start in stride(from: 0, to: members.count, by: Self.mostInMessage) {
        put(message, members[start...].prefix(Self.mostInMessage), at: now)
      }
    }
  }

  /// Most are of one set, where each is a host of one family that guessed at one service.
  private static func bySet(
    _ elements: [(element: Element, until: Moment)]
  ) -> [[(element: Element, until: Moment)]] {
    guard let first = elements.first.map({ SetOfElement($0.element) }) else { return [] }
    if elements.allSatisfy({ SetOfElement($0.element) == first }) { return [elements] }
    return Array(Dictionary(grouping: elements) { SetOfElement($0.element) }.values)
  }

  private mutating func put(
    _ message: TableMessage, _ members: ArraySlice<(element: Element, until: Moment)>,
    at now: Moment?
  ) {
    guard let set = members.first?.element.set else { return }
    add(message, message == .newElement ? .create : []) {
      $0.put(1, TableName.table)
      $0.put(2, set)
      $0.nest(3) {
        for (element, until) in members {
          $0.put(element, timeout: now.map { until.timeout(at: $0) })
        }
      }
    }
  }

  /// An attribute ends at 65 535 bytes.
  private static let mostInMessage = 1000
}

private struct SetOfElement: Hashable {
  let isIPv6, isOfAllPorts: Bool
  let length: UInt8

  init(_ element: Element) {
    (isIPv6, length) = (element.prefix.isIPv6, element.prefix.length)
    isOfAllPorts = element.port == Element.allPorts
  }
}
