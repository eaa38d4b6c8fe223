import Testing

@testable import Administration

@Suite struct JSONScannerTests {
  /// What a text says, member by member: "key=value".
  private func read(_ text: [UInt8]) throws(JSONError) -> [String] {
    var members: [String] = []
    var scanner = JSONScanner(text[...])
    try scanner.readOnlyObject { (key, scanner) throws(JSONError) in
      let start = scanner.offset
      if scanner.next == UInt8(ascii: "\"") {
        let value = try scanner.readString()
        members.append(String(decoding: key + [0x3D] + value, as: UTF8.self))
      } else {
        try scanner.skipValue()
        members.append(String(decoding: key + [0x3D] + scanner.read(since: start), as: UTF8.self))
      }
    }
    return members
  }

  @Test(
    "reads what RFC 8259 allows",
    arguments: [
      ("{}", []), (" { } \r", []), (#"{"a":"b"}"#, ["a=b"]),
      (
        #"{ "a" : -0.5e+7 ,"b":[] , "c":[1,[2]],"d":{"e":{}}}"#,
        ["a=-0.5e+7", "b=[]", "c=[1,[2]]", #"d={"e":{}}"#]
      ),
      (#"{"a":true,"b":false,"c":null,"":0}"#, ["a=true", "b=false", "c=null", "=0"]),
      (#"{"a":"\"\\\/\b\f\n\r\t\u00e9\uD83D\uDE42\u0000"}"#, ["a=\"\\/\u{8}\u{C}\n\r\té🙂\0"]),
      (#"{"\u0061":"é🙂"}"#, ["a=é🙂"]),
    ] as [(String, [String])])
  func reads(text: String, members: [String]) throws {
    #expect(try read(Array(text.utf8)) == members)
  }

  @Test(
    "refuses all else, and says where",
    arguments: [
      ("", 0, "expected an object, '{'"), ("{", 1, "expected a key, '\"'"),
      (#"{"a"}"#, 4, "expected ':'"), (#"{"a":}"#, 5, "expected a value"),
      (#"{"a":1,}"#, 7, "expected a key, '\"'"), (#"{a:1}"#, 1, "expected a key, '\"'"),
      (#"{"a":01}"#, 5, "a number must not begin with 0"), (#"{"a":1.}"#, 7, "expected a digit"),
      (#"{"a":1e}"#, 7, "expected a digit"), (#"{"a":-}"#, 5, "expected a value"),
      (#"{"a":+1}"#, 5, "expected a value"), (#"{"a":tru}"#, 5, "expected a value"),
      (#"{"a":NaN}"#, 5, "expected a value"),
      (#"{"a":"x"#, 5, "expected the end of the string, '\"'"),
      (#"{"a":"\x"}"#, 6, "unknown escape"),
      (#"{"a":"\u12g4"}"#, 10, "expected four hexadecimal digits"),
      (#"{"a":"\ud800"}"#, 6, "half of a pair"), (#"{"a":"\udc00"}"#, 6, "half of a pair"),
      (#"{"a":"\ud800\u0041"}"#, 6, "half of a pair"),
      ("{\"a\":\"\n\"}", 6, "a control character must be escaped in a string"),
      (#"{"a":[1}"#, 7, "expected ',' or ']'"), (#"{"a":1}{"#, 7, "expected the end of the line"),
      (#"{"a":/**/1}"#, 5, "expected a value"),
    ] as [(String, Int, String)])
  func refuses(text: String, offset: Int, message: String) {
    #expect(throws: JSONError(offset: offset, message: message)) { try read(Array(text.utf8)) }
  }

  @Test("refuses what isn't UTF-8, and what is nested too deep") func limits() {
    let bad = Array(#"{"a":""#.utf8) + [0xFF] + Array(#""}"#.utf8)
    #expect(throws: JSONError(offset: 6, message: "not UTF-8")) { try read(bad) }
    let deep = #"{"a":"# + String(repeating: "[", count: 100_000)
    #expect(throws: JSONError(offset: 68, message: "nested too deep")) {
      try read(Array(deep.utf8))
    }
  }

  @Test("gets over any bytes") func anyBytes() {
    var generator = Splitmix(state: 3)
    let seed = Array(#"{"time":1.5,"kind":"\u00e9","x":[{"a":"b"},-1e9,null]}"#.utf8)
    for _ in 0..<20_000 {
      var text = seed
      for _ in 0..<Int.random(in: 1...4, using: &generator) {
        text[Int.random(in: text.indices, using: &generator)] = UInt8.random(
          in: 0...255, using: &generator)
      }
      text.removeLast(Int.random(in: 0...text.count, using: &generator))
      _ = try? read(text)
    }
  }
}

/// A source of numbers that is the same in each run.
struct Splitmix: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var value = state
    value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
    value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
    return value ^ (value >> 31)
  }
}
