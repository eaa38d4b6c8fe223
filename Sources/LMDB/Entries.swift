internal import CLMDB

/// Some entries of a database as they are stored: a copy, all of it in one piece of memory.
public struct Entries: Sendable {
  private var bytes: [UInt8] = []
  /// Where a key ends and its value begins, and where that ends.
  private var ends: [(key: Int, value: Int)] = []

  public init() {}

  public var count: Int { ends.count }
  public var isEmpty: Bool { ends.isEmpty }

  /// The key of one of them, as it is stored.
  public func key(_ index: Int) -> ArraySlice<UInt8> {
    bytes[(index == 0 ? 0 : ends[index - 1].value)..<ends[index].key]
  }

  /// The value of one of them, as it is stored.
  public func value(_ index: Int) -> ArraySlice<UInt8> {
    bytes[ends[index].key..<ends[index].value]
  }

  /// The last of the keys; nil if there is none.
  public var lastKey: [UInt8]? { isEmpty ? nil : Array(key(count - 1)) }

  fileprivate var size: Int { bytes.count }

  mutating func append(_ key: MDB_val, _ value: MDB_val) {
    unsafe bytes.append(contentsOf: raw(key))
    let end = bytes.count
    unsafe bytes.append(contentsOf: raw(value))
    ends.append((end, bytes.count))
  }
}

extension Database {
  /// The entries behind `key`, in the order of their keys.
  ///
  /// - Parameters:
  ///   - key: nil begins.
  ///   - count: at most so many.
  ///   - size: none more once they take so many bytes.
  public func entries(
    after key: [UInt8]?, count: Int, size: Int = 4 << 20,
    in transaction: borrowing some LMDB.Transaction & ~Copyable
  ) throws(LMDBError) -> Entries {
    let cursor = try Cursor(self, in: transaction)
    var entries = Entries()
    var isThere = try unsafe cursor.seek(key ?? [0])
    while entries.count < count, entries.size < size, let (at, value) = unsafe isThere {
      if let key, entries.isEmpty, unsafe raw(at).elementsEqual(key) {
      } else {
        unsafe entries.append(at, value)
      }
      unsafe isThere = try unsafe cursor.step()
    }
    return entries
  }
}

/// What LMDB points to; its memory is the file's, and ends with the transaction.
func raw(_ value: MDB_val) -> UnsafeRawBufferPointer {
  unsafe UnsafeRawBufferPointer(start: value.mv_data, count: value.mv_size)
}
