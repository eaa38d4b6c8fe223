internal import ArgumentParser
internal import BlockList
internal import Policy
internal import Upkeep

/// What a list is ordered by.
enum SubjectOrder: String, CaseIterable, ExpressibleByArgument {
  case name, failures, last
}

/// The first of many by their failures or by their last attempt; of equal ones those that were added
/// first come first.
struct SubjectRanking {
  private let order: SubjectOrder
  private let top: Int?
  private var ranked: [(place: Int, row: SubjectRow)] = []
  /// How many were added.
  private(set) var count = 0

  /// - Parameter top: how many to keep; nil keeps all.
  init(_ order: SubjectOrder, top: Int?) {
    (self.order, self.top) = (order, top)
  }

  mutating func add(_ row: SubjectRow) {
    count += 1
    // Alone: the key is a part of all that was read with it.
    let subject = row.subject
    let own = SummarizedSubject(
      key: Array(subject.key)[...], summary: subject.summary, times: [], series: subject.series)
    ranked.append((count, SubjectRow(own, row.standing)))
    // Now and then, so that adding costs little, and a million are never kept for ten.
    if let top, ranked.count >= 2 * max(min(top, 1 << 30), 500) { ranked = first(top) }
  }

  var rows: [SubjectRow] { first(top ?? ranked.count).map { $0.row } }

  private func first(_ count: Int) -> [(place: Int, row: SubjectRow)] {
    Array(ranked.sorted { precedes($0, $1) }.prefix(count))
  }

  private func precedes(
    _ one: (place: Int, row: SubjectRow), _ other: (place: Int, row: SubjectRow)
  ) -> Bool {
    let (own, others) = (value(of: one.row), value(of: other.row))
    return own != others ? own > others : one.place < other.place
  }

  private func value(of row: SubjectRow) -> Int64 {
    let summary = row.subject.summary
    return order == .failures ? Int64(summary.failureCount) : summary.newest?.seconds ?? .min
  }
}
