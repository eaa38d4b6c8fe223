internal import Policy

extension Statistics {
  /// All of it as one object.
  var object: [UInt8] {
    var object = JSONObject()
    object.set("since", since)
    object.set("until", until)
    object.set("by", grouping.rawValue)
    object.set("failed", total.failed)
    object.set("refused", total.refused)
    object.set("hosts", hosts)
    object.set("users", users)
    object.set("blockedHosts", blocked.hosts)
    object.set("blockedUsers", blocked.users)
    blocked.describeOtherBlocked(in: &object)
    object.set("rows", lines: rows.map { $0.object })
    object.set("others", line: grouping.isOfTime ? nil : othersObject)
    return object.line()
  }

  private var othersObject: [UInt8] {
    var object = JSONObject()
    object.set("count", others.count)
    object.set("failed", others.tally.failed)
    object.set("refused", others.tally.refused)
    return object.line()
  }
}

extension Statistics.Row {
  fileprivate var object: [UInt8] {
    var object = JSONObject()
    if let start {
      object.set("start", start)
    } else {
      object.set("name", label)
    }
    object.set("failed", tally.failed)
    object.set("refused", tally.refused)
    return object.line()
  }
}
