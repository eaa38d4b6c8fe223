internal import CSystem

/// The people whose orders count: an `allowed_signers` file, as ssh-keygen(1) describes it.
public struct Operators: Sendable {
  /// Of the file; `/etc/abl/operators`.
  public let path: String
  /// A directory of this process alone, for the signature while it is checked.
  public let scratch: String

  /// Where they are unless another file is named.
  public static let usualPath = "/etc/abl/operators"

  public init(path: String = usualPath, scratch: String) {
    (self.path, self.scratch) = (path, scratch)
  }

  /// Whether it is a name that a line of the file may begin with, and no pattern.
  public static func isPrincipal(_ name: String) -> Bool {
    1...64 ~= name.utf8.count
      && name.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
          UInt8(ascii: "0")...UInt8(ascii: "9"):
          true
        default: Array("@._+-".utf8).contains(byte)
        }
      } && !name.hasPrefix("-")
  }

  /// The order, if one of them has signed it for this purpose, and it hasn't ended.
  ///
  /// It runs ssh-keygen. What isn't an order, or has ended, or names no operator is refused before
  /// that: so floods cost little. Callers must bound the rest, and ask `OrderBook.contains` first.
  public func verified(_ signed: SignedOrder, at now: UInt32) throws(OrderRefusal) -> Order {
    let order = try Order(parsing: signed.text)
    try order.checkTimes(at: now)
    guard try names().contains(order.by) else { throw .unknownOperator(order.by) }
    let file = try ScratchFile(signed.signature, in: scratch)
    let words = [
      "-Y", "verify", "-f", path, "-I", order.by, "-n", Order.namespace, "-s", file.path,
    ]
    let outcome: Tool.Outcome
    do throws(ToolError) {
      outcome = try withExtendedLifetime(file) { () throws(ToolError) in
        try Tool.run("/usr/bin/ssh-keygen", words, input: signed.text)
      }
    } catch {
      throw .unverified(error.message)
    }
    guard outcome.status == 0 else { throw .badSignature(outcome.firstComplaint) }
    return order
  }

  /// The principals of the file, without patterns.
  public func names() throws(OrderRefusal) -> Set<String> {
    guard let text = Tool.contents(of: path, atMost: 1 << 20) else {
      let reason = Tool.reason(csystem_errno())
      throw .unverified("cannot read '\(path)': \(reason)")
    }
    var names: Set<String> = []
    for line in text.split(separator: 10) {
      let words = line.split(whereSeparator: { $0 == 0x20 || $0 == 9 })
      guard words.count > 1, let first = words.first, first.first != UInt8(ascii: "#") else {
        continue
      }
      for name in first.split(separator: UInt8(ascii: ",")) {
        let name = String(decoding: name, as: UTF8.self)
        if Self.isPrincipal(name) { names.insert(name) }
      }
    }
    return names
  }
}

/// A file that only we may read, gone at the end.
private final class ScratchFile {
  private(set) var path = ""

  init(_ content: [UInt8], in directory: String) throws(OrderRefusal) {
    var name = Array((directory + "/order-XXXXXX").utf8CString)
    let descriptor = unsafe mkostemp(&name, O_CLOEXEC)
    guard descriptor >= 0 else {
      throw .unverified("cannot make a file in '\(directory)': \(Tool.reason(csystem_errno()))")
    }
    path = String(decoding: name.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    let written = unsafe write(descriptor, content, content.count)
    close(descriptor)
    guard written == content.count else { throw .unverified("cannot write to '\(path)'") }
  }

  deinit { if !path.isEmpty { _ = unsafe unlink(path) } }
}
