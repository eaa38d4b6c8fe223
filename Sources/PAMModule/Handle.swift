internal import BlockList
internal import CPAM
internal import Policy

/// libpam's handle of one login, in our words.
///
/// It is valid for as long as the call of libpam that brought it.
@safe struct Handle {
  let raw: OpaquePointer

  init(_ raw: OpaquePointer) { unsafe self.raw = raw }

  /// What is being tried. Asks for the user's name if the application has not set it yet, as login
  /// does.
  var attempt: Attempt {
    let user = unsafe bytes(abl_user(raw))
    let service = unsafe bytes(abl_item(raw, PAM_SERVICE))
    return Attempt(
      user: user.map { Name(bounded: $0) }, host: host, service: Name(bounded: service ?? []))
  }

  /// The numeric address that sshd put into the PAM environment, else PAM_RHOST; nil at the
  /// console, in su and sudo.
  private var host: Host? {
    let connection = unsafe bytes(pam_getenv(raw, "SSH_CONNECTION")) ?? []
    let client = connection.prefix { $0 != UInt8(ascii: " ") }
    if HostAddress(parsing: client) != nil { return Host(client) }
    guard let name = unsafe bytes(abl_item(raw, PAM_RHOST)) else { return nil }
    return Host(Name(bounded: name).bytes[...])
  }

  private func bytes(_ text: UnsafePointer<CChar>?) -> [UInt8]? {
    guard let text = unsafe text else { return nil }
    return unsafe Array(UnsafeRawBufferPointer(start: text, count: strlen(text)))
  }
}
