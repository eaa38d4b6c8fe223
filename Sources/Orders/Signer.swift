internal import Platform

/// Signs orders as a person: with a key file, or by the agent that has the key.
public enum Signer {
  /// An id that no order had.
  public static var newID: String { hex(Random.number) + hex(Random.number) }

  private static func hex(_ number: UInt64) -> String {
    let digits = String(number, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }

  /// Has ssh-keygen sign `order`; it asks for a passphrase on the terminal.
  ///
  /// - Parameter key: a private key, or a public one whose private one the agent has.
  public static func sign(_ order: Order, with key: String) throws(ToolError) -> SignedOrder {
    let words = ["-Y", "sign", "-f", key, "-n", Order.namespace]
    let outcome = try Tool.run(
      "/usr/bin/ssh-keygen", words, input: order.text, seconds: 120, isForPeople: true)
    guard outcome.status == 0, !outcome.output.isEmpty else {
      throw ToolError(message: "ssh-keygen doesn't sign: \(outcome.firstComplaint)")
    }
    return SignedOrder(text: order.text, signature: outcome.output)
  }
}
