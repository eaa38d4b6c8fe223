internal import Platform
package import Policy

/// The attempts in flight: memory that all logins map, a file of `run_home`, a tmpfs.
///
/// No login waits for another one here: what is decided about an attempt is one compare-and-swap of
/// its slot's control word. The order of the steps is what makes the count exact; Tests/Model has
/// it as a model that is checked in each run of the tests.
///
/// A page with the header; then the compact part, sixteen words for each slot, so that to look at
/// thousands of attempts is to read one small array; then the details, 1024 bytes for each.
/// It is complete when it gets its name and never shortened or rewritten here, so that no access to
/// it fails; if another program shortens it, another one takes its place (`isWhole`). Nothing here
/// outlives a boot, and nothing has to: the processes don't either, and a failure that was
/// acknowledged stands in the journal.
package final class InFlightTable: Sendable {
  /// How many attempts and waiting failures it has room for.
  static let slots = 4096
  /// Of these, so many are for programs that root runs only.
  static let reserve = 1024
  /// So many attempts in flight may a real user have in programs that borrow root.
  static let mostOfOneUser = 32
  static let length = 4096 + slots * (8 * words + InFlight.slotLength)

  let memory: SharedMemory
  /// Which file it is, and its name.
  let identity: FileStatus.Identity
  let name: Path

  private init(_ memory: SharedMemory, _ identity: FileStatus.Identity, _ name: Path) {
    (self.memory, self.identity, self.name) = (memory, identity, name)
  }

  /// Maps `file`, whose status is known; nil if that is no table.
  convenience init?(
    _ file: borrowing File, _ status: FileStatus, _ name: Path
  ) throws(SystemError) {
    guard status.size == Self.length else { return nil }
    let memory = try SharedMemory(file, length: Self.length)
    guard memory[Header.magic] == Self.magic else { return nil }
    self.init(memory, status.identity, name)
  }

  /// "abltabl" and the version of the layout.
  private static var magic: UInt64 { 0x6162_6C74_6162_6C02 }

  /// Words of the header; those that change often stand in lines of the cache of their own.
  enum Header {
    static let magic = 0
    static let key = 1
    /// The number that the next claim or publishing takes.
    static let next = 8
    /// The slots below this have been used.
    static let high = 16
    /// Another number after each change that a waiting attempt wants to see.
    static let change = 24
    /// Not 0: failures are to be brought into the store.
    static let wanted = 32
    /// Not 0: the version before has something that counts (Predecessor.swift).
    static let predecessor = 33
    /// What has happened, for administrators: see `Counter`.
    static let counters = 40
    /// What has been told since the boot and need not be told again: the number of each, at one of
    /// `news` places.
    static let told = 48
    static let news = 8
  }

  /// Whether nothing with this number has been told yet, or it is so long ago that something else
  /// has its place.
  func isNews(_ number: UInt64) -> Bool {
    let place = Header.told + Int(number % UInt64(Header.news))
    guard memory[place] != number else { return false }
    memory.store(number, at: place)
    return true
  }

  /// What the table counts, since it was made.
  package enum Counter: Int {
    /// Attempts that waited for others of their own subjects.
    case waits
    /// Times that a login found the lock of the store taken, and went on without it.
    case lockTaken
    /// Attempts that lost their slot to another process, and began anew.
    case lost
  }

  func count(_ counter: Counter) { memory.add(1, at: Header.counters + counter.rawValue) }

  package subscript(counter: Counter) -> UInt64 { memory[Header.counters + counter.rawValue] }

  /// Writes the header of a new table, whose memory is all zeros.
  func begin() {
    memory.store(Random.number, at: Header.key)
    memory.store(Random.number, at: Header.key + 1)
    memory.store(1, at: Header.next)
    memory.store(Self.magic, at: Header.magic)
  }

  /// Maps a new file that isn't a table yet.
  convenience init(making file: borrowing File, _ name: Path) throws(SystemError) {
    let memory = try SharedMemory(file, length: Self.length)
    self.init(memory, try file.status.identity, name)
    begin()
  }

  /// Whether it can be used still: asked before each entry to it.
  var isWhole: Bool { memory.isWhole }

  var change: UInt64 { memory[Header.change] }

  func noteChange() { memory.add(1, at: Header.change) }

  var isCheckpointWanted: Bool {
    get { memory[Header.wanted] != 0 }
    set { memory.store(newValue ? 1 : 0, at: Header.wanted) }
  }

  package var hasPredecessor: Bool {
    get { memory[Header.predecessor] != 0 }
    set { memory.store(newValue ? 1 : 0, at: Header.predecessor) }
  }

  /// The slots that have ever been used.
  var high: Int { Int(min(memory[Header.high], UInt64(Self.slots))) }

  /// Of no other table.
  var key: UInt64 { memory[Header.key] }

  package func hash(_ subject: Subject) -> SubjectHash {
    KeyedHash(memory[Header.key], memory[Header.key + 1]).hash(SubjectKey(subject).bytes) | 1
  }
}

/// One slot, word by word.
extension InFlightTable {
  /// Words of the compact part of a slot.
  private enum Word {
    static let control = 0
    static let id = 1
    static let time = 2
    /// The borrower in the upper half, the namespace in the lower.
    static let owner = 3
    static let seen = 4
    static let stopped = 5
    /// What the attempt counts for, as hashes; 0 where there are no more.
    static let subjects = 6
    /// The user it is at.
    static let tried = 15
  }

