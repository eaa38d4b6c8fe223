import Foundation
import Harness
import Testing

@testable import Orders
@testable import Sharing

/// Two operators with keys made by the real ssh-keygen, and a file that names them.
private struct Office {
  let directory: TemporaryDirectory
  let now = UInt32(Date().timeIntervalSince1970)

  init() throws {
    directory = try TemporaryDirectory()
    for name in ["anna", "ben", "stranger"] {
      let made = try Command(
        "/usr/bin/ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", name, "-f", path(name)]
      ).run()
      try #require(made.status == 0, "\(made)")
    }
    let lines = try ["anna", "ben"].map { name in
      let key = try String(contentsOfFile: path(name) + ".pub", encoding: .utf8)
      return "\(name)@example.org namespaces=\"abl-order\" \(key)"
    }
    try lines.joined().write(toFile: path("operators"), atomically: true, encoding: .utf8)
  }

  func path(_ name: String) -> String { directory.file(name).path }

  var operators: Operators { Operators(path: path("operators"), scratch: directory.url.path) }

  func order(_ action: Order.Action = .unblock, by: String = "anna", seconds: UInt32 = 3600)
    -> Order
  {
    Order(
      id: Signer.newID, action, .prefix(Prefix(parsing: "192.0.2.7")!), made: now,
      until: now + seconds, by: by + "@example.org", reason: "the VPN's address")
  }

  func refusal(_ signed: SignedOrder, at now: UInt32? = nil) -> OrderRefusal? {
    do {
      _ = try operators.verified(signed, at: now ?? self.now)
      return nil
    } catch { return error }
  }

  /// Signed by ssh-keygen itself, for whatever purpose.
  func signed(_ text: [UInt8], key: String, namespace: String) throws -> SignedOrder {
    let outcome = try Tool.run(
      "/usr/bin/ssh-keygen", ["-Y", "sign", "-f", path(key), "-n", namespace], input: text)
    return SignedOrder(text: text, signature: outcome.output)
  }
}

@Suite("An order counts if an operator has signed it, and then as it was signed")
struct OrderTests {
  private let office: Office

  init() throws { office = try Office() }

  @Test("what an operator signs is verified", arguments: Order.Action.allCases)
  func right(_ action: Order.Action) throws {
    let order = office.order(action)
    let signed = try Signer.sign(order, with: office.path("anna"))
    #expect(
      try office.operators.verified(SignedOrder(decoding: signed.encoded), at: office.now) == order)
  }

  @Test("a key that isn't the operator's is refused")
  func wrongKey() throws {
    let signed = try Signer.sign(office.order(), with: office.path("stranger"))
    guard case .badSignature = office.refusal(signed) else {
      Issue.record("\(String(describing: office.refusal(signed)))")
      return
    }
    // One operator can't order in the name of another.
    let other = try Signer.sign(office.order(by: "ben"), with: office.path("anna"))
    guard case .badSignature = office.refusal(other) else {
      Issue.record("\(String(describing: office.refusal(other)))")
      return
    }
  }

  @Test("a signature that was made for another purpose is refused")
  func wrongNamespace() throws {
    let signed = try office.signed(office.order().text, key: "anna", namespace: "file")
    guard case .badSignature = office.refusal(signed) else {
      Issue.record("\(String(describing: office.refusal(signed)))")
      return
    }
  }

  @Test("an altered text is refused, whichever byte of it")
  func altered() throws {
    let signed = try Signer.sign(office.order(), with: office.path("anna"))
    let text = String(decoding: signed.text, as: UTF8.self)
    for (old, new) in [
      ("192.0.2.7", "192.0.2.8"), ("unblock", "block"), ("the VPN", "The VPN"),
      ("until \(office.now + 3600)", "until \(office.now + 3601)"),
    ] {
      let altered = SignedOrder(
        text: Array(text.replacingOccurrences(of: old, with: new).utf8), signature: signed.signature
      )
      guard case .badSignature = office.refusal(altered) else {
        Issue.record("\(new): \(String(describing: office.refusal(altered)))")
        return
      }
    }
    for position in signed.text.indices {
      var altered = signed
      altered.text[position] ^= 0x80
      #expect(office.refusal(altered) != nil)
    }
    for count in [0, 1, 100] {
      let cut = SignedOrder(text: signed.text, signature: Array(signed.signature.prefix(count)))
      #expect(office.refusal(cut) != nil)
    }
  }

  @Test("an order that has ended, or comes from the future, is refused")
  func times() throws {
    let signed = try Signer.sign(office.order(seconds: 60), with: office.path("anna"))
    #expect(office.refusal(signed, at: office.now + 60) == .expired)
    #expect(office.refusal(signed, at: office.now - 400) == .fromTheFuture)
    #expect(office.refusal(signed, at: office.now + 59) == nil)
    var endless = office.order()
    endless.until = endless.made + Order.longest + 1
    guard case .malformed = office.refusal(try Signer.sign(endless, with: office.path("anna")))
    else {
      Issue.record("an order without an end was taken")
      return
    }
  }

  @Test("who is no operator is refused before ssh-keygen is asked")
  func unknownOperator() throws {
    let signed = try Signer.sign(office.order(by: "stranger"), with: office.path("stranger"))
    #expect(office.refusal(signed) == .unknownOperator("stranger@example.org"))
  }

  @Test("an operator who was taken out of the file can order nothing more")
  func revoked() throws {
    let signed = try Signer.sign(office.order(), with: office.path("anna"))
    let file = URL(fileURLWithPath: office.path("operators"))
    let lines = try String(contentsOf: file, encoding: .utf8).split(separator: "\n")
    try lines.filter { !$0.hasPrefix("anna") }.joined(separator: "\n").appending("\n")
      .write(to: file, atomically: true, encoding: .utf8)
    #expect(office.refusal(signed) == .unknownOperator("anna@example.org"))
  }

  @Test("without the file nothing is verified, and the reason is told")
  func noFile() throws {
    let signed = try Signer.sign(office.order(), with: office.path("anna"))
    let operators = Operators(path: office.path("missing"), scratch: office.directory.url.path)
    do {
      _ = try operators.verified(signed, at: office.now)
      Issue.record("verified")
    } catch {
      #expect(error.message.contains("No such file or directory"))
    }
  }

  @Test("what is replayed is known already, and once it has ended it is refused")
  func replayed() throws {
    var book = OrderBook()
    let signed = try Signer.sign(office.order(seconds: 60), with: office.path("anna"))
    let order = try office.operators.verified(signed, at: office.now)
    #expect(try book.add(order, signed, at: office.now) == .new)
    #expect(book.contains(signed))
    #expect(try book.add(order, signed, at: office.now) == .known)
    #expect(book.orders(at: office.now).count == 1)
    book.forgetEnded(at: office.now + 60)
    #expect(book.orders(at: office.now).isEmpty)
    #expect(office.refusal(signed, at: office.now + 60) == .expired)
  }

  @Test("no file is left behind")
  func noTraces() throws {
    _ = office.refusal(try Signer.sign(office.order(), with: office.path("anna")))
    let files = try FileManager.default.contentsOfDirectory(atPath: office.directory.url.path)
    #expect(files.filter { $0.hasPrefix("order-") }.isEmpty)
  }
}

