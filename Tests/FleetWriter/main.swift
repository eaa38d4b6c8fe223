import BlockList
import Daemon
import Glibc
import Platform
import Policy
import Sharing
import Text

// Writes what a fleet says beside a store, as abld does, for tests of the store: commits that put some dozens of blocks into
// fleet.mdb, change and remove them.
//
//   fleetwriter DIRECTORY COMMITS      (0: until it is killed)
//
// As abld does, it makes the directory where no login has done so yet.

let words = CommandLine.arguments
guard words.count == 3, let most = Int(words[2]) else { exit(64) }

func end(_ message: Text) -> Never {
  print(String(decoding: message.bytes, as: UTF8.self))
  exit(1)
}

let home = Path(words[1].utf8)
do { _ = try File.directory(creating: home) } catch { end(error.message) }
let store = FleetStore(in: home, most: 10_000)
let witness = Origin("m1").map { [$0] } ?? []
var commit: UInt32 = 0
while most == 0 || commit < most {
  // No host that a login comes from.
  let blocks = (0..<40 as Range<UInt32>).map { number in
    Enforcement.Block(
      prefix: Prefix(.v4(0xCB00_0000 + (commit / 3 + number) % 60)), until: 4_000_000_000 - commit,
      reporters: 1, witnesses: witness)
  }
  do { try store.hold(blocks) } catch { end("commit \(Text(UInt64(commit))): \(error.message)") }
  commit += 1
  usleep(1000)
}
