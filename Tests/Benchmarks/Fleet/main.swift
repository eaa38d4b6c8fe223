// fleetbench: a thousand simulated machines with the real logs, messages, merge and policy, without a network.
import Glibc
import Policy
import Sharing

func milliseconds() -> Double {
  var time = timespec()
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
  return Double(time.tv_sec) * 1000 + Double(time.tv_nsec) / 1_000_000
}

/// Resident memory, in MB.
func memory() -> Int {
  guard let file = fopen("/proc/self/statm", "r") else { return 0 }
  defer { fclose(file) }
  var text = [CChar](repeating: 0, count: 100)
  fgets(&text, 100, file)
  let words = String(decoding: text.map { UInt8(bitPattern: $0) }, as: UTF8.self).split(
    separator: " ")
  return (Int(words[1]) ?? 0) * 4096 / 1_000_000
}

func tenths(_ value: Double) -> String {
  let scaled = Int((value * 10).rounded())
  return "\(scaled / 10).\(scaled % 10)"
}

@MainActor
func measure(_ what: String, _ body: () -> Void) {
  let start = milliseconds()
  body()
  print("\(what): \(tenths(milliseconds() - start)) ms of CPU, \(memory()) MB resident")
}

let now: UInt32 = 1_800_000_000
let machines = 1000
let blocks = 100
var logs: [OriginLog] = []
var kept: [(Topic, [UInt8])] = []
var heads: [(Topic, [UInt8])] = []

func record(_ machine: Int, _ number: Int) -> Record {
  let address = UInt32(machine * 1000 + number) &* 2_654_435_761
  return Record(.block, Prefix(.v4(address)), failures: 10, made: now - 60, until: now + 3600)
}

for machine in 0..<machines {
  var log = OriginLog(Origin("m\(machine)")!, epoch: 1)
  for number in 0..<blocks { log.block(record(machine, number)) }
  let publication = log.everything(at: now)
  kept += publication.kept.map { ($0.key, $0.value) }
  heads.append((Topic(.head, log.origin), publication.head))
  logs.append(log)
}
let size = (kept + heads).reduce(0) { $0 + $1.1.count }
print("\(machines) machines with \(blocks) blocks each: \(size / 1000) kB kept")

var map = FleetMap(own: Origin("newcomer")!)
measure("a newcomer reads \(machines) heads and \(kept.count) documents") {
  for (topic, message) in heads { _ = map.receive(message, under: topic, at: now) }
  for (topic, message) in kept { _ = map.receive(message, under: topic, at: now) }
}
let known = map.copies.values.reduce(0) { $0 + $1.count }
precondition(known == machines * blocks, "the newcomer knows \(known)")

let policy = FleetPolicy()
let sanctuary = Sanctuary(
  home: PrefixSet((0..<1000).map { Prefix(.v4(UInt32($0) << 8), length: 24)! }))
measure("the policy decides about \(known)") {
  let enforcement = policy.enforcement(of: map, sanctuary: sanctuary, at: now)
  print("  \(enforcement.blocks.count) hold")
}

var announcements: [(Topic, [UInt8])] = []
measure("10 000 announcements of one block are written") {
  for number in 0..<10_000 {
    let machine = number % machines
    logs[machine].block(record(machine, 500 + number / machines))
    let publication = logs[machine].flush(at: now)
    if let message = publication.announcement {
      announcements.append((Topic(.live, logs[machine].origin), message))
    }
  }
}
measure("10 000 announcements of one block are read") {
  for (topic, message) in announcements { _ = map.receive(message, under: topic, at: now) }
}
precondition(map.copies.values.reduce(0) { $0 + $1.count } == known + 10_000)

print("fleet_rule = *:10/1h, one guess on each machine, 50 ms from one to another:")
for (machines, rates) in [(200, [1000, 100, 10]), (990, [1000, 100, 10])] {
  for rate in rates {
    print("  \(machines) machines, \(rate) guesses a second: \(try spread(machines, rate: rate))")
  }
}
