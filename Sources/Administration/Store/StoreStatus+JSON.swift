internal import BlockList
internal import Platform
internal import Policy
internal import Upkeep

extension StoreStatus {
  /// All of it as one object; what can't be told is null.
  var object: [UInt8] {
    var object = JSONObject()
    object.set("path", path.shown)
    object.set("exists", space != nil)
    object.set("fileBytes", space?.length)
    object.set("diskBytes", space?.disk)
    object.set("mapBytes", look?.size.map)
    object.set("pageBytes", look?.size.pages.size)
    object.set("pages", look?.size.pages.all)
    object.set("pagesUsed", look?.size.pages.used)
    object.set("pagesFree", look?.size.pages.free)
    object.set("version", look?.version)
    object.set("sealed", look?.wasSealed)
    object.set("hosts", count?.kinds.hosts)
    object.set("users", count?.kinds.users)
    object.set("blocked", count?.blocked)
    object.set("attempts", count?.attempts)
    object.set("inFlight", count?.inFlight)
    object.set("networks", count?.kinds.networks)
    object.set("homes", count?.kinds.homes)
    object.set("callers", count?.kinds.callers)
    object.set("oldest", count?.oldest)
    object.set("newest", count?.newest)
    object.set("waits", counters?.waits)
    object.set("lockTaken", counters?.lockTaken)
    object.set("lost", counters?.lost)
    object.set("check", line: check.map { Self.object($0) })
    object.set("lock", lines: holders.map { Self.object($0) })
    object.set("movedAside", lines: movedAside.map { Self.object($0) })
    object.set("error", failure.map { $0.advice })
    return object.line()
  }

  private static func object(_ check: StoreCheck) -> [UInt8] {
    var object = JSONObject()
    object.set("pages", check.pages)
    object.set("subjects", check.subjects)
    object.set("newer", check.foreign)
    object.set("unfiled", check.unfiled)
    object.set("misnoted", check.misnoted)
    return object.line()
  }

  private static func object(_ holder: ProcessSketch) -> [UInt8] {
    var object = JSONObject()
    object.set("pid", Int(holder.id))
    object.set("command", Name(holder.name).shown)
    object.set("state", holder.condition.word)
    object.set("started", holder.started.map { Timestamp(seconds: $0) })
    return object.line()
  }

  private static func object(_ file: MovedFile) -> [UInt8] {
    var object = JSONObject()
    object.set("name", file.name.shown)
    object.set("diskBytes", file.disk)
    return object.line()
  }
}

extension ProcessSketch.Condition {
  fileprivate var word: String {
    switch self {
    case .alive: "alive"
    case .stopped: "stopped"
    case .frozen: "frozen"
    case .gone: "gone"
    }
  }
}
