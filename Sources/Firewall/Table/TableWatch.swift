internal import CLinux
internal import Policy
public import Text

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
    /// The last program that has changed it; nil if that was lost.
    public var program: Program?
  }

  /// A process that has changed the kernel's tables.
  public struct Program: Equatable, Sendable {
    /// Its number, as the kernel counts outside of all containers.
    public let process: UInt32
    /// Its name, as it may be shown: a process chooses its own.
    public let name: Text

    fileprivate init(_ newGeneration: Reply) {
      let attributes = newGeneration.attributes()
      process = UInt32(truncatingIfNeeded: attributes[2]?.number ?? 0)
      name = Name(attributes[3]?.beforeNUL ?? []).escaped
    }
  }

  /// Reads all that was told since the last time.
  ///
  /// A transaction ends by the message of a new generation, which names the process. The answer to a
  /// question for the generation does so, too, but it names the process that asks.
  public func read(ownedBy table: KernelTable) -> Finding {
    var finding = Finding()
    // Within a transaction that touches our table: its end comes at once.
    var isWithin = false
    while true {
      do throws(FirewallError) {
        let pause: CInt = isWithin ? 50 : 0
        let heard = try socket.receive("hear of changes", milliseconds: pause)
        guard let replies = heard else { break }
        for reply in replies where reply.port != table.socket.port {
          if reply.isAboutOurTable {
            (finding.isTouched, isWithin) = (true, true)
          } else if isWithin, reply.isNewGeneration {
            (finding.program, isWithin) = (Program(reply), false)
          }
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
  fileprivate var isNewGeneration: Bool {
    tableMessage == TableMessage.newGeneration.rawValue
  }

  /// All of these messages name their table first, but that of a new generation, which has none.
  fileprivate var isAboutOurTable: Bool {
    guard tableMessage != nil, !isNewGeneration, let name = attributes()[1] else { return false }
    return name.beforeNUL.elementsEqual(TableName.table.bytes)
  }
}
