import CMosquitto
import Glibc
import Policy
import Sharing

// Machines with the real log, merge and messages, each with a certificate and connections of its own.
//
//   fleetswarm AUTHORITY DIRECTORY COUNT deaf|hearing HOST:PORT...
//
// They are s0, s1 …, their certificates DIRECTORY/s0.crt and .key. Once all are connected it says so; then each line is a
// command, and is answered by one line: run CHANGES SECONDS (so many in each second, of all together; each tenth ends an
// earlier block) · fill COUNT (blocks of each) · made (how many by `run`, and `done`) · truth (what a reader that knows all
// has of each) · latency block|unblock|order COUNT (milliseconds until all others know it: median, 99th percentile, longest)

let words = CommandLine.arguments
guard words.count >= 6, let count = Int(words[3]) else { exit(64) }
signal(SIGPIPE, SIG_IGN)
mosquitto_lib_init()
let places = words[5...].map { place in
  let parts = place.split(separator: ":")
  return (host: String(parts[0]), port: Int32(parts[1])!)
}
let swarm = try Swarm(
  count, hearing: words[4] == "hearing", at: places, authority: words[1], directory: words[2])

/// How many changes there are to be, were made, were made before, and are made in a second; since when.
var (wanted, made, first, rate, began) = (0, 0, 0, 0, UInt64(0))

/// Of a machine, the `number`th.
func prefix(_ machine: Int, _ number: Int) -> Prefix {
  Prefix(.v4(0x0A00_0000 + UInt32(machine * 8192 + number)))
}

@MainActor
func change() {
  let (machine, turn) = (made % count, made / count)
  let (node, now) = (swarm.members[machine].node, seconds())
  if turn % 10 == 9 {
    node.withdraw(prefix(machine, turn - 5), at: now)
  } else {
    node.block(
      Record(.block, prefix(machine, turn), failures: 10, made: now, until: now + 7200))
  }
  made += 1
}

/// Has it told by one machine after the other, and waits each time until all others know it.
@MainActor
func latency(_ kind: Substring, _ times: Int) -> String {
  var spent: [UInt64] = []
  for turn in -count / 50..<times {
    let member = swarm.members[abs(turn * 7) % min(count, 20)]
    let (start, now) = (milliseconds(), seconds())
    let isKnown: (Member) -> Bool
    if kind == "order" {
      let order = Array("order \(turn)".utf8)
      member.node.carry([order])
      isKnown = { $0.orders.contains(order) }
    } else {
      let subject = prefix(8000, abs(turn * 7) % min(count, 20))
      if kind == "block" {
        member.node.block(
          Record(.block, subject, failures: 10, made: now, until: now + 7200 + UInt32(turn + 999)))
      } else {
        member.node.withdraw(subject, at: now)
        member.node.block(
          Record(.block, prefix(8001, turn + 999), failures: 1, made: now, until: now + 60))
      }
      let last = member.node.log.last
      isKnown = { $0.node.map.copies[member.origin]?.applied == last }
    }
    while !swarm.members.allSatisfy({ $0 === member || isKnown($0) }) { swarm.work() }
    // What comes first of each is heard with its head, which machines have that are not new.
    if turn >= 0 { spent.append(milliseconds() - start) }
    let pause = milliseconds() + 150
    while milliseconds() < pause { swarm.work() }
  }
  spent.sort()
  return
    "\(spent[spent.count / 2]) \(spent[min(spent.count - 1, spent.count * 99 / 100)]) \(spent.last!)"
}

@MainActor
func answer(_ line: String) -> String {
  let words = line.split(separator: " ")
  switch words.first {
  case "run":
    (rate, first, began) = (Int(words[1])!, made, milliseconds())
    wanted = made + rate * Int(words[2])!
    return "ok"
  case "fill":
    let now = seconds()
    for (machine, member) in swarm.members.enumerated() {
      for number in 0..<Int(words[1])! {
        member.node.block(
          Record(
            .block, prefix(machine, 4096 + number), failures: 10, made: now, until: now + 7200))
      }
    }
    return "ok"
  case "made": return "\(made)" + (made == wanted ? " done" : "")
  case "truth":
    return swarm.members.map { member in
      let blocks = member.node.log.blocks
      let sum = blocks.reduce(0 as UInt64) { sum, record in
        sum &+ record.prefix.address.octets.reduce(UInt64(record.until)) { $0 &* 31 &+ UInt64($1) }
      }
      return "\(member.origin.text):\(blocks.count):\(sum):\(member.node.log.last)"
    }.sorted().joined(separator: " ")
  case "latency": return latency(words[1], Int(words[2])!)
  default: return "?"
  }
}

print("connected")
fflush(nil)
_ = fcntl(0, F_SETFL, O_NONBLOCK)
var pending = ""
while true {
  swarm.work(0)
  var buffer = [UInt8](repeating: 0, count: 4096)
  let length = read(0, &buffer, buffer.count)
  if length == 0 { exit(0) }
  pending += String(decoding: buffer.prefix(max(0, length)), as: UTF8.self)
  while let end = pending.firstIndex(of: "\n") {
    print(answer(String(pending[..<end])))
    fflush(nil)
    pending.removeSubrange(...end)
  }
  let due = first + Int(milliseconds() - began) * rate / 1000
  while made < min(wanted, due) { change() }
}
