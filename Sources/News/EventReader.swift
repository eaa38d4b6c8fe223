/// Takes the answer to `GET /v1/events` apart, as it comes: HTTP's head, its chunks, and the
/// server-sent events in them (docs/api.md).
///
/// The other end is abld, and yet nothing that it says makes this longer than `longest`.
public struct EventReader: Sendable {
  private var waiting: [UInt8] = []
  private var part = Part.head
  private var line: [UInt8] = []
  private var data: [UInt8] = []
  /// Why nothing more can be read, if so: lower case, no full stop.
  public private(set) var trouble: String?

  private enum Part {
    case head
    case chunkSize
    case chunk(left: Int)
    case chunkEnd
    /// Until the connection ends.
    case rest
  }

  /// Of a head, a line or an event.
  static let longest = 64 << 10

  public init() {}

  /// Takes what has come; gives the data of the events that are complete by now.
  public mutating func take(_ bytes: some Sequence<UInt8>) -> [[UInt8]] {
    waiting += bytes
    var events: [[UInt8]] = []
    var position = 0
    while trouble == nil, step(&position, &events) {}
    waiting.removeFirst(position)
    if waiting.count > Self.longest { trouble = "an answer that is too long" }
    return events
  }

  /// False if there is too little to go on.
  private mutating func step(_ position: inout Int, _ events: inout [[UInt8]]) -> Bool {
    let rest = waiting[position...]
    switch part {
    case .head:
      guard let end = rest.end(of: "\r\n\r\n") else { return false }
      readHead(String(decoding: rest[..<end], as: UTF8.self))
      position = end
    case .chunkSize:
      guard let end = rest.end(of: "\r\n") else { return false }
      let digits = rest.prefix { $0 != UInt8(ascii: ";") && $0 != UInt8(ascii: "\r") }
      let size = Int(String(decoding: digits, as: UTF8.self), radix: 16) ?? -1
      if !(1...(16 << 20) ~= size) { trouble = size == 0 ? "the end" : "a chunk of no size" }
      part = .chunk(left: size)
      position = end
    case .chunk(let left):
      let piece = rest.prefix(left)
      guard !piece.isEmpty else { return false }
      takeText(piece, &events)
      position += piece.count
      part = piece.count == left ? .chunkEnd : .chunk(left: left - piece.count)
    case .chunkEnd:
      guard rest.count >= 2 else { return false }
      position += 2
      part = .chunkSize
    case .rest:
      guard !rest.isEmpty else { return false }
      takeText(rest, &events)
      position = waiting.count
    }
    return true
  }

  private mutating func readHead(_ head: String) {
    let lines = head.split(separator: "\r\n")
    let words = (lines.first ?? "").split(separator: " ", maxSplits: 2)
    guard words.count >= 2, words[0].hasPrefix("HTTP/1."), words[1] == "200" else {
      let code = words.dropFirst().first.flatMap { Int($0) } ?? 0
      trouble = code == 403 ? "abld lets user abl not look" : "HTTP status \(code)"
      return
    }
    let isChunked = lines.contains { line in
      line.lowercased().hasPrefix("transfer-encoding:") && line.lowercased().hasSuffix("chunked")
    }
    part = isChunked ? .chunkSize : .rest
  }

  private mutating func takeText(_ text: ArraySlice<UInt8>, _ events: inout [[UInt8]]) {
    for byte in text {
      guard byte == UInt8(ascii: "\n") else {
        line.append(byte)
        if line.count > Self.longest {
          trouble = "a line that is too long"
          return
        }
        continue
      }
      if line.last == UInt8(ascii: "\r") { line.removeLast() }
      if line.isEmpty {
        if !data.isEmpty { events.append(data) }
        data = []
      } else if line.starts(with: "data:".utf8) {
        data += line.dropFirst(5).drop { $0 == UInt8(ascii: " ") }
        if data.count > Self.longest {
          trouble = "an event that is too long"
          return
        }
      }
      line = []
    }
  }
}

extension ArraySlice<UInt8> {
  /// Behind the first place where `word` stands.
  fileprivate func end(of word: String) -> Int? {
    let word = Array(word.utf8)
    guard count >= word.count else { return nil }
    for start in startIndex...(endIndex - word.count)
    where self[start] == word[0] && self[start..<(start + word.count)].elementsEqual(word) {
      return start + word.count
    }
    return nil
  }
}
