internal import CInternet
internal import Policy
internal import Text

/// An address alone, as a host, and a list of them.
func fuzz(_ input: [UInt8]) {
  checkAddress(input)
  checkHost(input)
  checkList(input)
  for entry in AllowList(users: input[...]).entries {
    expect(isHarmless(entry.text.bytes), "a user is shown harmlessly")
  }
}

private func checkAddress(_ input: [UInt8]) {
  let address = HostAddress(parsing: input[...])
  if let octets = octetsByLibc(of: input) {
    expect(address == HostAddress(octets: octets[...]), "what inet_pton reads is read alike")
  } else if address != nil {
    // Leading zeros in a dotted quad, and zones, are ours alone.
    expect(
      input.contains { $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "%") },
      "inet_pton reads it, too")
  }
  guard let address else { return }
  expect(
    HostAddress(parsing: address.text.bytes[...]) == address, "an address reads as it is written")
  expect(HostAddress(octets: address.octets[...]) == address, "an address is its octets")
  expect(octetsByLibc(of: address.text.bytes) == address.octets, "inet_pton reads what we write")
}

/// The octets of the address that libc reads; nil if it reads none.
private func octetsByLibc(of text: [UInt8]) -> [UInt8]? {
  guard !text.contains(0) else { return nil }
  let isV6 = text.contains(UInt8(ascii: ":"))
  var octets = [UInt8](repeating: 0, count: isV6 ? 16 : 4)
  let status = unsafe Text(text).withCString { text in
    unsafe octets.withUnsafeMutableBytes {
      unsafe inet_pton(isV6 ? AF_INET6 : AF_INET, text, $0.baseAddress)
    }
  }
  return status == 1 ? octets : nil
}

private func checkHost(_ input: [UInt8]) {
  let half = Name(input[(input.count / 2)...])
  for names in [[], [half], [Name(input)]] as [[Name]] {
    guard LocalOrigin(input[...], names: names) != nil else { continue }
    expect(HostAddress(parsing: input[...]) == nil, "an address is never this machine's name")
    let capitals = input.map { $0.upper }
    expect(LocalOrigin(capitals[...], names: names) != nil, "capitals make no difference")
  }
  guard let host = Host(input[...]) else { return }
  expect(Host(host.bytes[...]) == host, "a host reads as it is passed on")
  expect(isHarmless(host.text.bytes), "a host is shown harmlessly")
}

private func checkList(_ input: [UInt8]) {
  var mistakes: [SyntaxError] = []
  let list = AllowList(hosts: input[...], mistakes: &mistakes)
  expect(mistakes, liesIn: input)
  for entry in list.entries {
    expect(isHarmless(entry.text.bytes), "an entry is shown harmlessly")
    checkRereading(of: entry)
  }
  for case .network(let network) in list.entries.prefix(2) { check(network, against: list) }
}

private func checkRereading(of entry: AllowList.Entry) {
  // What isn't UTF-8 is shown escaped.
  if case .host(let name) = entry, name.escaped.bytes != name.bytes { return }
  var mistakes: [SyntaxError] = []
  let again = AllowList(hosts: entry.text.bytes[...], mistakes: &mistakes)
  expect(mistakes.isEmpty && again.entries.first == entry, "an entry reads as it is written")
}

/// Compares, bit by bit, with all addresses of the list.
private func check(_ network: Network, against list: AllowList) {
  let bits = network.address.bits
  expect(Int(network.prefixLength) <= bits.count, "a prefix is not longer than the address")
  expect(network.contains(network.address), "a network has its own address")
  for case .network(let other) in list.entries {
    let others = other.address.bits
    let isInside =
      bits.count == others.count
      && bits.prefix(Int(network.prefixLength)) == others.prefix(Int(network.prefixLength))
    expect(network.contains(other.address) == isInside, "a network has what begins with its prefix")
  }
}

extension UInt8 {
  fileprivate var upper: UInt8 {
    (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(self) ? self & 0xDF : self
  }
}

extension HostAddress {
  fileprivate var bits: [Bool] {
    octets.flatMap { octet in (0..<8).map { octet & (0x80 >> $0) != 0 } }
  }
}
