internal import Courier
internal import Glibc

/// Carries between abld, on a local socket, and the brokers of the fleet. It decides nothing.
var configuration = FleetConfiguration.usualPath
var socket = "/run/abld/courier.sock"
var words = CommandLine.arguments.dropFirst()
while let word = words.popFirst() {
  switch (word, words.first) {
  case ("--config", .some(let value)): configuration = value
  case ("--socket", .some(let value)): socket = value
  default:
    Log.say("usage: abl-courier [--config FILE] [--socket PATH]")
    exit(64)
  }
  words = words.dropFirst()
}

signal(SIGPIPE, SIG_IGN)
do throws(FleetConfigurationError) {
  let settings = try Settings.brokers(of: configuration)
  Carrier(settings, socket: socket).run()
} catch {
  for message in error.messages { Log.say(message) }
  exit(1)
}
