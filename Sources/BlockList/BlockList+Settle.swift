internal import LMDB
internal import Platform
public import Policy

extension BlockList {
  /// Takes the reservation back, or makes a failure of it, which is on disk when this returns.
  ///
  /// - Throws: if the store can't be used. A failure is then still in the table, as one: it counts,
  ///   and whoever files the next writes it too.
  public func settle(
    _ reservation: Reservation, _ outcome: Outcome, at now: Timestamp
  ) throws(StoreError) {
    let isFailure =
      outcome == .failed || outcome == .abandoned && configuration.abandoned == .count
    if isFailure {
      try fail(reservation, at: now)
    } else {
      try withdraw(reservation, at: now)
    }
  }

  /// The password was typed: notes that, so that the attempt can't lapse while it is looked at.
  ///
  /// If it took so long that the attempt may have lapsed, and others been let on in its place, it
  /// is admitted anew, or refused.
  ///
  /// Of one that has been answered, that more will be asked for: that tells something of the
  /// answer, so the attempt is not forgotten any more if it is left there.
  public func answer(_ reservation: Reservation, at now: Timestamp) throws(StoreError) -> Admission
  {
    guard !reservation.entry.state.isAnswered else {
      return .admitted(try mark(reservation, as: .halfway, at: now) ?? reservation)
    }
    if let answered = try mark(reservation, as: .answered, at: now) { return .admitted(answered) }
    try withdraw(reservation, at: now)
    let admission = try admit(reservation.entry.attempt, at: now)
    guard case .admitted(let renewed?) = admission else { return admission }
    return .admitted(try mark(renewed, as: .answered, at: now) ?? renewed)
  }

  func mark(
    _ reservation: Reservation, as state: InFlight.State?, at now: Timestamp
  ) throws(StoreError) -> Reservation? {
    try InFlightTable.mark(reservation, as: state, at: now, configuration)
  }

  private func withdraw(_ reservation: Reservation, at now: Timestamp) throws(StoreError) {
    guard try mark(reservation, as: nil, at: now) == nil else { return }
    try lockedForLogin { (store) throws(StoreError) in
      var table = try InFlightTable.load(in: store)
      try table.remove(reservation.entry.id)
    }
  }
}
