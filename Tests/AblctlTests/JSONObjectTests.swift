import Foundation
import Policy
import Testing

@testable import Administration

@Suite struct JSONObjectTests {
  @Test("writes its members in order, null included") func members() {
    var object = JSONObject()
    object.set("text", "a")
    object.set("number", -3)
    object.set("yes", true)
    object.set("no", false)
    object.set("none", nil as String?)
    object.set("time", Timestamp(seconds: 0))
    object.set("never", nil as Timestamp?)
    let line =
      #"{"text":"a","number":-3,"yes":true,"no":false,"none":null,"#
      + #""time":"1970-01-01T00:00:00Z","never":null}"#
    #expect(String(decoding: object.line(), as: UTF8.self) == line)
  }

  @Test(
    "escapes what JSON must",
    arguments: [
      ("\"", #"\""#), ("\\", #"\\"#), ("\n", #"\u000a"#), ("\u{1F}", #"\u001f"#),
      ("\0", #"\u0000"#),
      ("é🙂\u{7F}", "é🙂\u{7F}"), ("/", "/"),
    ] as [(String, String)])
  func escapes(text: String, quoted: String) {
    var object = JSONObject()
    object.set("a", text)
    #expect(String(decoding: object.line(), as: UTF8.self) == #"{"a":""# + quoted + "\"}")
  }

  @Test("writes what another reader of JSON reads as it was, whatever text there is") func read()
    throws
  {
    for scalar in 0..<0x600 {
      let text = "a" + String(Character(Unicode.Scalar(scalar)!)) + "\\\"z\u{10FFFF}"
      var object = JSONObject()
      object.set("text", text)
      object.set("least", Int.min)
      let line = Data(object.line())
      let read = try #require(try JSONSerialization.jsonObject(with: line) as? [String: Any])
      #expect((read["text"] as? String).map { Array($0.utf8) } == Array(text.utf8), "\(scalar)")
      #expect(read["least"] as? Int == .min)
    }
  }

  @Test("is an object also when it is empty") func empty() {
    #expect(JSONObject().line() == Array("{}".utf8))
  }
}
