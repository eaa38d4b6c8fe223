/// A second listener, at the loopback, for Dovecot's auth policy: a client that knows the secret may do
/// there what `user` may.
public struct PolicyAccess: Sendable {
  let listener: Listener
  let secret: String
  let user: UInt32

  /// - Parameter secret: what Dovecot sends as X-Abl-Secret; nil is given back if it is shorter than 16
  ///   bytes.
  public init?(_ listener: Listener, secret: String, user: UInt32) {
    guard secret.utf8.count >= 16 else { return nil }
    (self.listener, self.secret, self.user) = (listener, secret, user)
  }
}
