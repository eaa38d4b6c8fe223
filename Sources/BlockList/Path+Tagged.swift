package import Platform
internal import Text

extension Path {
  /// The name of a file in `run_home` for the store in the directory `home`.
  ///
  /// Stores may share a `run_home`. A path doesn't tell them apart: it may be spelled in many ways,
  /// and another file system be mounted there.
  package func tagged(_ home: borrowing File) throws(SystemError) -> Path {
    Path(bytes + Text("-").bytes + (try home.tag.bytes))
  }
}
