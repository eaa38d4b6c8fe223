import Policy

@testable import Administration

/// Databases of pam_abl beside a machine, in `old`.
extension Machine {
  var old: String { directory + "/old" }

  /// A configuration of the real pam_abl for them, with the same rules.
  func oldConfiguration(_ rules: String) -> String {
    let file = directory + "/old.conf"
    let databases = "host_db=\(old)/hosts.db\nuser_db=\(old)/users.db\n"
    Machine.write("db_home=\(old)\n" + databases + rules, to: file)
    Machine.shell(#"mkdir -p "$1""#, old)
    return file
  }

  /// What `db5.3_dump -p` prints of a database with these records.
  static func dump(_ records: [(name: [UInt8], record: [UInt8])]) -> String {
    var text: [UInt8] = Array(
      "VERSION=3\nformat=print\ndatabase=state\ntype=btree\ndb_pagesize=4096\nHEADER=END\n".utf8)
    let digits = Array("0123456789abcdef".utf8)
    for record in records {
      for bytes in [record.name, record.record] {
        text.append(0x20)
        for byte in bytes {
          if byte == 0x5C {
            text += [byte, byte]
          } else if (0x20..<0x7F).contains(byte) {
            text.append(byte)
          } else {
            text += [0x5C, digits[Int(byte >> 4)], digits[Int(byte & 15)]]
          }
        }
        text.append(0x0A)
      }
    }
    return String(decoding: text + "DATA=END\n".utf8, as: UTF8.self)
  }

  /// Makes a Berkeley DB of it, as pam_abl has it.
  func loadOld(_ file: String, _ records: [(name: [UInt8], record: [UInt8])]) -> Ended {
    let dump = directory + "/" + file + ".dump"
    Machine.write(Machine.dump(records), to: dump)
    return Machine.shell(#"mkdir -p "$1"; db5.3_load -f "$3" "$1/$2""#, old, file, dump)
  }
}

/// A record of pam_abl 0.6.0.
func oldRecord(
  isBlocked: Bool = false,
  _ attempts: [(time: Int64, reason: Int32, other: String, service: String)]
) -> [UInt8] {
  func native<Number: FixedWidthInteger>(_ number: Number) -> [UInt8] {
    let bytes = (0..<MemoryLayout<Number>.size).map {
      UInt8(truncatingIfNeeded: number >> Number(8 * $0))
    }
    return 1.littleEndian == 1 ? bytes : bytes.reversed()
  }
  var record = native(Int32(isBlocked ? 1 : 2)) + native(UInt32(attempts.count))
  for attempt in attempts {
    record += native(attempt.time) + native(attempt.reason)
    record += Array(attempt.other.utf8) + [0] + Array(attempt.service.utf8) + [0]
  }
  return record
}
