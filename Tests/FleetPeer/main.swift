import Courier
import Glibc
import Policy
import Sharing

// A stand-in for abld: it blocks what its standard input says, and prints what it would enforce.
//
//   fleetpeer NAME SOCKET USER [ALLOWED...]
//
// Each line is a command, and is answered by one line: block ADDRESS SECONDS · blocks FIRST COUNT SECONDS
// (10.0.0.0 + FIRST …) · unblock ADDRESS · order TEXT · orders · enforced · policy RATE (known, held, distinct, left out) · total ·
// merge · map · state

let words = CommandLine.arguments
guard words.count >= 4, let origin = Origin(words[1]), let user = UInt32(words[3]),
  let port = CourierPort(path: words[2], users: [user])
else { exit(64) }
signal(SIGPIPE, SIG_IGN)

func seconds() -> UInt32 { UInt32(time(nil)) }

func clock(_ which: clockid_t) -> timespec {
  var time = timespec()
  clock_gettime(which, &time)
  return time
}

func milliseconds() -> UInt64 {
  let time = clock(CLOCK_MONOTONIC)
  return UInt64(time.tv_sec) * 1000 + UInt64(time.tv_nsec) / 1_000_000
}

let began = clock(CLOCK_REALTIME)
let epoch = UInt64(began.tv_sec) * 1_000_000_000 + UInt64(began.tv_nsec)
let node = FleetNode(origin, epoch: epoch, release: "fleetpeer", exchange: port)
port.onConnect = { node.connected(at: seconds()) }
var heardOrders: Set<[UInt8]> = []
node.onOrders = { _, orders in heardOrders.formUnion(orders) }
var sanctuary = Sanctuary(allowed: PrefixSet(words[4...].compactMap { Prefix(parsing: $0) }))
var policy = FleetPolicy()
policy.mostPerMinute = 100_000

@MainActor
func block(_ address: HostAddress, for duration: UInt32) {
  let now = seconds()
  node.block(
    Record(.block, Prefix(address), failures: 10, made: now, until: now + duration))
}

/// Any order gives the same.
func sum(of blocks: Set<Record>) -> UInt64 {
  blocks.reduce(0) { sum, record in
    sum &+ record.prefix.address.octets.reduce(UInt64(record.until)) { $0 &* 31 &+ UInt64($1) }
  }
}

/// What is known of the machines of a swarm, as that tells it.
@MainActor
func merged() -> [String] {
  node.map.copies.filter { $0.key.text.hasPrefix("s") }.map { origin, copy in
    let blocks = copy.blocks(at: seconds())
    return "\(origin.text):\(blocks.count):\(sum(of: blocks)):\(copy.applied ?? 0)"
  }
}

@MainActor
func answer(_ line: String) -> String {
  let words = line.split(separator: " ").map(String.init)
  let numbers = words.dropFirst().map { UInt32($0) ?? 0 }
  switch words.first {
  case "block":
    block(Prefix(parsing: words[1])!.address, for: UInt32(words[2])!)
    return "ok"
  case "blocks":
    for number in numbers[0]..<(numbers[0] + numbers[1]) {
      block(.v4(0x0A00_0000 + number), for: numbers[2])
    }
    return "ok"
  case "unblock":
    node.withdraw(Prefix(parsing: words[1])!, at: seconds())
    return "ok"
  case "order":
    node.carry([Array(words[1].utf8)])
    return "ok"
  case "orders":
    return heardOrders.map { String(decoding: $0, as: UTF8.self) }.sorted().joined(separator: " ")
  case "enforced":
    let enforcement = policy.enforcement(of: node.map, sanctuary: sanctuary, at: seconds())
    let left = enforcement.suppressed.values.flatMap { $0 }.map { "\($0.key)=\($0.value)" }.sorted()
    return (enforcement.blocks.map(\.prefix.text).sorted().prefix(20) + left).joined(separator: " ")
  case "policy":
    policy.mostPerMinute = Int(numbers[0])
    let enforcement = policy.enforcement(of: node.map, sanctuary: sanctuary, at: seconds())
    let left = enforcement.suppressed.values.flatMap(\.values).reduce(0, +)
    let more = enforcement.suppressedSources.values.reduce(0, +)
    let known = node.map.copies.values.reduce(0) { $0 + $1.blocks(at: seconds()).count }
    let distinct = Set(enforcement.blocks.map(\.prefix)).count
    return "\(known) \(enforcement.blocks.count) \(distinct) \(left + more)"
  case "total": return String(node.map.copies.values.reduce(0) { $0 + $1.count })
  case "merge": return merged().sorted().joined(separator: " ")
  case "map":
    let copies = node.map.copies.sorted { $0.key < $1.key }
    return copies.map { origin, copy in
      let blocks = copy.blocks(at: seconds())
      return "\(origin.text):\(blocks.count):\(sum(of: blocks)):\(copy.need)"
    }.joined(separator: " ")
  case "state":
    let refusals = node.map.refusals.values.reduce(0) { $0 + $1.values.reduce(0, +) }
    return port.brokers.map { "\($0.state.rawValue)/\($0.denied)" }.joined(separator: " ")
      + " refused=\(refusals)"
  default: return "?"
  }
}

_ = fcntl(0, F_SETFL, O_NONBLOCK)
var pending = ""
while true {
  var waits = [pollfd(fd: 0, events: Int16(POLLIN), revents: 0)]
  for (descriptor, isWriting) in port.descriptors {
    let events = isWriting ? POLLIN | POLLOUT : POLLIN
    waits.append(pollfd(fd: descriptor, events: Int16(events), revents: 0))
  }
  poll(&waits, nfds_t(waits.count), Int32(min(node.delay(at: milliseconds()), 1000)))
  var buffer = [UInt8](repeating: 0, count: 4096)
  let count = read(0, &buffer, buffer.count)
  if count == 0 { exit(0) }
  pending += String(decoding: buffer.prefix(max(0, count)), as: UTF8.self)
  while let end = pending.firstIndex(of: "\n") {
    let text = answer(String(pending[..<end])) + "\n"
    pending.removeSubrange(...end)
    _ = write(1, text, text.utf8.count)
  }
  port.serve()
  node.tick(at: seconds(), milliseconds: milliseconds(), chance: .random(in: 0 ... .max))
}
