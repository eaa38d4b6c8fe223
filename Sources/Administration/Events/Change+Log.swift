internal import BlockList
internal import Policy

extension Change {
  /// Tells the system's log that a block has begun, or that an administrator has ended it.
  func log() {
    let name = "\(subject.kindText) '\(subject.name)'"
    switch kind {
    case .began:
      let count = block?.decreed == nil ? ", \(failures) attempts on record" : ""
      let why = block.map { ": \($0.ruleText)" + count } ?? ""
      Audit.tell("blocking \(name)" + until + why)
    case .ended where cause == .hand: Audit.log("unblocked \(name)")
    case .extended, .ended, .allowed, .disallowed: break
    }
  }

  private var until: String {
    guard let block, block.until != .never else { return "" }
    var (local, text) = (LocalTime(), [UInt8]())
    local(block.until).write(to: &text)
    return " until " + String(decoding: text, as: UTF8.self)
  }
}
