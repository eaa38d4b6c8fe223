/// A second listener, at the loopback, for Dovecot's auth policy: a client that knows the secret may do
/// there what `user` may.
public struct PolicyAccess: Sendable {
  let listener: Listener
  let secret: String
  let user: UInt32
  let owner: Owner

  /// Tells which user is at the other end of a connection of the loopback; nil if that can't be told.
  ///
  /// A connection counts for that user, so that one without the secret takes the places of no other.
  public typealias Owner = @Sendable (LoopbackConnection) -> UInt32?

  /// - Parameter secret: what Dovecot sends as X-Abl-Secret; nil is given back if it is shorter than 16
  ///   bytes.
  public init?(_ listener: Listener, secret: String, user: UInt32, owner: @escaping Owner) {
    guard secret.utf8.count >= 16 else { return nil }
    (self.listener, self.secret, self.user, self.owner) = (listener, secret, user, owner)
  }
}
