internal import BlockList
internal import Platform
internal import Policy

/// The attempts of a history, subject by subject, in the order in which they appear first.
struct SimulatedHistory {
  private(set) var subjects: [(subject: Subject, times: [Guess])] = []
  /// Where a subject stands, by a kind and a name as a line has them; nil is none.
  private var indexOfName: [[UInt8]: Int?] = [:]
  private var indexOfKey: [[UInt8]: Int] = [:]

  /// The most bytes of a line.
  private static let longestLine = 1 << 20

  /// Reads the file `path`; `-` is standard input.
  ///
  /// - Parameter kinds: all others are checked, and left out.
  /// - Throws: a `Failure`; of a bad line it says which.
  init(_ path: Path, of kinds: [Kind]) throws {
    do {
      var reader = try LineReader(path, longest: Self.longestLine)
      while let line = try reader.next() { try add(line, of: path, kinds) }
    } catch let error as ReadError {
      throw error.failure(of: path)
    }
  }

  private mutating func add(_ line: Line, of path: Path, _ kinds: [Kind]) throws {
    let place = "\(Name(path.bytes).shown):\(line.number)"
    guard !line.isCut else {
      throw HistoryError(text: "\(place): the line is longer than 1 MiB")
    }
    guard line.text.contains(where: { $0 != 0x20 && !(9...13).contains($0) }) else { return }
    do throws(JSONError) {
      let attempt = try HistoryLine(parsing: line.text)
      if kinds.contains(where: { $0.includes(attempt.kind) }) { add(attempt) }
    } catch {
      // In characters, as editors count them.
      let column = line.text[..<error.offset].count { $0 & 0xC0 != 0x80 } + 1
      throw HistoryError(text: "\(place):\(column): \(error.message)")
    }
  }

  private mutating func add(_ attempt: HistoryLine) {
    let name = [attempt.kind == .host ? 0 : 1] + attempt.name
    let index: Int?
    if let known = indexOfName[name] {
      index = known
    } else {
      index = attempt.subject.map { indexOfSubject($0) }
      indexOfName[name] = .some(index)
    }
    if let index { subjects[index].times.append(attempt.guess) }
  }

  private mutating func indexOfSubject(_ subject: Subject) -> Int {
    let key = SubjectKey(subject).bytes
    if let known = indexOfKey[key] { return known }
    subjects.append((subject, []))
    indexOfKey[key] = subjects.count - 1
    return subjects.count - 1
  }
}

/// A line of a history that makes no sense.
struct HistoryError: Error {
  /// `FILE:LINE:COLUMN: what`
  let text: String
}
