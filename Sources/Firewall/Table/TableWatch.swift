internal import CLinux
internal import Text

/// Hears of each change of the kernel's tables, by other programs and by us.
public final class TableWatch {
  private let socket: NetlinkSocket

  public init() throws(FirewallError) {
    socket = try NetlinkSocket(.netfilter)
    socket.makeRoom(sent: 1 << 16, received: 8 << 20)
    try socket.join(7)  // NFNLGRP_NFTABLES
  }

  /// Ready to be read when something has changed.
  public var descriptor: CInt { socket.descriptor }

  /// What was heard.
  public struct Finding: Equatable, Sendable {
    /// Another program has changed our table, or removed it.
    public var isTouched = false
    /// Some of what was told was lost.
    public var isIncomplete = false
  }

  /// Reads all that was told since the last time.
  public func read(ownedBy table: KernelTable) -> Finding {
    var finding = Finding()
    while true {
      do throws(FirewallError) {
        guard let replies = try socket.receive("hear of changes", milliseconds: 0) else { break }
        for reply in replies where reply.port != table.socket.port && reply.isAboutOurTable {
          finding.isTouched = true
        }
      } catch {
        finding.isIncomplete = true
        guard error.isUnknown else { break }
      }
    }
    return finding
  }
}

extension Reply {
  /// All of these messages name their table first, but that of a new generation, which has none.
  fileprivate var isAboutOurTable: Bool {
    guard let message = tableMessage, message != TableMessage.newGeneration.rawValue,
      let name = attributes()[1]
    else { return false }
    return name.beforeNUL.elementsEqual(TableName.table.bytes)
  }
}
