import Foundation
import Harness
import LMDB
import Testing

private let key: [UInt8] = [1]

@Suite("A transaction")
struct TransactionTests {
  @Test("keeps what was committed")
  func commit() throws {
    let sample = try Sample()
    do {
      let transaction = try WriteTransaction(sample.environment())
      let database = try Bytes(creating: "bytes", in: transaction)
      try database.set([2, 3], for: key, in: transaction)
      // Its own changes are seen at once.
      let value = try database.value(for: key, in: transaction)
      #expect(value == [2, 3])
      try transaction.commit()
    }
    let transaction = try ReadTransaction(sample.environment(.read))
    let database = try Bytes("bytes", in: transaction)
    let value = try database?.value(for: key, in: transaction)
    #expect(value == [2, 3])
  }

  @Test("forgets what was not committed")
  func rollback() throws {
    let sample = try Sample()
    try sample.fill([7])
    let environment = try sample.environment()
    do {
      let transaction = try WriteTransaction(environment)
      let numbers = try Numbers(creating: "numbers", in: transaction)
      try numbers.set([], for: Number(8), in: transaction)
      try numbers.remove(Number(7), in: transaction)
    }
    let transaction = try ReadTransaction(environment)
    let numbers = try #require(try Numbers("numbers", in: transaction))
    let (seven, eight) = (
      try numbers.value(for: Number(7), in: transaction),
      try numbers.value(for: Number(8), in: transaction)
    )
    #expect(seven == Array("7".utf8))
    #expect(eight == nil)
  }

  @Test("forgets what was changed before an error was thrown")
  func thrownError() throws {
    struct Refusal: Error {}
    let sample = try Sample()
    try sample.fill([7])
    #expect(throws: Refusal.self) {
      let transaction = try WriteTransaction(sample.environment())
      let numbers = try Numbers(creating: "numbers", in: transaction)
      try numbers.remove(Number(7), in: transaction)
      guard try numbers.count(in: transaction) > 0 else { throw Refusal() }
      try transaction.commit()
    }
    let transaction = try ReadTransaction(sample.environment(.read))
    let count = try Numbers("numbers", in: transaction)?.count(in: transaction)
    #expect(count == 1)
  }

  @Test("lets a reader go on seeing what was when it began")
  func snapshot() throws {
    let sample = try Sample()
    try sample.fill([7])
    let reading = try sample.environment(.read)
    let transaction = try ReadTransaction(reading)
    let numbers = try #require(try Numbers("numbers", in: transaction))
    try sample.fill([8])
    let count = try numbers.count(in: transaction)
    #expect(count == 1)
  }

  @Test("keeps its environment open")
  func lifetime() throws {
    let sample = try Sample()
    try sample.fill(0..<100)
    let transaction = try read(sample)
    let count = try Numbers("numbers", in: transaction)?.count(in: transaction)
    #expect(count == 100)
  }

  @Test("cannot write what was opened for reading")
  func readOnly() throws {
    let sample = try Sample()
    let error = #expect(throws: LMDBError.self) {
      _ = try WriteTransaction(sample.environment(.read))
    }
    #expect(error?.code == EACCES)
  }

  @Test("is an error where there is no file")
  func missingFile() throws {
    let directory = try TemporaryDirectory()
    let error = #expect(throws: LMDBError.self) {
      _ = try Environment(directory.file("none").path, .read, databases: 4)
    }
    #expect(error?.code == ENOENT)
    #expect(error?.message == "No such file or directory")
    #expect(error?.isDamage == false)
  }

  @Test("is an error where there is no LMDB file")
  func otherFile() throws {
    let directory = try TemporaryDirectory()
    try Data(repeating: 0x61, count: 10_000).write(to: directory.file("x"))
    let error = #expect(throws: LMDBError.self) {
      _ = try Environment(directory.file("x").path, .write, databases: 4)
    }
    #expect(error?.isDamage == true)
  }

  @Test("is not passed on to programs, and leaves nothing open")
  func descriptor() throws {
    let sample = try Sample()
    do {
      let environment = try sample.environment()
      // LMDB has a second one, to write the header.
      let descriptors = descriptors(of: sample.path)
      #expect(descriptors.contains(try environment.descriptor))
      for descriptor in descriptors { #expect(fcntl(descriptor, F_GETFD) & FD_CLOEXEC != 0) }
    }
    #expect(descriptors(of: sample.path) == [])
    // Nothing but the file itself: no lock file.
    let names = try FileManager.default.contentsOfDirectory(atPath: sample.directory.url.path)
    #expect(names == ["data.mdb"])
  }

  @Test("makes a file for its owner alone")
  func fileMode() throws {
    let sample = try Sample()
    var status = stat()
    #expect(stat(sample.path, &status) == 0)
    #expect(status.st_mode & 0o7777 == 0o600)
  }

  @Test("says when its map is full, and can be used all the same")
  func fullMap() throws {
    let sample = try Sample(mapSize: 64 << 10)
    try sample.fill([7])
    let environment = try sample.environment()
    let error = #expect(throws: LMDBError.self) {
      let transaction = try WriteTransaction(environment)
      let numbers = try Numbers(creating: "numbers", in: transaction)
      for number: UInt32 in 0..<1000 {
        try numbers.set([UInt8](repeating: 1, count: 1000), for: Number(number), in: transaction)
      }
      try transaction.commit()
    }
    #expect(error?.isFull == true)
    #expect(error?.isDamage == false)
    try sample.fill([8])
    let transaction = try ReadTransaction(environment)
    let count = try Numbers("numbers", in: transaction)?.count(in: transaction)
    #expect(count == 2)
  }

  @Test("fills up, one commit at a time, and has room again after something was removed")
  func fullBySmallCommits() throws {
    let sample = try Sample(mapSize: 64 << 10)
    var stored: UInt32 = 0
    let value = [UInt8](repeating: 1, count: 1000)
    let error = #expect(throws: LMDBError.self) {
      while stored < 1000 {
        try store(value, stored, in: sample)
        stored += 1
      }
    }
    #expect(error?.isFull == true)
    #expect(stored > 4)
    do {
      let transaction = try WriteTransaction(sample.environment())
      let numbers = try Numbers(creating: "numbers", in: transaction)
      for number in 0..<stored { try numbers.remove(Number(number), in: transaction) }
      try transaction.commit()
    }
    try store(value, 0, in: sample)
  }
}

private func read(_ sample: Sample) throws -> ReadTransaction {
  try ReadTransaction(sample.environment(.read))
}

/// Under which numbers this process has `path` open.
private func descriptors(of path: String) -> [Int32] {
  (3..<1024).filter {
    (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\($0)")) == path
  }
}

private func store(_ value: [UInt8], _ number: UInt32, in sample: Sample) throws {
  let transaction = try WriteTransaction(sample.environment())
  let numbers = try Numbers(creating: "numbers", in: transaction)
  try numbers.set(value, for: Number(number), in: transaction)
  try transaction.commit()
}
