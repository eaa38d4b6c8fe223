internal import LMDB
internal import LMDBFile
package import Platform

/// The seal says that the store is as its last writer left it: what the system knew of the file
/// then stands in a file of `run_home`.
///
/// Where it is broken every page is looked at before LMDB may map it: at the first login after a
/// boot, after a writer was killed, after anybody else has changed the file. A check takes about a
/// millisecond for each thousand subjects; a seal, a few microseconds.
extension Store {
  package static var seal: Path { "seal" }

  /// Nil if there is no room for it: then every page is looked at each time.
  static func openSeal(in home: borrowing Home) throws(StoreError) -> File? {
    do throws(SystemError) {
      return try File(seal.tagged(home.directory), in: home.run, .readWrite, creating: true)
    } catch {
      guard error.isWithoutRoom else { throw .system(error) }
      return nil
    }
  }

  package func isSealed(_ status: FileStatus) -> Bool {
    let content = Self.content(of: status)
    return (try? sealFile?.read(content.count)) == content
  }

  /// Seals the store; should that fail, every page is looked at once more.
  package func seal(_ status: FileStatus) {
    try? sealFile?.write(Self.content(of: status), at: 0)
  }

  private static func content(of status: FileStatus) -> [UInt8] {
    status.fingerprint.flatMap { Bytes.bigEndian($0) }
  }

  /// Looks at all of the file.
  package func check(_ file: borrowing File, size: Int) throws(StoreError) {
    let head = try system { () throws(SystemError) in try file.read(Preflight.headLength) }
    var failure: SystemError?
    do throws(Preflight.Finding) {
      try Preflight(head, size: size).checkPages { count, offset in
        file.read(count, at: offset, orNote: &failure)
      }
    } catch {
      // What couldn't be read isn't damaged.
      if let failure { throw .system(failure) }
      throw .unusable(file.path, finding: error)
    }
  }
}

extension File {
  /// So many bytes, or none, and why not.
  func read(_ count: Int, at offset: Int, orNote failure: inout SystemError?) -> [UInt8] {
    do throws(SystemError) { return try read(count, at: offset) } catch {
      failure = failure ?? error
      return []
    }
  }
}
