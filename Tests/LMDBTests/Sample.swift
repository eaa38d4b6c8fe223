import Foundation
import Harness
import LMDB

/// An environment of its own in a temporary directory.
struct Sample {
  let directory: TemporaryDirectory

  /// - Parameter mapSize: bytes.
  init(mapSize: Int = 1 << 20) throws {
    directory = try TemporaryDirectory()
    _ = try Environment(path, .create(mapSize: mapSize), databases: 4)
  }

  var path: String { directory.file("data.mdb").path }

  func environment(_ access: Environment.Access = .write) throws -> Environment {
    try Environment(path, access, databases: 4)
  }

  /// Stores numbers and their texts, in one commit.
  func fill(_ numbers: some Sequence<UInt32>) throws {
    let transaction = try WriteTransaction(environment())
    let database = try Numbers(creating: "numbers", in: transaction)
    for number in numbers {
      try database.set(Array("\(number)".utf8), for: Number(number), in: transaction)
    }
    try transaction.commit()
  }

  /// The file as it is.
  var bytes: [UInt8] {
    get throws { Array(try Data(contentsOf: URL(fileURLWithPath: path))) }
  }
}

typealias Numbers = Database<Number, [UInt8]>
typealias Bytes = Database<[UInt8], [UInt8]>

/// A number as a key: four bytes, big-endian.
struct Number: Storable, Equatable {
  let value: UInt32

  init(_ value: UInt32) { self.value = value }

  var encoded: [UInt8] { withUnsafeBytes(of: value.bigEndian) { Array($0) } }

  init?(decoding bytes: [UInt8]) {
    guard bytes.count == 4 else { return nil }
    value = bytes.reduce(0) { $0 << 8 | UInt32($1) }
  }
}
