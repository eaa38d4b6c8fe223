import Foundation
import Platform
import Policy
import Testing

@testable import BlockList
@testable import Upkeep

/// What the version before has left, or still writes: its table and its journal.
struct PredecessorTests {
  /// What a slot of it says of a failure of bob from 192.0.2.7.
  private static func slot(state: UInt8, id: UInt64) -> [UInt8] {
    var bytes = [state] + Bytes.bigEndian(id) + Bytes.bigEndian(start.seconds)
    bytes += [0, 0, 0, 1] + Bytes.bigEndian(UInt64(1)) + [3]
    bytes += Bytes.string(Array("imap".utf8))
    bytes += Bytes.string(SubjectKey(.user("bob")).bytes)
    bytes += Bytes.string(SubjectKey(.host("192.0.2.7")).bytes)
    return bytes + [UInt8](repeating: 0, count: InFlight.slotLength - bytes.count)
  }

  private enum Place: String, CaseIterable { case table, journal }

  /// A store beside two failures of it.
  private static func sample(_ place: Place) throws -> Sample {
    let sample = try Sample(users: "*:4/1h")
    for name in ["db", "run"] {
      try FileManager.default.createDirectory(
        at: sample.directory.file(name), withIntermediateDirectories: false,
        attributes: [.posixPermissions: 0o700])
    }
    var head = Array("abl in flight 1\n".utf8) + Boot.id
    head += [UInt8](repeating: 0, count: InFlight.slotLength - head.count)
    // in-flight-TAG-BOOT
    let tag = try sample.tableName.split(separator: "-")[2]
    let file = sample.directory.file(place == .journal ? "db/journal" : "run/attempts-\(tag)")
    try Data(head + slot(state: 2, id: 71) + slot(state: 4, id: 72)).write(to: file)
    chmod(file.path, 0o600)
    return sample
  }

  @Test("its failures are told, and counted with the others", arguments: Place.allCases)
  private func counts(_ place: Place) throws {
    let sample = try Self.sample(place)
    #expect(try sample.count(of: .user("bob")) == 2)
    #expect(try sample.blockList.unwrittenFailures(at: start).count == 4)
    for _ in 0..<2 { #expect(try sample.guess(Attempt("bob", from: "192.0.2.8")) == nil) }
    #expect(try sample.guess(Attempt("bob", from: "192.0.2.8"))?.subject == .user("bob"))
    #expect(try sample.count(of: .user("bob")) == 4)
    #expect(try sample.count(of: .host("192.0.2.7")) == 2)
  }

  @Test("they are taken over once", arguments: Place.allCases)
  private func takenOver(_ place: Place) throws {
    let sample = try Self.sample(place)
    for _ in 0..<3 { try sample.fileAll() }
    #expect(try sample.stored(.user("bob")) == 2)
    #expect(try sample.count(of: .user("bob")) == 2)
    #expect(try sample.blockList.unwrittenFailures(at: start).isEmpty)
    #expect(!FileManager.default.fileExists(atPath: sample.directory.file("db/journal").path))
  }
}
