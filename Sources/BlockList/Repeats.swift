internal import Platform
public import Policy
internal import Text

/// Wrong passwords of before, so that one and the same is one failure: `same_password = once`.
///
/// A phone that goes on with an old password must not lock its owner out, and a guesser learns
/// nothing from a guess that was made before. What is the same: the user, the host (or the user
/// that runs su), the service, and all that was answered; of that a digest of 24 bits is kept,
/// under a key of this boot. So one guess in 16 million goes uncounted, and the digest tells no
/// password.
///
/// It is a file of words that all logins map, in memory only: never on a disk, nor in a core. A
/// word is the digest (24 bits), whether its attempt is still to be counted (1), and the subjects
/// (38, a hash; the highest bit is always set). With another table of attempts in flight none is
/// the same any more. Each has one place, so that of two that are judged at once one is counted:
/// that is one compare-and-swap. Another one may take the place, and then the password counts once
/// more.
public final class Repeats {
  private let memory: SharedMemory
  /// The subjects, as a hash.
  private let identity: UInt64
  /// Of what was answered so far; 0 if nothing was.
  private var digest: UInt64 = 0
  /// Whether all answers are known.
  private var isWhole = true

  /// Words of the file: what it is, the two of the key, and from here on the places.
  private static let first = 8
  private static let places = 1 << 16
  static let length = 8 * (first + places)
  /// "ablsame" and the version of the layout.
  private static var magic: UInt64 { 0x6162_6C73_616D_6501 }

  fileprivate init(_ memory: SharedMemory, of identity: [UInt8]) {
    self.memory = memory
    self.identity = KeyedHash(memory[1], memory[2]).hash(identity)
  }

  /// Takes an answer along that was handed on to the modules that judge; nil if one was handed on
  /// that isn't known.
  public func note(_ answer: UnsafeBufferPointer<UInt8>?) {
    guard let answer = unsafe answer else {
      isWhole = false
      return
    }
    let start = digest == 0 ? identity : digest
    digest = unsafe KeyedHash(memory[1] ^ start, memory[2]).hash(answer)
  }

  /// Forgets what was answered.
  @inline(never)
  public func forget() { digest = 0 }

  private static var pending: UInt64 { 1 << 24 }
  private var word: UInt64 { 1 << 63 | identity << 25 | digest & (Self.pending - 1) }
  private var place: Int { Self.first + Int((word &* 0x9E37_79B9_7F4A_7C15) >> 48) }

  /// Whether this password was wrong before. If not, the attempt is to be counted, and `hasCounted`
  /// to be told right after that.
  ///
  /// Should another process have said so of the same password, and not have counted it yet, this
  /// one waits for that: if it takes too long, that process may have been killed meanwhile.
  func isRepeat() -> Bool {
    guard isWhole, digest != 0 else { return false }
    let (word, patience) = (word, Deadline(milliseconds: 100))
    var backOff = BackOff()
    while true {
      let known = memory[place]
      if known == word { return true }
      if known == word | Self.pending, !patience.hasPassed {
        backOff.pause()
      } else if memory.replace(known, by: word | Self.pending, at: place) {
        return false
      }
    }
  }

  /// The attempt counts as a failure from now on, whatever becomes of this process.
  func hasCounted() {
    guard isWhole, digest != 0 else { return }
    _ = memory.replace(word | Self.pending, by: word, at: place)
  }
}

extension BlockList {
  /// What tells whether a wrong password of `attempt` was so before; nil if that isn't wanted, or
  /// can't be known: then each failure counts.
  public func repeats(of attempt: Attempt) -> Repeats? {
    guard configuration.alike.contains(.password) else { return nil }
    let attempt = configuration.counted(attempt)
    guard let user = attempt.user else { return nil }
    var origin: [UInt8] = []
    if let host = attempt.host { origin = SubjectKey(configuration.subjects(of: host)[0]).bytes }
    if let caller = attempt.caller { origin += SubjectKey(.caller(caller.number)).bytes }
    let name = Bytes.string(user.bytes) + Bytes.string(attempt.service.bytes) + origin
    var repeats: Repeats?
    try? sheltered { (home, table) throws(StoreError) in
      guard let memory = home.repeats() else { return }
      repeats = Repeats(memory, of: Bytes.bigEndian(table.key) + name)
    }
    return repeats
  }
}

extension Home {
  /// In `run_home`, or where that is on a disk, in the memory that the system has for all; nil if
  /// there is none.
  fileprivate func repeats() -> SharedMemory? {
    guard let name = try? nameOfBoot("abl-repeats") else { return nil }
    if let memory = Repeats.open(name, in: run) { return memory }
    guard let other = try? File("/dev/shm", .directory) else { return nil }
    return Repeats.open(name, in: other)
  }
}

extension Repeats {
  @inline(never)
  fileprivate static func open(_ name: Path, in place: borrowing File) -> SharedMemory? {
    guard place.isInMemory else { return nil }
    for _ in 0..<2 {
      if let file = try? File(name, in: place, .readWrite) {
        guard let status = try? file.status, status.isTrustworthyFile, status.size == length,
          let memory = try? SharedMemory(file, length: length, isHidden: true),
          memory[0] == magic
        else { return nil }
        return memory
      }
      try? File.make(name, in: place, size: length) { (file) throws(SystemError) in
        let memory = try SharedMemory(file, length: length, isHidden: true)
        memory.store(Random.number, at: 1)
        memory.store(Random.number, at: 2)
        memory.store(magic, at: 0)
      }
    }
    return nil
  }
}
