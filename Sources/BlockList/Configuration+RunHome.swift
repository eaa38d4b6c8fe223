internal import Platform
internal import Policy

extension Configuration {
  /// The name of a file in `run_home`, which stores may share: the name of a store's own begins
  /// with `kind`, and goes on with the path of the store, colons for slashes; but for the store
  /// that most machines have.
  func runName(_ kind: Path) -> Path {
    var path: [UInt8] = []
    var isBetween = false
    for byte in databaseHome.bytes {
      // A path with more slashes than it needs is the same path.
      if byte != UInt8(ascii: "/") {
        if isBetween { path.append(UInt8(ascii: ":")) }
        path.append(byte)
      }
      isBetween = byte == UInt8(ascii: "/")
    }
    return path == Path(":var:lib:abl").bytes ? kind : Path(kind.bytes + path)
  }
}
