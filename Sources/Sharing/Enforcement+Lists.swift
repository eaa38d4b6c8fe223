extension FleetJudge {
  /// Takes over what a list has. No machine is needed that reports it, too, and it holds as long as
  /// its administrator has said; what no advice may block it can't block either.
  mutating func hear(_ list: AdviceList) {
    guard list.until > now else { return }
    let shortest = (AdviceList.shortestV4, AdviceList.shortestV6)
    for prefix in list.prefixes {
      if let reason = objection(to: prefix, made: list.made, shortest: shortest) {
        leaveOut(reason, of: list.origin)
        continue
      }
      var block = Enforcement.Block(
        prefix: prefix, until: list.until, reporters: 0, since: list.made)
      block.lists = [list.origin]
      listed[prefix] = listed[prefix]?.listed(as: block) ?? block
    }
  }

  /// What machines say, and behind it what lists have: that leaves first where there is no room.
  func joined(
    with lists: [Prefix: Enforcement.Block], _ blocks: [Enforcement.Block]
  ) -> [Enforcement.Block] {
    guard !lists.isEmpty else { return blocks }
    var rest = lists
    let joined = blocks.map { block in
      rest.removeValue(forKey: block.prefix).map { block.listed(as: $0) } ?? block
    }
    return joined + rest.values
  }
}

extension Enforcement.Block {
  /// As long as either says, since the earlier.
  fileprivate func listed(as other: Enforcement.Block) -> Enforcement.Block {
    var block = self
    (block.until, block.since) = (max(until, other.until), min(since, other.since))
    let more = other.lists.filter { !lists.contains($0) }
    block.lists = Array((lists + more).prefix(Self.mostNamed))
    return block
  }
}
