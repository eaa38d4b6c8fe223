/// The library that a database of pam_abl was written by.
public enum OldFormat: Sendable {
  case berkeley, kyoto

  /// How many bytes of a file tell.
  public static let head = 16

  /// - Parameter head: the first bytes of the file; nil if it is no such database.
  public init?(head: [UInt8]) {
    // The magic number of a B-tree or a hash, in either byte order.
    let magics: [[UInt8]] = [[0x62, 0x31, 5, 0], [0x61, 0x15, 6, 0]]
    let magic = Array(head.dropFirst(12))
    if head.starts(with: "KC\n".utf8) {
      self = .kyoto
    } else if magics.contains(magic) || magics.contains(magic.reversed()) {
      self = .berkeley
    } else {
      return nil
    }
  }

  /// The names that the program has that prints such a database as text.
  public var programs: [String] {
    switch self {
    case .berkeley: ["db5.3_dump", "db_dump"]
    case .kyoto: ["kchashmgr"]
    }
  }

  /// Debian's package of it.
  public var package: String {
    switch self {
    case .berkeley: "db5.3-util"
    case .kyoto: "kyotocabinet-utils"
    }
  }

  /// Its arguments in front of the file.
  public var arguments: [String] {
    switch self {
    case .berkeley: ["-p"]
    // Without a repair: the file is not ours.
    case .kyoto: ["list", "-onr", "-pv", "-px"]
    }
  }

  /// Likewise, where it is to print what it finds in a damaged file; nil if it can't.
  public var salvageArguments: [String]? {
    switch self {
    case .berkeley: ["-r", "-p"]
    case .kyoto: nil
    }
  }

  /// The names that the program has that says what is wrong with a file; none if there is no such
  /// program.
  public var verifiers: [String] {
    switch self {
    case .berkeley: ["db5.3_verify", "db_verify"]
    case .kyoto: []
    }
  }
}