@Suite("All machines that know the same orders do the same")
struct OrderBookTests {
  private func order(_ number: UInt64, _ action: Order.Action, made: UInt32) -> Order {
    let digits = String(number, radix: 16)
    return Order(
      id: String(repeating: "0", count: 32 - digits.count) + digits, action,
      .prefix(Prefix(parsing: "192.0.2.0/24")!), made: made, until: 5000, by: "anna")
  }

  @Test("the last word holds, whatever order they come in")
  func union() throws {
    let orders = [
      order(1, .block, made: 10), order(2, .unblock, made: 20), order(3, .allow, made: 20),
    ]
    var random = SeededRandom(seed: 1)
    for _ in 0..<20 {
      var book = OrderBook()
      for order in orders.shuffled(using: &random) {
        _ = try book.add(order, SignedOrder(text: order.text, signature: [1]), at: 100)
      }
      #expect(book.decrees(at: 100).values.map(\.action) == [.allow])
      #expect(book.pardons(at: 100).map(\.made) == [20, 20])
      #expect(book.envelopes(at: 100).count == 3 && book.envelopes(at: 5000).isEmpty)
    }
  }

  @Test("another order can't take the id of one that holds")
  func sameID() throws {
    var book = OrderBook()
    let (first, second) = (order(1, .block, made: 10), order(1, .unblock, made: 11))
    _ = try book.add(first, SignedOrder(text: first.text, signature: [1]), at: 100)
    #expect(throws: OrderRefusal.otherOrderOfThisID) {
      try book.add(second, SignedOrder(text: second.text, signature: [1]), at: 100)
    }
  }

  @Test("a text reads as it is written, and in no other way")
  func text() throws {
    let order = order(7, .block, made: 10)
    #expect(try Order(parsing: order.text) == order)
    let text = String(decoding: order.text, as: UTF8.self)
    for (old, new) in [
      ("made 10", "made 010"), ("192.0.2.0/24", "192.0.2.1/24"), ("network", "host"),
      ("action block", "action  block"), ("by anna", "by *"), ("by anna", "by -anna"),
      ("abl-order 1", "abl-order 2"), ("reason \n", "reason \nreason \n"), ("\n", "\r\n"),
    ] {
      #expect(throws: OrderRefusal.self) {
        try Order(parsing: Array(text.replacingOccurrences(of: old, with: new).utf8))
      }
    }
  }
}
