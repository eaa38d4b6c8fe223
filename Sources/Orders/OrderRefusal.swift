/// Why an order isn't carried out.
public enum OrderRefusal: Error, Hashable, Sendable {
  case malformed(String)
  case expired
  case fromTheFuture
  /// The operators' file has no such principal.
  case unknownOperator(String)
  /// ssh-keygen doesn't accept the signature: of another key, for another purpose, of another text.
  case badSignature(String)
  /// Its id is that of another order.
  case otherOrderOfThisID
  /// There are as many orders as may be.
  case tooMany
  /// The signature couldn't be checked; it may be right.
  case unverified(String)

  public var message: String {
    switch self {
    case .malformed(let what): "the order is malformed: \(what)"
    case .expired: "the order has ended"
    case .fromTheFuture: "the order was made in the future; is a clock wrong?"
    case .unknownOperator(let name): "'\(name)' is no operator here"
    case .badSignature(let why): "the signature isn't the operator's: \(why)"
    case .otherOrderOfThisID: "another order has its id"
    case .tooMany: "there are more orders than can be kept"
    case .unverified(let why): "the signature couldn't be checked: \(why)"
    }
  }
}
