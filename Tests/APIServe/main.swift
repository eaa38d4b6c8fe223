// api-serve: the local API alone, for the tests. abld serves it for real.
//
//   api-serve CONFIG SOCKET [report=USER:SERVICE,...] [look=USER;...] [verdict=SECONDS] [look-ms=N] [answers=BYTES]
//             [transfer=SECONDS] [pace=BYTES] [dovecot=PORT:USER:SECRET]
//
// SOCKET is a path, or @NAME for the socket that systemd's protocol has passed under that name.
import Firewall
import Glibc
import LocalAPI
import Logging
import Platform
import ServiceLifecycle

func complain(_ text: String) { write(2, text + "\n", text.utf8.count + 1) }

/// As abld asks.
@Sendable func owner(of connection: LoopbackConnection) -> UInt32? {
  let (peer, own) = (connection.peer, connection.own)
  return try? SocketOwner.user(
    of: .init(peer.octets, port: peer.port), connectedTo: .init(own.octets, port: own.port))
}

let words = CommandLine.arguments.dropFirst()
guard words.count >= 2 else {
  complain("usage: api-serve CONFIG SOCKET [report=...] [look=...] [verdict=SECONDS]")
  exit(64)
}
let (config, socket) = (words[1], words[2])
var (grants, bounds) = (Grants(), Bounds())
var policy: PolicyAccess?
for word in words.dropFirst(2) {
  let parts = word.split(separator: "=", maxSplits: 1).map(String.init)
  switch parts[0] {
  case "report": try grants.addReporters(parts[1], number: Grants.systemNumber)
  case "look": try grants.addLookers(parts[1], number: Grants.systemNumber)
  case "verdict": bounds.verdict = Int64(parts[1]) ?? bounds.verdict
  case "answers": bounds.answers = Int(parts[1]) ?? bounds.answers
  case "transfer": bounds.transfer = Int64(parts[1]) ?? bounds.transfer
  case "pace": bounds.pace = Int(parts[1]) ?? bounds.pace
  case "look-ms": bounds.look = Int64(parts[1]) ?? bounds.look
  case "dovecot":
    // PORT:USER:SECRET
    let fields = parts[1].split(separator: ":").map(String.init)
    policy = PolicyAccess(
      .port(Int(fields[0]) ?? 0), secret: fields[2], user: Grants.systemNumber(fields[1]) ?? 0,
      owner: owner)
  default: exit(64)
  }
}
let listener: Listener? =
  socket.hasPrefix("@") ? .passed(String(socket.dropFirst())) : .path(socket)
guard let listener else {
  complain("api-serve: no such socket was passed")
  exit(1)
}
let logger = Logger(label: "api-serve") { StreamLogHandler.standardError(label: $0) }
let server = APIServer(
  listener, configurationFile: Path(config.utf8), grants: SharedGrants(grants), bounds: bounds,
  policy: policy, logger: logger)
let group = ServiceGroup(
  services: [server], gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
try await group.run()
