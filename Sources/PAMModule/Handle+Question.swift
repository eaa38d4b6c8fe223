internal import BlockList
internal import Platform
internal import Policy

extension Handle {
  /// Has `body` ask the store, by the configuration that the module's words and file say; decides
  /// without if that can't be done.
  @inline(never)
  func ask(
    _ arguments: [[UInt8]], _ body: (BlockList) throws(StoreError) -> CInt
  ) -> CInt {
    let loaded = LoadedConfiguration(arguments: arguments)
    log(loaded.diagnostics)
    if let failure = loaded.failure {
      return decide(withoutConfiguration: failure, loaded.configuration)
    }
    let blockList = BlockList(loaded.configuration) { log(.error, $0) }
    defer { act(on: blockList) }
    do throws(StoreError) { return try body(blockList) } catch {
      return decide(without: error, loaded.configuration)
    }
  }
}
