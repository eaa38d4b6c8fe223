internal import CSystem
public import Text

/// What the system says of a file.
public struct FileStatus: Equatable, Sendable {
  public let kind: Kind
  /// Bytes.
  public let size: Int
  /// The user that owns it.
  public let owner: UInt32
  /// The permission bits.
  public let mode: UInt32
  /// How many names it has.
  public let links: UInt64
  /// Other numbers once the file is another one, or was written, renamed or given other rights
  /// since: device, inode, size, and when that was (nanoseconds behind seconds; in the steps of the
  /// system's clock, 4 ms or less).
  public let fingerprint: [UInt64]
  /// Which file it is: two names with one identity are one file.
  public let identity: Identity

  /// What stands there.
  public enum Kind: Sendable {
    case regular, directory, other
  }

  /// Which file it is, whatever its path.
  public struct Identity: Equatable, Sendable {
    let device: UInt64
    let inode: UInt64
  }

  init(_ status: stat) {
    var status = status
    let isRegular = unsafe csystem_is_regular(&status) != 0
    let isDirectory = unsafe csystem_is_directory(&status) != 0
    kind = isRegular ? .regular : isDirectory ? .directory : .other
    size = Int(status.st_size)
    owner = status.st_uid
    mode = status.st_mode & 0o7777
    links = UInt64(status.st_nlink)
    let times = [
      status.st_mtim.tv_sec, status.st_mtim.tv_nsec, status.st_ctim.tv_sec, status.st_ctim.tv_nsec,
    ]
    fingerprint =
      [UInt64(status.st_dev), UInt64(status.st_ino), UInt64(bitPattern: Int64(status.st_size))]
      + times.map { UInt64(bitPattern: Int64($0)) }
    identity = Identity(device: UInt64(status.st_dev), inode: UInt64(status.st_ino))
  }

  /// Whether only its owner can have changed it, and the owner is root or the user we run as.
  public var isTrustworthy: Bool {
    mode & 0o022 == 0 && (owner == 0 || owner == geteuid())
  }

  /// Likewise, of an ordinary file that has no second name.
  public var isTrustworthyFile: Bool { kind == .regular && isTrustworthy && links == 1 }
}

extension File {
  /// Whether it, or what is in it, never reaches a disk but by way of swap.
  public var isInMemory: Bool { csystem_is_in_memory(descriptor) != 0 }

  /// What the system knows of it.
  public var status: FileStatus {
    get throws(SystemError) { try Self.status(ofDescriptor: descriptor, path) }
  }

  /// A number for the names of files that belong to this one: by its device and inode, whatever
  /// its path is, and as good as never another one's. Nothing, should the system not tell.
  public var tag: Text {
    get throws(SystemError) {
      var status = stat()
      guard unsafe fstat(descriptor, &status) == 0 else { throw .last(.inspect, path) }
      // An inode has rarely more than 32 bits, a device never.
      return Text(UInt64(status.st_ino) ^ UInt64(status.st_dev) << 32)
    }
  }

  /// What the file under `name` in this directory is; the link itself if it is one.
  public func status(of name: Path) throws(SystemError) -> FileStatus {
    var status = stat()
    let result = unsafe name.withCString {
      unsafe fstatat(descriptor, $0, &status, AT_SYMLINK_NOFOLLOW)
    }
    guard result == 0 else { throw .last(.inspect, path.appending(name)) }
    return FileStatus(status)
  }

  /// How long the file `name` of this directory is, and how much it takes on the disk, in bytes.
  public func space(of name: Path) throws(SystemError) -> (length: Int, disk: Int) {
    var status = stat()
    let result = unsafe name.withCString {
      unsafe fstatat(descriptor, $0, &status, AT_SYMLINK_NOFOLLOW)
    }
    guard result == 0 else { throw .last(.inspect, path.appending(name)) }
    return (Int(status.st_size), Int(status.st_blocks) * 512)
  }

  /// What a file is that somebody else opened.
  public static func status(
    ofDescriptor descriptor: Int32, _ path: Path
  ) throws(SystemError) -> FileStatus {
    var status = stat()
    guard unsafe fstat(descriptor, &status) == 0 else { throw .last(.inspect, path) }
    return FileStatus(status)
  }
}
