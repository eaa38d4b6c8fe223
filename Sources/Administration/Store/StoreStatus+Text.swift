internal import BlockList
internal import Platform
internal import Policy
internal import Upkeep

extension StoreStatus {
  /// For people: a line for each thing that can be told.
  func write(to output: inout Output) throws {
    for (label, text) in lines { try output.add(Column.line([label, text], Self.columns)) }
  }

  private static let columns = [Column(11), Column(0)]

  private var lines: [(String, String)] {
    var lines = [("store", path.shown)]
    if let space {
      let map = look.map { ", may grow to \(Bytes(count: $0.size.map).text)" } ?? ""
      lines.append(("size", Bytes(count: space.disk).text + " on the disk" + map))
    } else {
      lines.append(("size", "there is no store yet"))
    }
    if let look {
      let pages = look.size.pages
      lines.append(("pages", "\(pages.used) used, \(pages.free) free, of \(pages.all)"))
      lines.append(("layout", "version \(look.version)"))
      let seal = look.wasSealed ? "as its last writer left it" : "was not; every page is in order"
      lines.append(("seal", seal))
    }
    if let count { lines += self.lines(on: count) }
    if let check { lines.append(("check", sentence(on: check))) }
    lines += holders.isEmpty ? [("lock", "free")] : holders.map { ("lock", sentence(on: $0)) }
    if failure?.isTimeout == true { lines += holders.map { ("", advice(on: $0)) } }
    for file in movedAside {
      lines.append(("moved aside", "\(file.name.shown) (\(Bytes(count: file.disk).text))"))
    }
    return lines
  }

  private func lines(on count: Count) -> [(String, String)] {
    var local = LocalTime()
    let subjects = count.kinds.sentence
    var lines = [
      ("subjects", "\(subjects), \(count.blocked) of them blocked"),
      ("attempts", "\(count.attempts), and \(count.inFlight) in flight"),
    ]
    if let oldest = count.oldest, let newest = count.newest {
      lines.append(("oldest", local(oldest).text))
      lines.append(("newest", local(newest).text))
    }
    return lines
  }

  private func sentence(on check: StoreCheck) -> String {
    var sentence = "\(counted(check.pages, "page")) and \(counted(check.subjects, "subject"))"
    sentence += ", no damage"
    if check.foreign > 0 { sentence += "; a newer version wrote \(check.foreign) of them" }
    if check.unfiled > 0 { sentence += "; only 'ablctl purge' will find \(check.unfiled) of them" }
    if check.misnoted > 0 { sentence += "; \(check.misnoted) wait for 'ablctl update'" }
    return sentence
  }

  /// `held by su (4711), which is stopped; it was started at 2026-11-21 04:12:33`
  private func sentence(on holder: ProcessSketch) -> String {
    var local = LocalTime()
    let name = holder.name.isEmpty ? "a process" : Name(holder.name).shown
    var sentence = "held by \(name) (\(holder.id))"
    switch holder.condition {
    case .alive: break
    case .stopped: sentence += ", which is stopped"
    case .frozen: sentence += ", which is frozen"
    case .gone: sentence += ", which is gone or not to be seen"
    }
    guard let started = holder.started else { return sentence }
    return sentence + "; it was started at \(local(Timestamp(seconds: started)).text)"
  }

  private func advice(on holder: ProcessSketch) -> String {
    let end =
      "'kill -KILL \(holder.id)' ends it: what it has not written yet is undone, nothing else is lost"
    return switch holder.condition {
    case .alive: "it should give it back in a moment; if it doesn't, " + end
    case .stopped: "'kill -CONT \(holder.id)' lets it go on; " + end
    case .frozen: "thaw its control group (see /proc/\(holder.id)/cgroup); " + end
    case .gone:
      "a process that it has started may have it: look for one that has the file 'lock' open"
    }
  }
}
