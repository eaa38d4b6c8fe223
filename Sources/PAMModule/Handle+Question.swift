internal import BlockList
internal import Platform
internal import Policy
internal import Text

extension Handle {
  /// Has `body` ask the store, by the configuration that the module's words and file say; decides
  /// without if that can't be done.
  @inline(never)
  func ask(
    _ arguments: [[UInt8]], _ body: (BlockList) throws(StoreError) -> CInt
  ) -> CInt {
    let loaded = LoadedConfiguration(arguments: arguments)
    if let failure = loaded.failure {
      log(loaded.diagnostics)
      return decide(withoutConfiguration: failure, loaded.configuration)
    }
    let blockList = BlockList(loaded.configuration) { log($0 == .error ? .error : .notice, $1) }
    defer {
      if !loaded.diagnostics.isEmpty, blockList.isNews(loaded.number) { log(loaded.diagnostics) }
      act(on: blockList)
    }
    do throws(StoreError) { return try body(blockList) } catch {
      return decide(without: error.message, loaded.configuration)
    }
  }
}
