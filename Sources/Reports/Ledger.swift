internal import News

/// What was reported in the last 24 hours, and which contacts are known, as it is kept over restarts.
struct Ledger {
  private let state: StateDirectory
  private let now: Int64
  private(set) var reports: [Entry]
  private(set) var contacts: [Entry]

  /// A network, when, and which contact was told.
  struct Entry: Equatable {
    let time: Int64
    let network: String
    let source: String
    let mailbox: String

    /// Its name stands for source and mailbox.
    var collector: Collector? { Collector(rawValue: source) }
    var isUsable: Bool { collector != nil || Mailbox.isUsable(mailbox) }
  }

  static let day: Int64 = 86_400
  /// How long a contact is believed.
  static let validity: Int64 = 30 * day
  static let mostContacts = 1000
  private static let files = (reports: "reports", contacts: "contacts")

  init(_ state: StateDirectory, at now: Int64) throws(NewsError) {
    (self.state, self.now) = (state, now)
    reports = try Self.read(Self.files.reports, state).filter { now - $0.time < Self.day }
    contacts = try Self.read(Self.files.contacts, state).filter { now - $0.time < Self.validity }
  }

  /// Why nothing more may be reported of that network now; nil if it may.
  ///
  /// - Parameter collector: to it; nil: to those that run the network.
  func objection(to network: String, by collector: Collector?, most: Int) -> String? {
    let reports = reports.filter { $0.collector == collector }
    if let entry = reports.last(where: { $0.network == network }) {
      return "\(network) was reported at \(Clock.utc(entry.time)) to \(entry.mailbox)"
    }
    guard reports.count < most else {
      let place = collector.map { " to \($0.rawValue)" } ?? ""
      return "\(reports.count) reports were sent\(place) in the last 24 hours: reports_per_day"
    }
    return nil
  }

  func contact(for network: String) -> Contact? {
    contacts.last { $0.network == network }.flatMap { entry in
      Contact.Source(rawValue: entry.source).map { Contact(mailbox: entry.mailbox, source: $0) }
    }
  }

  mutating func remember(_ contact: Contact, for network: String) throws(NewsError) {
    contacts.removeAll { $0.network == network }
    contacts.append(entry(contact, network))
    contacts.removeFirst(max(0, contacts.count - Self.mostContacts))
    try write(contacts, to: Self.files.contacts)
  }

  mutating func add(_ contact: Contact, for network: String) throws(NewsError) {
    reports.append(entry(contact, network))
    try write(reports, to: Self.files.reports)
  }

  mutating func add(_ collector: Collector, for network: String) throws(NewsError) {
    let name = collector.rawValue
    reports.append(Entry(time: now, network: network, source: name, mailbox: name))
    try write(reports, to: Self.files.reports)
  }

  /// Takes the last one back: it could not be sent.
  mutating func takeBack() throws(NewsError) {
    reports.removeLast()
    try write(reports, to: Self.files.reports)
  }

  private func entry(_ contact: Contact, _ network: String) -> Entry {
    Entry(
      time: now, network: network, source: contact.source.rawValue, mailbox: contact.mailbox)
  }

  private func write(_ entries: [Entry], to name: String) throws(NewsError) {
    let lines = entries.map { "\($0.time) \($0.network) \($0.source) \($0.mailbox)\n" }
    try state.write(Array(lines.joined().utf8), to: name)
  }

  /// A line that is none is left out.
  private static func read(_ name: String, _ state: StateDirectory) throws(NewsError) -> [Entry] {
    let text = String(decoding: try state.read(name) ?? [], as: UTF8.self)
    return text.split(separator: "\n").compactMap { line in
      let words = line.split(separator: " ").map(String.init)
      guard words.count == 4, let time = Int64(words[0]) else { return nil }
      let entry = Entry(time: time, network: words[1], source: words[2], mailbox: words[3])
      return entry.isUsable ? entry : nil
    }
  }
}
