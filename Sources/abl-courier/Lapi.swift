internal import Courier
internal import CrowdSec
internal import Glibc
internal import News
internal import Sharing

/// CrowdSec's local API as one more machine that reports, on a thread of its own.
enum Lapi {
  private static let epochFile = "crowdsec-epoch"

  static func source(
    _ settings: FleetConfiguration.CrowdSec, state path: String
  ) -> (source: LapiSource, origin: Origin)? {
    guard let origin = settings.origin else { return nil }
    let lapi = LapiSettings(
      url: settings.url, keyFile: settings.keyFile, authority: settings.authority)
    let source = LapiSource(
      lapi, as: origin, interval: settings.interval, epoch: epoch(in: StateDirectory(path)))
    return (source, origin)
  }

  /// Later than any before, whatever the clock says.
  private static func epoch(in state: StateDirectory) -> UInt64 {
    let old = (try? state.read(epochFile)).flatMap { UInt64(String(decoding: $0, as: UTF8.self)) }
    let now = UInt64(clamping: Clock.now) &* 1_000_000_000
    let epoch = OriginLog.epoch(after: old, nanoseconds: now)
    do throws(NewsError) { try state.write(Array(String(epoch).utf8), to: epochFile) } catch {
      Log.say("after a step of the clock CrowdSec's decisions may be ignored: \(error.message)")
    }
    return epoch
  }

  /// Where what it tells goes: to abld, as what comes from brokers does.
  static func into(_ outbox: Outbox) -> LapiSource.Told {
    { topic, message in outbox.add(.message(topic, message), size: message.count) }
  }

  static func start(_ source: LapiSource, _ outbox: Outbox) {
    OwnThread.begin {
      source.run(told: into(outbox), changed: { outbox.ring() }, say: { Log.say($0) })
    }
  }
}