  /// How many there are of these.
  private static var words: Int { 16 }

  /// The compact parts: its control word has its state in the lowest four bits, of which 0 is free
  /// and 1 is claimed.
  private static var groups: SharedMemory.Groups {
    SharedMemory.Groups(from: 4096 / 8, size: words, marks: Word.subjects..<Word.tried)
  }

  private static func word(_ slot: Int, _ word: Int) -> Int { 4096 / 8 + slot * words + word }
  private static func details(_ slot: Int) -> Int {
    (4096 + slots * 8 * words + slot * InFlight.slotLength) / 8
  }

  func control(_ slot: Int) -> SlotControl {
    SlotControl(word: memory[Self.word(slot, Word.control)])
  }

  /// Makes `new` of `old`, if that still stands there.
  func replace(_ old: SlotControl, by new: SlotControl, _ slot: Int) -> Bool {
    memory.replace(old.word, by: new.word, at: Self.word(slot, Word.control))
  }

  /// Writes what a slot says; only while it is this process's alone.
  func write(_ entry: InFlight, _ slot: Int) {
    let owner = entry.owner
    var words = [
      entry.id, UInt64(bitPattern: entry.time.seconds),
      UInt64(owner.borrower) << 32 | UInt64(owner.namespace), owner.process.seen, 0,
    ]
    for subject in entry.subjects { words.append(hash(subject)) }
    words.append(0)
    for (index, word) in words.prefix(Word.tried - Word.id).enumerated() {
      memory.store(word, at: Self.word(slot, Word.id + index))
    }
    memory.store(entry.tried.word, at: Self.word(slot, Word.tried))
    memory.write(entry.encoded, at: Self.details(slot))
  }

  /// Notes whether there is the user that an attempt is at. Should the slot be another's by now, it
  /// is changed only if that is at the same user.
  func resolve(_ tried: Tried, from old: Tried, _ slot: Int) {
    guard isWhole else { return }
    _ = memory.replace(old.word, by: tried.word, at: Self.word(slot, Word.tried))
  }

  /// Since when the process of an attempt is seen stopped: the lower half of the ticket, and tenths
  /// of a second.
  func stopped(_ slot: Int) -> UInt64 { memory[Self.word(slot, Word.stopped)] }

  func setStopped(_ value: UInt64, from old: UInt64, _ slot: Int) {
    _ = memory.replace(old, by: value, at: Self.word(slot, Word.stopped))
  }

  /// What stands in a slot; nil if that is no attempt.
  func view(_ slot: Int) -> SlotView? {
    while true {
      let control = control(slot)
      guard let state = control.state, state != .free, state != .claimed else { return nil }
      let view = view(slot, control, state)
      // Else it has become another's meanwhile.
      if self.control(slot) == control { return view }
    }
  }

  private func view(
    _ slot: Int, _ control: SlotControl, _ state: InFlight.State
  ) -> SlotView {
    let owner = memory[Self.word(slot, Word.owner)]
    return SlotView(
      slot, control, state, id: memory[Self.word(slot, Word.id)], subjects(slot),
      Tried(word: memory[Self.word(slot, Word.tried)]),
      Timestamp(seconds: Int64(bitPattern: memory[Self.word(slot, Word.time)])),
      SlotOwner(
        process: ProcessIdentity(id: control.process, seen: memory[Self.word(slot, Word.seen)]),
        namespace: UInt32(truncatingIfNeeded: owner),
        borrower: UInt32(truncatingIfNeeded: owner >> 32)))
  }

  private func subjects(_ slot: Int) -> [SubjectHash] {
    var hashes: [SubjectHash] = []
    for word in Word.subjects..<Word.tried {
      let hash = memory[Self.word(slot, word)]
      guard hash != 0 else { break }
      hashes.append(hash)
    }
    return hashes
  }

  /// All that stands in a slot; nil if it has become another's since the view, or makes no sense.
  package func entry(_ view: SlotView) -> InFlight? {
    let bytes = memory.bytes(InFlight.slotLength, at: Self.details(view.slot))
    guard control(view.slot) == view.control else { return nil }
    return InFlight(
      decoding: bytes[...], slot: view.slot, control: view.control, state: view.state,
      owner: view.owner, time: view.time, isUnknownUser: view.tried.isUnknown)
  }

  /// Notes when an attempt was judged, in a slot that is this process's.
  func setTime(_ time: Timestamp, _ slot: Int) {
    memory.store(UInt64(bitPattern: time.seconds), at: Self.word(slot, Word.time))
  }
}

extension InFlightTable {
  /// What concerns any of `subjects`, in the order of the slots.
  package func views(concerning hashes: [SubjectHash]) -> [SlotView] {
    var views: [SlotView] = []
    var (slot, high) = (0, high)
    while slot < high, let found = memory.first(of: Self.groups, in: slot..<high, with: hashes) {
      // It may be another's by now.
      if let view = view(found), hashes.contains(where: view.concerns) { views.append(view) }
      slot = found + 1
    }
    return views
  }

  /// What concerns anybody.
  package var views: [SlotView] {
    var views: [SlotView] = []
    for slot in 0..<high { if let view = view(slot) { views.append(view) } }
    return views
  }
}
