internal import Daemon
internal import Firewall
internal import LocalAPI
internal import Platform
internal import Policy
internal import Text

/// What the settings mean for the local API on this machine: users have numbers here, the secret is
/// read. Making it may take long, where a directory service tells of users.
struct APISetup {
  private(set) var grants = Grants()
  private(set) var policy: PolicyAccess?
  /// What of the settings can't be used, and why; the rest can.
  private(set) var grantProblems: [String] = []
  private(set) var policyProblem: String?

  var problems: [String] { grantProblems + (policyProblem.map { [$0] } ?? []) }

  /// The port of the loopback at which Dovecot asks, where systemd has passed no socket for it.
  private static let policyPort = 4848

  /// The user that abl-courier runs as: it reads events and status, and may do no more.
  private static let courier = "abl"

  init(_ settings: Settings) {
    if let user = Grants.systemNumber(Self.courier) { grants.allowToLook(user) }
    for entry in settings.reporters {
      add("report") { grants throws(GrantError) in
        try grants.addReporters(String(entry), number: Grants.systemNumber)
      }
    }
    for entry in settings.lookers {
      add("look") { grants throws(GrantError) in
        try grants.addLookers(String(entry), number: Grants.systemNumber)
      }
    }
    guard let client = settings.policyClient else { return }
    do throws(Unusable) {
      policy = try Self.policy(client)
    } catch { policyProblem = "'dovecot' can't be used: \(error.description)" }
  }

  private mutating func add(_ key: String, _ addition: (inout Grants) throws(GrantError) -> Void) {
    do throws(GrantError) { try addition(&grants) } catch {
      grantProblems.append("a part of '\(key)' can't be used: \(error.message)")
    }
  }

  // MARK: - Dovecot

  private struct Unusable: Error {
    let description: String
  }

  private static func policy(_ client: PolicyClient) throws(Unusable) -> PolicyAccess {
    let name = String(client.user)
    guard let user = UInt32(name) ?? Grants.systemNumber(name) else {
      throw Unusable(description: "there is no user '\(name)'")
    }
    let secret = try secret(in: client.secretFile)
    let listener = Listener.passed("dovecot") ?? .port(policyPort)
    let access = PolicyAccess(listener, secret: secret, user: user, owner: owner)
    guard let access else {
      let file = String(client.secretFile.text)
      throw Unusable(description: "the secret in '\(file)' must have at least 16 bytes")
    }
    return access
  }

  private static func owner(of connection: LoopbackConnection) -> UInt32? {
    let (peer, own) = (connection.peer, connection.own)
    return try? SocketOwner.user(
      of: .init(peer.octets, port: peer.port), connectedTo: .init(own.octets, port: own.port))
  }

  /// The text of the file, without what ends its line.
  private static func secret(in path: Path) throws(Unusable) -> String {
    let read: (status: FileStatus, text: [UInt8])
    do throws(SystemError) {
      let file = try File(path, .read)
      read = (try file.status, try file.read(4096))
    } catch { throw Unusable(description: String(error.message)) }
    guard read.status.isTrustworthyFile, read.status.mode & 0o077 == 0 else {
      let rights = "must be a file of root's that no other user may read (chmod 600)"
      throw Unusable(description: "'\(String(path.text))' \(rights)")
    }
    return String(decoding: read.text.prefix { $0 > 0x20 }, as: UTF8.self)
  }
}
