internal import Text

@testable internal import LMDBFile

/// A file of LMDB with a branch, leaves, a large value and a list of free pages, of which the input has some bytes otherwise, or
/// a part only: four bytes for each place, the page, the offset within 2, and what stands there; `0xFF` for a page cuts the file off
/// at the page that follows.
func fuzz(_ input: [UInt8]) {
  var file = Image.sound
  for start in stride(from: 0, to: input.count - input.count % 4, by: 4) {
    change(&file, input[start..<start + 4])
  }
  let isSound = passesCheck(file)
  expect(isSound || !input.isEmpty, "a sound file passes")
  for key in Image.keys { look(for: key, in: file, isSound: isSound, isWhole: input.isEmpty) }
}

private func change(_ file: inout [UInt8], _ words: ArraySlice<UInt8>) {
  let words = Array(words)
  let offset = Int(words[1]) << 8 | Int(words[2])
  guard words[0] != 0xFF else {
    file.removeLast(max(0, file.count - offset % (Image.count * Page.size)))
    return
  }
  let place = Int(words[0]) % Image.count * Page.size + offset % Page.size
  if place < file.count { file[place] = words[3] }
}

/// What the file has at an offset, and how often that was asked.
private struct Reads {
  let file: [UInt8]
  private(set) var count = 0

  init(_ file: [UInt8]) { self.file = file }

  mutating func read(_ length: Int, _ offset: Int) -> [UInt8] {
    count += 1
    expect(length >= 0 && offset >= 0, "what is read lies in a file")
    guard offset < file.count else { return [] }
    return Array(file[offset..<min(file.count, offset + min(length, file.count))])
  }
}

private func passesCheck(_ file: [UInt8]) -> Bool {
  var reads = Reads(file)
  defer { expect(reads.count <= 4 * Image.count, "a page is read once, and a value") }
  do throws(Preflight.Finding) {
    let preflight = try Preflight(reads.read(Preflight.headLength, 0), size: file.count)
    try preflight.checkPages { reads.read($0, $1) }
    return true
  } catch {
    expect(!error.message.isEmpty, "a finding has a message")
    return false
  }
}

private func look(for key: [UInt8], in file: [UInt8], isSound: Bool, isWhole: Bool) {
  var reads = Reads(file)
  var value: [UInt8]?
  do throws(Preflight.Finding) {
    let whole = try PageLookup(size: file.count) { reads.read($0, $1) }
    let database = try whole.database(Image.name) { reads.read($0, $1) }
    value = try database.value(for: key) { reads.read($0, $1) }
  } catch {
    expect(!isSound || error == .foreign, "what passes the check, a login reads")
  }
  expect(reads.count <= 70, "a way down a tree ends")
  expect(!isWhole || value == Image.value(for: key), "what is there is found")
}

/// A sound file, byte by byte as mdb.c has it.
private enum Image {
  static let count = 10
  static let name: [UInt8] = [0x64, 0x62]
  static let keys: [[UInt8]] = [[1], [1, 1], [2], [2, 0], [3], [], [0xFF], [1, 0, 0, 0]]
  /// Of two leaves: what stands on the first, and on the second.
  private static let (left, right): ([[UInt8]], [[UInt8]]) = ([[1], [1, 1]], [[2], [3]])
  private static let large = [UInt8](repeating: 7, count: 5000)

  static func value(for key: [UInt8]) -> [UInt8]? {
    key == [3] ? large : (left + right).contains(key) ? [UInt8](repeating: key[0], count: 9) : nil
  }

  static var sound: [UInt8] {
    let tree = tree(depth: 2, branch: 1, leaf: 2, overflow: 2, entries: 4, root: 3)
    let pages = [
      meta(0, transaction: 2), meta(1, transaction: 3),
      page(2, leaf, [node(name, tree, flags: 2)]),
      page(3, branch, [child([], 4), child([2], 5)]),
      page(4, leaf, left.map { node($0, value(for: $0) ?? []) }),
      page(
        5, leaf,
        [node([2], value(for: [2]) ?? []), node([3], number(6, 8), flags: 1, size: large.count)]),
      number(6, 8) + [0, 0] + number(4, 2) + number(2, 4) + large,
      [],
      page(8, leaf, [node(number(1, 8), number(1, 8) + number(9, 8))]),
      [],
    ]
    var bytes: [UInt8] = []
    for (index, page) in pages.enumerated() where index != 7 {
      let length = (index == 6 ? 2 : 1) * Page.size
      bytes += page + [UInt8](repeating: 0, count: length - page.count)
    }
    return bytes
  }

  private static let (branch, leaf): (UInt64, UInt64) = (1, 2)

  private static func number(_ value: UInt64, _ count: Int) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: value >> UInt64(8 * $0)) }
  }

  private static func tree(
    pad: UInt64 = 0, flags: UInt64 = 0, depth: UInt64, branch: UInt64 = 0, leaf: UInt64,
    overflow: UInt64 = 0, entries: UInt64, root: UInt64
  ) -> [UInt8] {
    number(pad, 4) + number(flags, 2) + number(depth, 2) + number(branch, 8) + number(leaf, 8)
      + number(overflow, 8) + number(entries, 8) + number(root, 8)
  }

  private static func meta(_ index: UInt64, transaction: UInt64) -> [UInt8] {
    let free = tree(pad: 4096, flags: 8, depth: 1, leaf: 1, entries: 1, root: 8)
    let head = number(index, 8) + [0, 0] + number(8, 2) + number(0, 4)
    let map = number(0xBEEF_C0DE, 4) + number(1, 4) + number(0, 8) + number(1 << 20, 8)
    return head + map + free + tree(depth: 1, leaf: 1, entries: 1, root: 2)
      + number(UInt64(count - 1), 8) + number(transaction, 8)
  }

  /// The nodes from the end of the page on, and where they begin behind its header.
  private static func page(_ index: UInt64, _ kind: UInt64, _ nodes: [[UInt8]]) -> [UInt8] {
    var (places, upper): ([UInt8], Int) = ([], Page.size)
    for node in nodes {
      upper -= node.count
      places += number(UInt64(upper), 2)
    }
    let lower = Page.headerLength + places.count
    let head = number(index, 8) + [0, 0] + number(kind, 2)
    return head + number(UInt64(lower), 2) + number(UInt64(upper), 2) + places
      + [UInt8](repeating: 0, count: upper - lower) + nodes.reversed().flatMap { $0 }
  }

  private static func node(
    _ key: [UInt8], _ value: [UInt8], flags: UInt64 = 0, size: Int? = nil
  ) -> [UInt8] {
    even(
      number(UInt64(size ?? value.count), 4) + number(flags, 2) + number(UInt64(key.count), 2) + key
        + value)
  }

  private static func child(_ key: [UInt8], _ page: UInt64) -> [UInt8] {
    even(number(page, 6) + number(UInt64(key.count), 2) + key)
  }

  private static func even(_ node: [UInt8]) -> [UInt8] { node.count % 2 == 0 ? node : node + [0] }
}
