internal import BlockList
internal import Policy

extension BlockList {
  /// The host or user on record whose name `name` was probably meant to be; nil if there is none, or
  /// for an address: one digit more or less is another machine, and means nothing.
  func likelyName(_ name: TypedName, _ kind: Kind?) -> String? {
    let isAddress = name.meanings.contains { HostAddress(parsing: $0.bytes[...]) != nil }
    guard !isAddress else { return nil }
    var (names, count) = ([String](), 0)
    let listing = SummaryListing(self, kind, .now)
    // A look for a person that waits: not at a million.
    try? listing.forEachSubject { subject in
      count += 1
      guard count <= 100_000 else { throw EndOfLook() }
      guard let known = subject.subject, !known.isAddress else { return }
      names.append(known.name)
    }
    let likely = Likeness.closest(to: name.typed.shown, among: names)
    // Of a user that is known at a network there may be no attempt on record.
    return likely == name.typed.shown ? nil : likely
  }

  private struct EndOfLook: Error {}

  /// Says that of this name nothing is on record, and which one may have been meant.
  func complainOfUnknown(_ name: TypedName, _ kind: Kind?) {
    let hint = likelyName(name, kind).map { "; did you mean \($0.quotedCell)?" } ?? ""
    complain("nothing is known of \(name.typed.quoted)" + hint)
  }
}

extension String {
  /// An escaped name in quotes.
  fileprivate var quotedCell: String { "'" + replacing("'", with: #"\x27"#) + "'" }
}
