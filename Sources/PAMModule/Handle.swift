internal import BlockList
internal import CPAM
internal import Policy
internal import Text

/// libpam's handle of one login, in our words.
///
/// It is valid for as long as the call of libpam that brought it.
@safe struct Handle {
  let raw: OpaquePointer

  init(_ raw: OpaquePointer) { unsafe self.raw = raw }

  /// What is being tried. Asks for the user's name if the application has not set it yet, as login
  /// does.
  func attempt(by configuration: Configuration) -> Attempt {
    let user = unsafe bytes(abl_user(raw)).map { Name(bounded: $0) }
    let service = unsafe bytes(abl_item(raw, PAM_SERVICE))
    return Attempt(
      user: user, host: host, service: Name(bounded: service ?? []), port: port,
      caller: caller(of: user, by: configuration))
  }

  /// The user that runs su, sudo or the like; nil in all other programs.
  private func caller(of user: Name?, by configuration: Configuration) -> Attempt.Caller? {
    guard Caller.current == .borrowed else { return nil }
    var isOwn = unsafe abl_judges_itself(raw) != 0
    if !isOwn, !configuration.alike.isEmpty, let user, let own = unsafe bytes(abl_own_name(raw)) {
      isOwn = configuration.counted(user) == configuration.counted(Name(bounded: own))
    }
    return Attempt.Caller(number: getuid(), isOwnAccount: isOwn)
  }

  /// Of the host, as sshd has it: the second word there; else 0.
  private var port: UInt16 {
    let connection = unsafe bytes(pam_getenv(raw, "SSH_CONNECTION")) ?? []
    var (words, port) = (0, 0)
    for byte in connection where words < 2 {
      if byte == UInt8(ascii: " ") {
        words += 1
      } else if words == 1 {
        port = port &* 10 &+ Int(byte &- UInt8(ascii: "0"))
      }
    }
    return UInt16(truncatingIfNeeded: port)
  }

  /// The numeric address that sshd put into the PAM environment, else PAM_RHOST; nil at the
  /// console, in su and sudo, also where these say the name of this machine or a display of it.
  private var host: Host? {
    let connection = unsafe bytes(pam_getenv(raw, "SSH_CONNECTION")) ?? []
    let client = connection.prefix { $0 != UInt8(ascii: " ") }
    if let host = Host(client), case .address = host { return host }
    guard let name = unsafe bytes(abl_item(raw, PAM_RHOST)) else { return nil }
    let text = Name(bounded: name).bytes[...]
    if let origin = LocalOrigin(text, names: [ownName]) {
      guard unsafe abl_has_peer(raw) != 0 else { return nil }
      if unsafe abl_is_first(raw, "abl_origin") != 0 {
        let name = Name(text).escaped.quoted
        log(.warning, "\(name) is \(origin.text), but this login is from a network: counting it")
      }
    }
    return Host(text)
  }

  /// What this machine calls itself; empty if that can't be told.
  private var ownName: Name {
    var name = [CChar](repeating: 0, count: 256)
    // The last byte stays NUL.
    _ = unsafe gethostname(&name, name.count - 1)
    return Name(unsafe bytes(name) ?? [])
  }

  private func bytes(_ text: UnsafePointer<CChar>?) -> [UInt8]? {
    guard let text = unsafe text else { return nil }
    return unsafe Array(UnsafeRawBufferPointer(start: text, count: strlen(text)))
  }
}
