internal import DenyList
internal import Firewall
internal import Platform
internal import Text

/// Holds what is blocked in a list file of TCP wrappers: at most one writing a second, and a host
/// leaves it when its block ends.
///
/// Unlike the kernel's, its blocks don't end by themselves; so it is gone when the daemon ends.
final class ListFileLayer {
  private let tell: Telling
  private(set) var file: Path?
  /// Nil before the first look: until then the file stays as an abld before this one left it.
  private var list: DenyList?
  /// What the file is known to have.
  private var written: [UInt8]?
  private var earliest: Int64 = 0
  private var retry = Retry()
  /// When there is something to do, by a clock of milliseconds; nil: not by itself.
  private(set) var due: Int64?
  /// Why the file isn't as it should be, if so.
  private(set) var trouble: Text = ""

  /// Milliseconds between two writings.
  private static let pause: Int64 = 1000

  init(_ tell: @escaping Telling) { self.tell = tell }

  func count(at now: Moment) -> Int { list?.count(at: now) ?? 0 }

  var leftOut: Int { list?.leftOut ?? 0 }

  /// Writes to `file` from now on; to none if it is nil. One that was written to before goes.
  func use(_ file: Path?) {
    guard file != self.file else { return }
    end()
    (self.file, written, trouble, retry) = (file, nil, "", Retry())
    if list != nil { due = 0 }
  }

  /// Makes `list` what the file has, at once or as soon as it may.
  func hold(_ list: DenyList, at now: Moment, _ clock: Int64) {
    self.list = list
    due = 0
    settle(at: now, clock)
  }

  /// Does what is due.
  func settle(at now: Moment, _ clock: Int64) {
    guard let list, let due, clock >= due else { return }
    self.due = file == nil ? nil : settled(list, at: now, clock)
  }

  /// When there is something to do again.
  private func settled(_ list: DenyList, at now: Moment, _ clock: Int64) -> Int64? {
    let text = list.text(at: now)
    if text != written {
      let free = max(earliest, retry.due)
      guard clock >= free else { return free }
      guard replace(text, clock) else { return retry.due }
    }
    return list.nextEnd(after: now).map { clock + ($0.milliseconds - now.milliseconds) }
  }

  /// Takes the file away.
  func end() {
    guard let file else { return }
    do throws(SystemError) { try ListFile.remove(file) } catch { tell(.error, error.message) }
    (written, due) = (nil, nil)
  }

  private func replace(_ text: [UInt8], _ clock: Int64) -> Bool {
    guard let file else { return true }
    do throws(SystemError) {
      if written == nil, try ListFile.isForeign(file) { return refuse(file, clock) }
      try ListFile.replace(file, by: text)
    } catch {
      return fail(error.message, clock)
    }
    if !trouble.isEmpty { tell(.notice, "the list file '\(file.text)' is right again") }
    (written, trouble, retry) = (text, "", Retry())
    earliest = clock + Self.pause
    return true
  }

  private func refuse(_ file: Path, _ clock: Int64) -> Bool {
    let reason: Text = "'\(file.text)' has something else than addresses, so another one wrote it"
    let remedy: Text = "name another file in list_file, or remove this one"
    return fail("\(reason); \(remedy)", clock)
  }

  private func fail(_ reason: Text, _ clock: Int64) -> Bool {
    if trouble != reason { tell(.error, "the list file: \(reason)") }
    trouble = reason
    retry.fail(clock, isLasting: false)
    return false
  }
}
