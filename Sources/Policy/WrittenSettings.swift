/// All settings that a configuration was read from, in their order: what advice is given about.
///
/// A class, as a place is: a login that reads a configuration only hands it on.
final class WrittenSettings: Sendable {
  let all: [Setting]
  private let first: SourceText?

  init(_ all: [Setting], first: SourceText?) {
    (self.all, self.first) = (all, first)
  }

  /// The end of what was read first, where something is missing; nil if nothing was read.
  var end: Place? {
    guard let first else { return nil }
    let end = first.bytes.count
    return Place(end..<end, in: first.bytes, file: first.file, line: first.line)
  }
}
