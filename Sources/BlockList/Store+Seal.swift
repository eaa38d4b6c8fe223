internal import LMDB
internal import Platform

/// The seal says that the store is as its last writer left it: what the system knew of the file
/// then stands in a file of `run_home`.
///
/// Where it is broken every page is looked at before LMDB may map it: at the first login after a
/// boot, after a writer was killed, after anybody else has changed the file. A check takes about a
/// millisecond for each thousand subjects; a seal, a few microseconds.
extension Store {
  static var seal: Path { "seal" }

  func isSealed(_ status: FileStatus) -> Bool {
    let content = Self.content(of: status)
    return (try? sealFile.read(content.count)) == content
  }

  /// Seals the store; should that fail, every page is looked at once more.
  func seal(_ status: FileStatus) {
    try? sealFile.write(Self.content(of: status), at: 0)
  }

  private static func content(of status: FileStatus) -> [UInt8] {
    status.fingerprint.flatMap { Bytes.bigEndian($0) }
  }

  /// Looks at all of the file.
  func check(_ file: borrowing File, size: Int) throws(StoreError) {
    let head = try system { () throws(SystemError) in try file.read(Preflight.headLength) }
    do throws(Preflight.Finding) {
      try Preflight(head, size: size).checkPages { count, offset in
        (try? file.read(count, at: offset)) ?? []
      }
    } catch {
      throw unusable(file.path, error)
    }
  }
}
