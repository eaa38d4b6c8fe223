internal import BlockList
internal import LMDB
internal import Platform
internal import Policy

/// How large the store is, in bytes.
public struct StoreSize: Equatable, Sendable {
  /// As long as the map; sparse.
  public let file: Int
  /// What it takes on the disk.
  public let disk: Int
  public let map: Int
  public let pages: Pages

  /// Of how many pages it consists.
  public struct Pages: Equatable, Sendable {
    public let size: Int
    /// How many there are, how many of these have ever been used, and how many of these are free
    /// again.
    public let all, touched, free: Int

    /// What is stored takes so many.
    public var used: Int { touched - free }
  }
}

extension Store {
  /// How large the store is; nil if there is none.
  func size() throws(StoreError) -> StoreSize? {
    var size: StoreSize?
    try read { (transaction, _) throws(LMDBError) in
      let space = try transaction.space
      guard let (length, disk) = try? home.directory.space(of: Self.file) else { return }
      size = StoreSize(
        file: length, disk: disk, map: space.pages * space.pageSize,
        pages: StoreSize.Pages(
          size: space.pageSize, all: space.pages, touched: space.touched, free: space.free))
    }
    return size
  }
}
