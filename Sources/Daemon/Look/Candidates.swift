internal import BlockList
internal import Firewall
internal import Policy
internal import Sharing

/// Blocked hosts, as the firewall may have them.
struct Candidates {
  private(set) var all: [Candidate] = []
  /// How many guessed only at services whose ports aren't known.
  private(set) var portless = 0
  /// How many are advice of the fleet: never more than half of what the kernel may have.
  private(set) var advised = 0

  /// - Parameters:
  ///   - vital: what a block by hand leaves out; what is blocked by evidence is one host.
  ///   - advice: of the fleet, the weightiest first.
  init(
    _ hosts: [BlockedHost], _ settings: Settings, vital: [Firewall.Prefix] = [],
    advice: [Candidate] = []
  ) {
    all.reserveCapacity(hosts.count)
    // Of the service that came last: most guess at one.
    var known: (name: Name, ports: [UInt16])?
    for host in hosts {
      guard host.origin != .byHand else {
        add(byHand: host, without: vital)
        continue
      }
      let before = all.count
      if settings.blocksAllPorts || host.services.isEmpty {
        add(host, [Element.allPorts], until: host.until)
      } else {
        for service in host.services {
          let ports = known?.name == service.name ? known?.ports : nil
          let own = ports ?? settings.servicePorts[service.name]
          known = (service.name, own)
          add(host, own, until: service.until)
        }
      }
      if all.count == before { portless += 1 }
    }
    let local = all.reduce(0) { $0 + $1.ports.count }
    let share = Enforcement.kernelShare(capacity: settings.most, local: local)
    all += advice.prefix(share)
    advised = min(share, advice.count)
  }

  /// Those of a list file, which has no word that lets a part of a network pass: it is taken out.
  /// A block by hand within an allow by hand is the more precise word, and stays.
  init(
    listing hosts: [BlockedHost], _ protection: Protection, allowedByHand: [Firewall.Prefix]
  ) {
    let allowed = Array(protection.allowed)
    for host in hosts {
      let isAlone = host.prefix.length == (host.prefix.isIPv6 ? 128 : 32)
      let exceptions = host.origin == .byHand ? protection.vital + allowed : allowed + allowedByHand
      let end = Moment(seconds: host.until.seconds)
      for part in isAlone ? [host.prefix] : host.prefix.without(exceptions) {
        all.append(
          Candidate(part, ports: [Element.allPorts], until: end, origin: host.origin))
      }
    }
  }

  private mutating func add(byHand host: BlockedHost, without vital: [Firewall.Prefix]) {
    let end = Moment(seconds: host.until.seconds)
    for part in host.prefix.without(vital) {
      all.append(Candidate(part, ports: [Element.allPorts], until: end, origin: .byHand))
    }
  }

  private mutating func add(_ host: BlockedHost, _ ports: [UInt16], until: Timestamp) {
    guard !ports.isEmpty else { return }
    let end = Moment(seconds: until.seconds)
    all.append(Candidate(host.prefix, ports: ports, until: end, origin: host.origin))
  }
}
